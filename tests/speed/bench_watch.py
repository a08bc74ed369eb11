"""What the watch takes behind the drain, on one core: prints one JSON object.

    python tests/speed/bench_watch.py

A slot of five minutes at a time, scores included: processor seconds of a slot, readings a second, what a series remembers, and how
long handing on a batch holds the drain.
"""

from __future__ import annotations

import json
import time

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import READING
from gateway.numerics.detector import DETECTOR
from gateway.numerics.params import params_row
from gateway.numerics.watch import MEMORY, SLOT_S, Site, Watch

BEGIN_S = 1_795_608_000
PERIOD_S = 60


def main() -> None:
    """Measure and print."""
    print(json.dumps({**{f"series_{n}": slots(n) for n in (40, 1000, 10_000)}, "bytes_a_series": size()}, indent=2))


def size() -> int:
    """What a series remembers, detector included."""
    return MEMORY.itemsize + DETECTOR.itemsize


def slots(series: int, *, count: int = 8) -> dict[str, float]:
    """`count` slots of as many series, eight to a street."""
    watch = Watch()
    known = np.array([params_row("mean", PERIOD_S, {"fail_low": -45, "fail_high": 60})] * series)
    watch.know(known, {n: Site("temperature", n, 48 + n // 8 * 0.1, 0.001 * (n % 8)) for n in range(series)})
    took, handed = [], []
    for slot in range(count + 2):
        rows = readings(series, slot)
        for batch in np.array_split(rows, SLOT_S // PERIOD_S):
            started = time.perf_counter()
            watch.take(batch)
            handed.append(time.perf_counter() - started)
        started = time.process_time()
        list(watch.due())
        took.append(time.process_time() - started)
    worked = took[2:]
    return {
        "slot_ms": round(1e3 * float(np.median(worked)), 1),
        "slot_worst_ms": round(1e3 * max(worked), 1),
        "readings_s": round(len(rows) * len(worked) / sum(worked)),
        "hand_on_p99_ms": round(1e3 * float(np.percentile(handed, 99)), 2),
    }


def readings(series: int, slot: int) -> NDArray[np.void]:
    """A slot of READING rows, a reading a minute."""
    each = SLOT_S // PERIOD_S
    rows = np.zeros(series * each, READING)
    rows["series"] = np.tile(np.arange(series), each)
    rows["time_s"] = BEGIN_S + slot * SLOT_S + PERIOD_S * np.repeat(np.arange(each), series)
    rows["value"] = 15 + np.random.default_rng(slot).standard_normal(len(rows)).round(2)
    rows["flag"], rows["tests"], rows["score"] = 1, 0x1111, np.nan
    return rows


if __name__ == "__main__":
    main()
