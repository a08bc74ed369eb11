"""Packs and readings a second that one gateway process sustains, receipts included, beside a bare subscriber in the same run.

    python tests/speed/bench_gateway.py [--records 1 10 60] [--readings 120000] [--devices 2000] [--profile FILE]

Everything shares this machine: publisher, mosquitto and gateway are processes of their own. 2,000 registered devices send in
turn, with distinct seconds and numbers; admission is as shipped (10 packs a second and device, 600 at once). A run ends when
every pack is in the ledger; then the receipts on the broker and the rows of the store are held against what was sent.
Prints one JSON object.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import cProfile
import json
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiomqtt
import psutil
from paho.mqtt import subscribe

from deploy.settings import Settings
from devices.quantity import load_quantities
from devices.reading import topic_of
from gateway.broker import start_broker
from gateway.inbox.mqtt import MqttInbox
from gateway.journal import Journal
from gateway.pipeline import Pipeline
from gateway.registry import Registry
from gateway.store.sqlite import SqliteStore

CHANNELS = (("temperature", "Cel"), ("humidity", "%RH"), ("pressure", "hPa"))
VALUES = {"temperature": 20.0, "humidity": 50.0, "pressure": 1013.0}
WINDOW = 500
"""Packs that the publisher has on their way to the broker."""
HERE = "127.0.0.1"
PATIENCE_S = 300


def main() -> None:
    """Run what the first word says; without one, everything."""
    roles = {"gateway": gateway, "publish": send_all, "bare": bare}
    if len(sys.argv) > 1 and sys.argv[1] in roles:
        roles[sys.argv[1]](*sys.argv[2:])
        return
    asked = argparse.ArgumentParser()
    asked.add_argument("--records", type=int, nargs="+", default=[1, 10, 60])
    asked.add_argument("--packs", type=int, default=120_000)
    asked.add_argument("--readings", type=int, default=1_500_000, help="fewer packs where they would hold more")
    asked.add_argument("--devices", type=int, default=2000)
    asked.add_argument("--profile", default="")
    options = asked.parse_args()
    told = {f"records_{n}": run(options, n) for n in options.records}
    print(json.dumps({"devices": options.devices, "cpus": psutil.cpu_count(), **told}))


def run(options: argparse.Namespace, records: int) -> dict[str, Any]:
    """The gateway, then a bare subscriber, under the same load."""
    packs = min(options.packs, options.readings // records) // options.devices * options.devices
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder)) as port:
        file = Path(folder) / "girouette.sqlite"
        register(file, options.devices)
        measured = measure_gateway(file, port, options, packs, records)
        bare_s, bare_cpu_s = measure_bare(port, options.devices, packs, records)
    measured["bare_packs_per_s"] = round(packs / bare_s)
    measured["bare_cpu_us_per_pack"] = round(1e6 * bare_cpu_s / packs, 1)
    measured["ratio_to_bare"] = round(measured["packs_per_s"] * bare_s / packs, 2)
    return measured


def measure_gateway(file: Path, port: int, options: argparse.Namespace, packs: int, records: int) -> dict[str, Any]:
    """Time until every pack is in the ledger, and until every reading is in the store."""
    with child("gateway", str(file), str(port), options.profile) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begun, cpu = time.monotonic(), cpu_s(process)
        with child("publish", str(port), str(options.devices), str(packs), str(records)):
            wait_for(lambda: ask(file, "SELECT coalesce(sum(n), 0) FROM journal_ledger") >= packs * samples(records))
            kept_s, kept_cpu_s = time.monotonic() - begun, cpu_s(process) - cpu
        wait_for(lambda: stored(file) >= packs * records)
        stored_s, stored_cpu_s = time.monotonic() - begun, cpu_s(process) - cpu
        time.sleep(1.5)
        covered = sum(receipts(port, options.devices))
        rss = psutil.Process(process.pid).memory_info().rss
    assert covered == packs * samples(records), f"{covered} samples receipted of {packs * samples(records)}"
    assert stored(file) == packs * records
    return {
        "packs": packs,
        "packs_per_s": round(packs / kept_s),
        "readings_per_s": round(packs * records / kept_s),
        "cpu_us_per_pack": round(1e6 * kept_cpu_s / packs, 1),
        "readings_per_s_until_stored": round(packs * records / stored_s),
        "cpu_us_per_reading_until_stored": round(1e6 * stored_cpu_s / packs / records, 2),
        "rss_mib": round(rss / (1 << 20)),
    }


def measure_bare(port: int, devices: int, packs: int, records: int) -> tuple[float, float]:
    """Time and CPU of a subscriber that does nothing but acknowledge."""
    with child("bare", str(port), str(packs)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begun, cpu = time.monotonic(), cpu_s(process)
        with child("publish", str(port), str(devices), str(packs), str(records)):
            process.stdout.readline()
            return time.monotonic() - begun, cpu_s(process) - cpu


def gateway(file: str, port: str, profile: str = "") -> None:
    """A gateway as it is shipped, on the embedded store; says when it is ready."""
    settings = Settings()
    registry, store, journal = Registry(f"sqlite:{file}"), SqliteStore(Path(file)), Journal(Path(file))
    inbox = MqttInbox(f"mqtt://{HERE}:{port}", window=settings.broker_window)
    pipeline = Pipeline(inbox, journal, store, registry, load_quantities(), clock=time.time, settings=settings)

    async def work() -> None:
        running = asyncio.create_task(pipeline.run())
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
        while pipeline.ready() is not None and not running.done():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        print("ready", flush=True)
        with contextlib.suppress(asyncio.CancelledError):
            await running

    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    asyncio.run(work())
    if profile:
        profiler.dump_stats(profile)
    print(json.dumps(pipeline.figures()), file=sys.stderr)


def bare(port: str, packs: str) -> None:
    """A subscriber of the same kind that acknowledges each pack and forgets it."""

    async def work() -> None:
        wanted = int(packs)
        async with aiomqtt.Client(HERE, int(port), identifier="bare", clean_session=False) as client:
            await client.subscribe("gir/1/+/+/obs", qos=1)
            print("ready", flush=True)
            async for _ in client.messages:
                wanted -= 1
                if not wanted:
                    break
        print("done", flush=True)
        await asyncio.sleep(PATIENCE_S)

    asyncio.run(work())


def send_all(port: str, devices: str, packs: str, records: str) -> None:
    """Publish with quality 1, a bounded number on their way; stay until killed."""
    with socket.create_connection((HERE, int(port))) as broker_socket:
        broker_socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connect = b"\x00\x04MQTT\x04\x02\x00\x00" + field(b"publisher")
        broker_socket.sendall(b"\x10" + length(len(connect)) + connect)
        broker_socket.recv(4)
        waiting, ready = 0, bytearray()
        for packet in packets(int(devices), int(packs), int(records)):
            ready += packet
            waiting += 1
            if waiting >= WINDOW or len(ready) > 1 << 16:
                broker_socket.sendall(ready)
                ready.clear()
            while waiting >= WINDOW:
                waiting -= len(broker_socket.recv(1 << 16)) // 4
        broker_socket.sendall(ready)
        while broker_socket.recv(1 << 16):
            pass


def packets(devices: int, packs: int, records: int) -> Iterator[bytes]:
    """PUBLISH packets of devices in turn, each with seconds and numbers of its own."""
    count, start_s = samples(records), int(time.time()) - packs // devices * samples(records) - 10
    topics = [f"{topic_of(name_of(n))}/obs".encode() for n in range(devices)]
    for n in range(packs):
        device, turn = n % devices, n // devices
        payload = pack(name_of(device), turn * count + 1, start_s + turn * count, records)
        body = field(topics[device]) + struct.pack("!H", n % 65_535 + 1) + payload
        yield b"\x32" + length(len(body)) + body


def pack(device: str, sq: int, time_s: int, records: int) -> bytes:
    """A pack of so many records: samples of three channels, or of the first."""
    channels = CHANNELS if records > 2 else CHANNELS[:1]
    said = []
    for sample in range(samples(records)):
        for n, (name, unit) in enumerate(channels):
            head = f'"bn":"{device}/","bt":{time_s},"ep":7,"lo":1,"dr":0,' if sample == n == 0 else ""
            opened = f'"sq":{sq + sample},"t":{sample},' if n == 0 else f'"t":{sample},'
            value = VALUES[name] + (time_s + sample) % 17 / 10
            said.append(f'{{{head}{opened}"n":"{name}","u":"{unit}","v":{value:.1f}}}')
    return f"[{','.join(said[:records])}]".encode()


def samples(records: int) -> int:
    """Samples in a pack of so many records."""
    return records if records <= 2 else -(-records // len(CHANNELS))


def register(file: Path, devices: int) -> None:
    """Each device at a place of its own."""
    with contextlib.closing(Registry(f"sqlite:{file}")) as registry:
        pilot = registry.add_pilot("bench", "Bench")
        channels = [(name, name, {}) for name, _ in CHANNELS]
        for n in range(devices):
            place = registry.add_place(pilot.id, f"{n}", lat=48.0, lon=-1.0)
            registry.add_device(
                name_of(n), pilot_id=pilot.id, recipe="air", channels=channels, period_s=1, place_id=place.id, at_s=1000,
                password_hash="",
            )  # fmt: skip


def receipts(port: int, devices: int) -> Iterator[int]:
    """What the receipts on the broker cover, a number a device."""
    for message in subscribe.simple("gir/1/+/+/kept", hostname=HERE, port=port, msg_count=devices, keepalive=60):
        yield json.loads(message.payload)["sq"]


def stored(file: Path) -> int:
    """Readings in the store."""
    return ask(file, "SELECT (SELECT count(*) FROM store_raw) + (SELECT count(*) FROM store_raw_fresh)")


def ask(file: Path, question: str) -> int:
    """A number from the file."""
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)) as db:
        return int(db.execute(question).fetchone()[0])


def wait_for(condition: Any) -> None:
    """Until it holds; asked four times a second, so that asking costs little."""
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "the gateway does not get there"
        time.sleep(0.25)


def cpu_s(process: subprocess.Popen[str]) -> float:
    """CPU that a process used so far."""
    times = psutil.Process(process.pid).cpu_times()
    return float(times.user + times.system)


def name_of(number: int) -> str:
    """The id of a device."""
    return f"bench-{number}"


def field(text: bytes) -> bytes:
    """A text with its length, as MQTT has it."""
    return struct.pack("!H", len(text)) + text


def length(count: int) -> bytes:
    """MQTT's remaining length."""
    out = bytearray()
    while True:
        count, digit = count >> 7, count & 127
        out.append(digit | (128 if count else 0))
        if not count:
            return bytes(out)


@contextlib.contextmanager
def broker(folder: Path) -> Iterator[int]:
    """The embedded mosquitto."""
    with socket.create_server((HERE, 0)) as probe:
        port = int(probe.getsockname()[1])
    process = start_broker(folder, port, kind="mosquitto")
    try:
        yield port
    finally:
        process.kill()
        process.communicate()


@contextlib.contextmanager
def child(role: str, *words: str) -> Iterator[subprocess.Popen[str]]:
    """This program in another role, ended with the block."""
    with subprocess.Popen([sys.executable, __file__, role, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
