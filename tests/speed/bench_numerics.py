"""What flags and windows take a reading, on one core: prints one JSON object.

`mixed` is what a gateway sees: readings of 10,000 series in the order of time, a few hundred or thousand a batch, hardly two of
them of one series. `of_a_loop` is how many times faster that is than a Python loop over the same readings with the same four tests
and windows, one dict a series (`Loop`), in the same run. `of_json` is the time as a share of what Python's `json` takes to
read the same readings from packs of `each` records. Ratios of one run change less on a busy machine than seconds do.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

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
        "mixed_400": mixed(400),
        "mixed_2500": mixed(2_500),
        "advance_1000_series_60_each": advancing(series=1_000, each=60, period_s=10),
        "advance_1000_series_10_each": advancing(series=1_000, each=10, period_s=10),
        "advance_10000_series_1_each": advancing(series=10_000, each=1, period_s=60),
        "rework": reworking(series=100, each=60),
        "state_bytes": STATE.itemsize,
    }
    print(json.dumps(told, indent=2))


def mixed(size: int, *, series: int = 10_000, period_s: int = 60) -> dict[str, float]:
    """Batches of so many readings over all series; the median and the best of some hundred batches, after a warm-up of as many."""
    state, params, spent = fresh(series), known(series, period_s), []
    for n, batch in enumerate(town(size, series, period_s, count=(rounds := 3 * series // size + 100))):
        took = _seconds(lambda batch=batch: advance(state, params, batch))
        spent += [took] if n >= rounds // 2 else []
    loop, batches = Loop(), list(town(size, series, period_s, count=4 * series // size))
    alone = min(_seconds(lambda batch=batch: loop.advance(batch)) for batch in batches)
    return {
        "us_a_batch": round(float(np.median(spent)) * 1e6),
        "readings_s": round(size / float(np.median(spent))),
        "readings_s_best": round(size / min(spent)),
        "loop_readings_s": round(size / alone),
        "of_a_loop": round(alone / min(spent), 1),
    }


def town(size: int, series: int, period_s: int, *, count: int) -> Iterator[Columns]:
    """Batches in order of time, each series at its own second of the period."""
    rng = np.random.default_rng(5)
    order = rng.permutation(series)
    for n in range(count):
        nth = np.arange(n * size, (n + 1) * size)
        yield Columns(order[nth % series], T0 + nth * period_s // series, np.round(15 + rng.normal(0, 2, size), 2))


class Loop:
    """The same four tests and two windows, one reading after another, as one would write it first."""

    def __init__(self) -> None:
        self.series: dict[int, dict[str, Any]] = {}
        self.rows: list[tuple[Any, ...]] = []

    def advance(self, batch: Columns) -> None:
        """Take a batch."""
        self.rows = []
        for series, time_s, value in zip(
            batch.series.tolist(), batch.time_s.tolist(), batch.value.tolist(), strict=True
        ):
            was = self.series.setdefault(
                series, {"last_s": 0, "value": 0.0, "before": 0.0, "since_s": time_s, "flags": {}}
            )
            flags = {"gross": self.gross(value), "rate": 1, "spike": 2, "flat": 1}
            step_s = time_s - was["last_s"]
            if abs(value - was["value"]) / step_s > QUALITY["rate_per_s"]:
                flags["rate"] = 3
            off = abs(was["value"] - (was["before"] + value) / 2)
            was["flags"]["spike"] = 4 if off > QUALITY["spike_fail"] else 3 if off > QUALITY["spike_suspect"] else 1
            self.rows.append(
                (series, was["last_s"], was["value"], max(was["flags"].values()), dict(was["flags"]), math.nan)
            )
            if abs(value - was["value"]) >= QUALITY["flat_tolerance"]:
                was["since_s"] = time_s
            still_s = time_s - was["since_s"]
            flags["flat"] = 4 if still_s >= QUALITY["flat_fail_s"] else 3 if still_s >= QUALITY["flat_suspect_s"] else 1
            flag = max(flags.values())
            self.rows.append((series, time_s, value, flag, flags, math.nan))
            for tier, width_s in (("m1", 60), ("h1", 3600)):
                self.window(was, tier, (time_s, value, flag), width_s)
            was |= {"last_s": time_s, "before": was["value"], "value": value, "flags": flags}

    @staticmethod
    def gross(value: float) -> int:
        """The range test."""
        if not QUALITY["fail_low"] <= value <= QUALITY["fail_high"]:
            return 4
        return 1 if QUALITY["suspect_low"] <= value <= QUALITY["suspect_high"] else 3

    def window(self, was: dict[str, Any], tier: str, reading: tuple[int, float, int], width_s: int) -> None:
        """A reading into its window of one tier, told as it stands."""
        time_s, value, flag = reading
        start_s, w = time_s - time_s % width_s, was.get(tier)
        if w is None or w["start_s"] != start_s:
            w = was[tier] = {
                "start_s": start_s, "count": 0, "seen": 0, "min": math.inf, "max": -math.inf, "sum": 0.0, "flag": 0,
                "first": value, "first_s": time_s,
            }  # fmt: skip
        w["seen"] += 1
        w["flag"] = max(w["flag"], flag)
        if flag < 4:
            w["count"] += 1
            w["min"], w["max"] = min(w["min"], value), max(w["max"], value)
            w["sum"] += value
            w["last"], w["last_s"] = value, time_s
        w["expected"] = width_s / 60
        w["completeness"] = min(1.0, w["count"] / w["expected"])
        w["value"] = w["sum"] / w["count"] if w["count"] else math.nan
        self.rows.append(tuple(w.values()))


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
