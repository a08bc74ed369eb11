"""A board that speaks TLS to a real mosquitto, on the smallest board's heap: whom it trusts, and what it says of the others."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tls
from on_board import run
from receiver import Receiver

from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import lay

pytestmark = pytest.mark.slow
HIS = tls.authority()
STRANGER = tls.authority()


@pytest.fixture(autouse=True)
def heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smallest board's, less what the contract of recipes leaves alone: TLS has no heap of its own."""
    monkeypatch.setenv("GIROUETTE_SIM_FREE", str(tls.FREE_BYTES))


@pytest.fixture
def broker(part: Callable[[str], str], free_port: Callable[[], int], tmp_path: Path) -> Iterator[tls.SafeBroker]:
    """A mosquitto with a TLS listener, not yet started."""
    made = tls.SafeBroker(part("mosquitto"), (free_port(), free_port()), tmp_path)
    yield made
    made.kill()


@pytest.fixture
def board(broker: tls.SafeBroker, tmp_path: Path) -> Iterator[tls.SafeBoard]:
    """A board that trusts one authority, switched off."""
    made = tls.SafeBoard(broker.port, tmp_path, [tls.anchor(HIS)])
    yield made
    made.cut()


def test_receipts_come_over_tls_and_after_the_broker_was_gone(
    broker: tls.SafeBroker, board: tls.SafeBoard, tmp_path: Path, until: Callable[..., None]
) -> None:
    """What a board samples is receipted over TLS; when the broker dies and comes back, nothing is lost or doubled."""
    tls.show(tmp_path, HIS)
    broker.start(until)
    receiver = Receiver(broker.plain)
    try:
        board.start()
        until(lambda: len(receiver.kept) >= 3, within_s=60, what="three samples")
        broker.kill()
        broker.start(until)
        until(lambda: board.remarks().count("# connected") == 2, within_s=60, what="connected again")
        before = len(receiver.kept)
        until(lambda: len(receiver.kept) >= before + 3, within_s=60, what="three samples more")
        until(lambda: receiver.of("health"), within_s=60, what="health")

        assert receiver.altered == []
        assert "tls" not in receiver.of("health")[-1].body
    finally:
        receiver.close()


REFUSED = {
    "unknown-authority": (STRANGER, [tls.NAME], tls.LATER),
    "expired": (HIS, [tls.NAME], tls.MADE + dt.timedelta(days=30)),
    "wrong-name": (HIS, ["other.example"], tls.LATER),
}


@pytest.mark.parametrize("word", REFUSED)
def test_a_broker_that_is_not_ours_hears_nothing(
    word: str, broker: tls.SafeBroker, board: tls.SafeBoard, tmp_path: Path, until: Callable[..., None]
) -> None:
    """Wrong, expired and misnamed certificates are refused; once the right one is there, `health` says what was wrong."""
    by, names, end = REFUSED[word]
    tls.show(tmp_path, by, names, until=end)
    broker.start(until)
    board.start()
    until(lambda: f"tls: {word}" in board.remarks(), within_s=30, what=word)
    assert "# connected" not in board.remarks()
    board.cut()  # the word outlives a power cut
    broker.kill()
    tls.show(tmp_path, HIS)
    broker.start(until)
    receiver = Receiver(broker.plain)
    try:
        board.start()
        until(lambda: receiver.of("health"), within_s=60, what="health")

        assert receiver.of("health")[-1].body["tls"] == word
    finally:
        receiver.close()
    board.cut()
    assert not (tmp_path / "board/flash/tls.txt").exists(), "once trusted, the word is of the past"
    assert json.loads((tmp_path / "board/flash/config.json").read_text())["anchors"] == ["anchors/1.der"]


RECONNECTS = """
import asyncio
import gc
import time
import machine  # the simulator is loaded before anything is measured
from girouette import mqtt
from girouette.clock import Clock, Uptime
from girouette.loading import load_config
from girouette.watchdog import Watchdog

class Hasty:
    def __getattr__(self, name):
        return getattr(asyncio, name)
    def sleep_ms(self, ms):
        return asyncio.sleep_ms(min(ms, 20))

mqtt.asyncio = Hasty()
mqtt.backoff_ms = lambda *_: 1
config = load_config()
will = (config.topic + "/state", b"{}")
watchdog = Watchdog(30000)
client = mqtt.Client(config.device, config.broker, will, [(config.topic + "/kept", 0)], watchdog.spawn)
gc.collect()
before = gc.mem_alloc()
client.secure(config, Clock(Uptime()))
connected = asyncio.Event()
client.on_connect = connected.set
longest, took, heap, resident = [0], [0] * given, [0] * given, [0] * given  # they do not grow while it is measured
turn = [0]

def resident_kib():
    with open("/proc/self/status") as file:
        return [int(line.split()[1]) for line in file if line.startswith("VmRSS")][0]

async def look():
    while True:
        asked = time.ticks_us()
        await asyncio.sleep_ms(1)
        longest[0] = max(longest[0], time.ticks_diff(time.ticks_us(), asked) - 1000)

opened = client._open
async def timed():
    took[turn[0]] = time.ticks_ms()
    return await opened()
client._open = timed

async def main():
    asyncio.create_task(look())
    asyncio.create_task(client.run(lambda: True, lambda: None))
    for n in range(given):
        connected.clear()
        await asyncio.wait_for(connected.wait(), 20)
        took[n] = time.ticks_diff(time.ticks_ms(), took[n])
        await client.publish(config.topic + "/obs", b"[]", 1)
        gc.collect()
        heap[n], resident[n] = gc.mem_alloc(), resident_kib()
        turn[0] = min(n + 1, given - 1)
        client._break("for the test")

asyncio.run(main())
result = {"before": before, "heap": heap, "resident": resident, "took_ms": took, "longest_us": longest[0]}
"""


def measured(tmp_path: Path, port: int, anchors: tuple[bytes, ...], count: int) -> dict[str, Any]:
    """Heap, resident memory and time of so many connections, one after another, on the interpreter."""
    home = tmp_path / f"home-{bool(anchors)}"
    home.mkdir()
    identity = Identity("b1", shard_of("b1"), "b1", "secret", tls.NAME, port, anchors=anchors, ntp=None)
    image = build_image([load_recipes()["noise"]], identity)
    lay({path: image.files[path] for path in image.files if "anchors" in path}, home / "flash")
    found: dict[str, Any] = run(RECONNECTS, home, count, config=image.told)
    return found


def test_fifty_connections_leave_nothing_behind(
    broker: tls.SafeBroker, tmp_path: Path, until: Callable[..., None]
) -> None:
    """Neither in MicroPython's heap nor beyond it is more taken after fifty than after ten, and not much more than without TLS.

    What Mbed TLS itself takes lies outside of this heap on a board, too. A pool of names that grows just then counts as well.
    """
    tls.show(tmp_path, HIS)
    broker.start(until)

    safe = measured(tmp_path, broker.port, (tls.anchor(HIS),), 50)
    plain = measured(tmp_path, broker.plain, (), 5)

    taken = (safe["heap"][4] - safe["before"]) - (plain["heap"][4] - plain["before"])
    took_ms = sorted(safe["took_ms"])[25]
    print(f"handshake {took_ms} ms, longest step {safe['longest_us']} us, heap {taken} B more")  # for docs/figures.md
    assert taken < 20_480
    assert max(safe["heap"][-10:]) <= max(safe["heap"][5:15]) + 64
    assert safe["resident"][-1] - safe["resident"][10] < 256, "one connection takes more than this there"


def test_a_board_that_fell_back_to_what_was_flashed_trusts_what_its_updates_brought(tmp_path: Path) -> None:
    """Where no version lives any more the flashed one runs, perhaps years on, when its own authority is over."""
    code = """
import os
import slots
from girouette import judging
for path in ("anchors", "a", "a/anchors"):
    os.mkdir(path)
for path in ("anchors/1.der", "a/anchors/1.der", "a/anchors/2.der"):
    open(path, "w").close()
result = [sorted(judging.files(["anchors/1.der"]))]
slots.folder = "a"
result.append(judging.files(["anchors/2.der"]))
"""
    fallen, running = run(code, tmp_path)

    assert fallen == ["a/anchors/1.der", "a/anchors/2.der", "anchors/1.der"]
    assert running == ["a/anchors/2.der"]
