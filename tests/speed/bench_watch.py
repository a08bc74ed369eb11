"""What the watch takes behind the drain, on one core: prints one JSON object.

    python tests/speed/bench_watch.py

A slot of five minutes at a time, scores included: processor seconds of a slot, readings a second, what a series remembers, how
long handing on a batch holds the drain, and how long a batch of the drain's own takes alone and while a slot is looked at in another thread.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import numpy as np
from numpy.typing import NDArray

from devices.quantity import load_quantities
from gateway.numerics.columns import READING, Columns
from gateway.numerics.detector import DETECTOR
from gateway.numerics.params import params_row, series_row
from gateway.numerics.state import fresh
from gateway.numerics.stream import advance
from gateway.numerics.watch import MEMORY, SLOT_S, Site, Watch

BEGIN_S = 1_795_608_000
PERIOD_S = 60
BATCH = 400


def main() -> None:
    """Measure and print."""
    found = {f"series_{n}": {**slots(n), **beside(n)} for n in (40, 1000, 10_000)}
    print(json.dumps({**found, "bytes_a_series": size()}, indent=2))


def size() -> int:
    """What a series remembers, detector included."""
    return MEMORY.itemsize + DETECTOR.itemsize


def watcher(series: int) -> Watch:
    """A watch that knows so many series, eight to a street."""
    watch = Watch()
    known = np.array([params_row("mean", PERIOD_S, {"fail_low": -45, "fail_high": 60})] * series)
    watch.know(known, {n: Site("temperature", n, 48 + n // 8 * 0.1, 0.001 * (n % 8)) for n in range(series)})
    return watch


def slots(series: int, *, most: int = 8) -> dict[str, float]:
    """`most` slots of as many series."""
    watch = watcher(series)
    took, handed = [], []
    for slot in range(most + 2):
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


def beside(series: int, *, batches: int = 1000, hours: int = 1) -> dict[str, float]:
    """A batch of 400 readings through all flags and windows: by itself, and while slots of as many series are looked at.

    Of their hours two halves end for all series at once.
    """
    known = np.array([series_row(load_quantities()["temperature"], [(0, PERIOD_S)], {})] * series)
    state, came = fresh(series), count()
    for _ in range(5 * max(1, series // BATCH)):  # every series has its windows open
        batch_ms(state, known, next(came))
    alone = [batch_ms(state, known, next(came)) for _ in range(batches)]
    with ThreadPoolExecutor(1) as other:
        while_watched: list[float] = []
        watch, slot = watcher(series), 0
        while len(while_watched) < batches or slot < 2 + hours * 12:
            looked = other.submit(look, watch, readings(series, slot))
            while not looked.done():
                while_watched.append(batch_ms(state, known, next(came)))
            slot += 1
    told = {"alone": alone, "beside": while_watched}
    return {f"batch_{how}_p{q}_ms": round(float(np.percentile(ms, q)), 2) for how, ms in told.items() for q in (50, 99)}


def look(watch: Watch, rows: NDArray[np.void]) -> None:
    """A slot, as the watch's thread does it."""
    watch.take(rows)
    list(watch.due())


def batch_ms(state: NDArray[np.void], known: NDArray[np.void], nth: int) -> float:
    """How long the nth batch takes, from its readings to its rows, in milliseconds."""
    series = (nth * BATCH + np.arange(BATCH)) % len(known)
    time_s = BEGIN_S + (nth * BATCH + np.arange(BATCH)) // len(known) * PERIOD_S
    columns = Columns(series, time_s, 15 + 0.01 * (series % 100))
    started = time.perf_counter()
    advance(state, known, columns)
    return 1e3 * (time.perf_counter() - started)


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
