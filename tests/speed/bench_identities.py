"""What identities take: registering boards one after another and at once, and until a revoked one is off a live broker. One JSON object.

    python tests/speed/bench_identities.py [--devices 500]

A real mosquitto with accounts, its files written by our own code; the registry is a file that holds so many devices already.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests/journeys")]

import paho.mqtt.client as mqtt  # noqa: E402
from guarded import Guarded  # noqa: E402
from paho.mqtt.enums import CallbackAPIVersion  # noqa: E402

from deploy.accounts import hang_up, write_accounts  # noqa: E402
from devices.recipe import load_recipes  # noqa: E402
from gateway.registry import Registry  # noqa: E402
from gateway.registry.enrol import Enrolled, Newcomer, enrol  # noqa: E402

BOARDS, AT_ONCE = 20, 4
REVOKED = 5
MOSQUITTO = "/usr/sbin/mosquitto"


def until(condition: Callable[[], object], *, what: str, within_s: float = 20.0) -> None:
    """Wait for it."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what}: not within {within_s} s")
        time.sleep(0.002)


def newcomer(pilot: int) -> Newcomer:
    """A board of the recipe `air`, in stock."""
    return Newcomer([load_recipes()["air"]], pilot, None, 60, 0)


def at_once(url: str, pilot: int) -> tuple[float, list[Enrolled]]:
    """Twenty boards by four at once, each with a connection of its own: seconds, and what they were told."""
    made: list[Enrolled] = []

    def work() -> None:
        with contextlib.closing(Registry(url)) as registry:
            made.extend(enrol(registry, newcomer(pilot)) for _ in range(BOARDS // AT_ONCE))

    threads = [threading.Thread(target=work) for _ in range(AT_ONCE)]
    began_s = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began_s, made


def cut_off(registry: Registry, broker: Guarded, one: Enrolled) -> float:
    """Seconds from the word until a board that is connected is cut off: registry, files, signal, broker."""
    told: list[str] = []
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=one.user)
    client.username_pw_set(one.user, one.password)
    client.on_connect = lambda *args: told.append(str(args[3]))
    client.on_disconnect = lambda *_: told.append("cut off")
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    until(lambda: told == ["Success"], what="a board on the broker")
    began_s = time.perf_counter()
    registry.identities.revoke(one.id, at_s=int(time.time()))
    write_accounts(broker.accounts, registry.devices())
    hang_up(broker.home / "mosquitto.pid")
    until(lambda: "cut off" in told, what="the revoked board cut off")
    took_s = time.perf_counter() - began_s
    client.loop_stop()
    return took_s


def measure(home: Path, devices: int) -> dict[str, Any]:
    """All figures."""
    url = f"sqlite:{home / 'girouette.sqlite'}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    broker = Guarded(home / "broker", port, MOSQUITTO, until)
    broker.lay()
    with contextlib.closing(Registry(url)) as registry:
        pilot = registry.add_pilot("bench", "Bench").id
        with registry.together():
            for _ in range(devices):
                enrol(registry, newcomer(pilot))
        began_s = time.perf_counter()
        made = [enrol(registry, newcomer(pilot)) for _ in range(BOARDS)]
        one_by_one_s = time.perf_counter() - began_s
        together_s, more = at_once(url, pilot)
        write_accounts(broker.accounts, registry.devices())
        broker.start()
        try:
            cuts = [cut_off(registry, broker, one) for one in made[:REVOKED]]
        finally:
            broker.stop()
    everyone = made + more
    secrets = [secret for one in everyone for secret in (one.id, one.password, one.update_key, one.link)]
    return {
        "devices": devices,
        "boards": BOARDS,
        "one_by_one_s": round(one_by_one_s, 3),
        "at_once": AT_ONCE,
        "at_once_s": round(together_s, 3),
        "repeated": len(secrets) - len(set(secrets)),
        "revoked_cut_off_s": {"median": round(statistics.median(cuts), 3), "max": round(max(cuts), 3)},
    }


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=500)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(measure(Path(folder), parser.parse_args().devices)))


if __name__ == "__main__":
    main()
