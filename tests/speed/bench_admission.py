"""What admission costs: microseconds a pack of 1, 10 and 60 records of 1,000 registered devices. One JSON object.

    python tests/speed/bench_admission.py

`records_60` is a pack of five channels as our boards send it, `single_60` one of a board of one channel, `long_60` the first one with
nothing left to base labels. Message to columns, with token bucket, refusals' bookkeeping and arrays; no broker, no ledger. Beside it, on the same packs: the
typed decoder alone, and the reference (devices/senml.py) alone, which takes over where a pack is not as it should be.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from devices.quantity import load_quantities
from devices.reading import topic_of
from devices.senml import read_pack
from gateway.admission import Admission
from gateway.admitted import Typed
from gateway.directory import Directory
from gateway.message import Message
from gateway.registry import Registry

DEVICES = 1_000
PACKS = 1_000
"""A call, as one commit has them under load."""
REPEATS = 15
NOW_S = 1_795_615_200
UNITS = {"temperature": "Cel", "humidity": "%RH", "pressure": "hPa", "pm2_5": "ug/m3", "pm10": "ug/m3"}
COMMONEST = "ug/m3"
HEAD = {"bt": NOW_S - 3600, "ep": 7130429, "lo": 100, "dr": 0}
VALUES = {"temperature": 21.43, "humidity": 48.2, "pressure": 1013.25, "pm2_5": 7, "pm10": 12}


def town(file: Path, devices: int) -> Registry:
    """So many devices of five channels, each at a place of its own."""
    registry = Registry(f"sqlite:{file}")
    pilot = registry.add_pilot("bench", "Bench").id
    channels = [(c, c, {}) for c in UNITS]
    for n in range(devices):
        place = registry.add_place(pilot, f"Place {n}", lat=48 + n / 1e5, lon=-1.7)
        registry.add_device(
            f"bench-{n}", pilot_id=pilot, recipe="air", channels=channels, period_s=60, place_id=place.id, at_s=NOW_S - 9000,
            password_hash="",
        )  # fmt: skip
    return registry


def mixed(device: str, records: int) -> bytes:
    """A pack as a board of five channels sends it, the last sample perhaps with fewer; its commonest unit is said once."""
    lines: list[dict[str, Any]] = []
    for n in range(records):
        sample, channel = divmod(n, len(UNITS))
        name = list(UNITS)[channel]
        when = {"bt": HEAD["bt"] + sample * 60} if sample else {}
        unit = {} if UNITS[name] == COMMONEST else {"u": UNITS[name]}
        opening = {} if channel else {**when, "sq": 100 + sample}
        lines.append({**opening, "n": name, **unit, "v": VALUES[name]})
    return written({"bn": f"{device}/", "bu": COMMONEST}, lines)


def single(device: str, records: int) -> bytes:
    """A pack as a board of one channel sends it: its name and unit are said once."""
    times = [{"t": n * 60} if n else {} for n in range(records)]
    lines = [{"sq": 100 + n, **time, "v": 21.43} for n, time in enumerate(times)]
    return written({"bn": f"{device}/temperature", "bu": "Cel"}, lines)


def long(device: str, records: int) -> bytes:
    """The pack of five channels with name, unit and time in each record, as boards of others may send it."""
    lines: list[dict[str, Any]] = []
    for n in range(records):
        sample, channel = divmod(n, len(UNITS))
        name = list(UNITS)[channel]
        opening: dict[str, Any] = {} if channel else {"sq": 100 + sample}
        when = {"t": sample * 60} if sample else {}
        lines.append({**opening, **when, "n": name, "u": UNITS[name], "v": VALUES[name]})
    return written({"bn": f"{device}/"}, lines)


def written(names: dict[str, Any], lines: list[dict[str, Any]]) -> bytes:
    """The message of these records behind a head."""
    return json.dumps([{**names, **HEAD, **lines[0]}, *lines[1:]], separators=(",", ":")).encode()


def best_us(run: Callable[[], object]) -> float:
    """Microseconds of the fastest of some runs."""
    found = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        run()
        found.append(time.perf_counter() - started)
    return min(found) * 1e6


def figures(directory: Directory, records: int, pack: Callable[[str, int], bytes] = mixed) -> dict[str, float]:
    """The cost of packs of so many records in one form."""
    messages = [
        Message(f"{topic_of(d)}/obs", pack(d, records), retained=False, qos=1, mid=1) for d in directory.devices[:PACKS]
    ]
    admission = Admission(directory, rate=20.0, burst=10**9)
    decode = msgspec.json.Decoder(list[Typed]).decode
    admitted = admission.admit(messages, NOW_S)
    if len(admitted.readings) != len(messages) * records or admitted.refused:
        sys.exit("the packs of this bench are not admitted")
    cost = best_us(lambda: admission.admit(messages, NOW_S)) / len(messages)
    return {
        "bytes": len(messages[0].payload),
        "us_a_pack": round(cost, 2),
        "us_a_reading": round(cost / records, 3),
        "packs_a_s": round(1e6 / cost),
        "readings_a_s": round(records * 1e6 / cost),
        "us_a_pack_decoder_alone": round(best_us(lambda: [decode(m.payload) for m in messages]) / len(messages), 2),
        "us_a_pack_reference": round(best_us(lambda: [read_pack(m.payload) for m in messages[:50]]) / 50, 1),
    }


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as home:
        registry = town(Path(home) / "girouette.sqlite", DEVICES)
        started = time.perf_counter()
        directory = Directory(registry, load_quantities())
        refresh_ms = (time.perf_counter() - started) * 1e3
        told: dict[str, Any] = {"devices": DEVICES, "directory_ms": round(refresh_ms)}
        told |= {f"records_{n}": figures(directory, n) for n in (1, 10, 60)}
        told |= {f"{form.__name__}_60": figures(directory, 60, form) for form in (single, long)}
        registry.close()
    print(json.dumps(told))


if __name__ == "__main__":
    main()
