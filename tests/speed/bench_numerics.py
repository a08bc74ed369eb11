"""What the numerics take a reading, on one core: prints one JSON object.

`of_json` is that time as a share of what Python's `json` takes to read the same readings from packs of `each` records: a
ratio measured in the same run, which a busy machine changes less than it changes seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator

import numpy as np

from gateway.numerics.columns import READING, Columns
from gateway.numerics.params import AGGREGATES, no_params, params_row
from gateway.numerics.state import STATE, fresh
from gateway.numerics.stream import advance, reach, rework

T0 = 1_795_615_200
QUALITY = {
    "fail_low": -45, "fail_high": 400, "suspect_low": -25, "suspect_high": 360, "rate_per_s": 2, "spike_suspect": 30,
    "spike_fail": 100, "flat_tolerance": 0.02, "flat_suspect_s": 3600, "flat_fail_s": 21600,
}  # fmt: skip
SHARES = {"mean": 0.7, "circular": 0.1, "energetic": 0.1, "counter": 0.05, "max": 0.05}
"""Of all series, by aggregate: about what the three recipes have."""


def main() -> None:
    """Measure and print."""
    told = {
        "advance_1000_series_60_each": advancing(series=1_000, each=60, period_s=10),
        "advance_1000_series_10_each": advancing(series=1_000, each=10, period_s=10),
        "advance_10000_series_1_each": advancing(series=10_000, each=1, period_s=60),
        "rework": reworking(series=100, each=60),
        "state_bytes": STATE.itemsize,
    }
    print(json.dumps(told, indent=2))


def advancing(*, series: int, each: int, period_s: int, tries: int = 7) -> dict[str, float]:
    """Batches of `each` readings of every series, after a warm-up of some; the best of a few."""
    state, params, batches = (
        fresh(series),
        known(series, period_s),
        list(stream(series, each, period_s, count=tries + 3)),
    )
    for batch in batches[:3]:
        advance(state, params, batch)
    took = min(_seconds(lambda batch=batch: advance(state, params, batch)) for batch in batches[3:])
    texts = packs(batches[3], each)
    read = min(_seconds(lambda: [json.loads(text) for text in texts]) for _ in range(3))
    return {
        "readings_a_batch": series * each,
        "us_a_reading": round(took / (series * each) * 1e6, 3),
        "readings_s": round(series * each / took),
        "of_json": round(took / read, 2),
    }


def reworking(*, series: int, each: int) -> dict[str, float]:
    """A backlog of one pack of every series, late by two hours, among a day of stored minutes."""
    state, params = fresh(series), known(series, 60)
    kept = [advance(state, params, batch).readings for batch in stream(series, 1440, 60, count=1)]
    stored = np.concatenate(kept)
    stored = stored[np.lexsort((stored["time_s"], stored["series"]))].astype(READING)
    ids = np.repeat(np.arange(series), each)
    late = Columns(ids, T0 + 79_230 + 60 * np.tile(np.arange(each), series), np.full(len(ids), 15.0))
    wanted = reach(params, late)
    near = np.concatenate(
        [
            rows[(rows["time_s"] >= start_s) & (rows["time_s"] < end_s)]
            for (_, start_s, end_s), rows in zip(wanted, np.split(stored, series), strict=True)
        ]
    )
    took = min(_seconds(lambda: rework(state.copy(), params, stored=near, late=late)) for _ in range(5))
    return {
        "late": len(ids),
        "read_again": len(near),
        "us_a_late_reading": round(took / len(ids) * 1e6, 2),
        "us_a_reading_read": round(took / len(near) * 1e6, 3),
    }


def known(series: int, period_s: int) -> np.ndarray:
    """Parameters by SHARES, every test made."""
    rows, names = no_params(series), [name for name, share in SHARES.items() for _ in range(int(share * 20))]
    made = {name: params_row(name, period_s, QUALITY) for name in AGGREGATES}
    for n in range(series):
        rows[n] = made[names[n % len(names)]]
    return rows


def stream(series: int, each: int, period_s: int, *, count: int) -> Iterator[Columns]:
    """Batches in order of time, as packs of one series after another."""
    rng, ids = np.random.default_rng(5), np.repeat(np.arange(series), each)
    for n in range(count):
        times_s = T0 + period_s * (n * each + np.tile(np.arange(each), series))
        yield Columns(ids, times_s, np.round(15 + rng.normal(0, 2, len(ids)), 2))


def packs(batch: Columns, each: int) -> list[bytes]:
    """The batch as boards would send it: SenML, `each` records a pack."""
    rows = list(zip(batch.time_s.tolist(), batch.value.tolist(), strict=True))
    return [
        json.dumps(
            [
                {"n": "temperature", "u": "Cel", "t": time_s, "v": value, "sq": n}
                for n, (time_s, value) in enumerate(rows[first : first + each])
            ]
        ).encode()
        for first in range(0, len(rows), each)
    ]


def _seconds(do: Callable[[], object]) -> float:
    """CPU seconds that it takes."""
    started = time.process_time()
    do()
    return time.process_time() - started


if __name__ == "__main__":
    main()
