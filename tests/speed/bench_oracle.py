"""Flags against `ioos_qc`, reading by reading, on streams cut anywhere and restarted: prints one JSON object.

    python tests/speed/bench_oracle.py --readings 10000000

Series come in steps of their wire digits, with spikes, steps, flat stretches, values out of range and missing ones; batches end anywhere,
readings of a hundred series are mixed in the order of time, and every state goes through its blob now and then.

Range, rate and spike are held on irregular times: each series has its own, up to four tenths of a period off the beat, and lacks rows
here and there, as much as ten minutes at once. Flat line is held on regular ones: `ioos_qc` turns its seconds into a count of readings by
the median interval of the whole array, so off the beat it answers another question, and one that the end of the array changes.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import Columns
from gateway.numerics.flags import TESTS
from gateway.numerics.params import params_row
from gateway.numerics.state import fresh, pack, unpack
from gateway.numerics.stream import advance

T0 = 1_795_615_200
SERIES = 100
EACH = 2_000
QUALITY = {
    "fail_low": -5, "fail_high": 12, "suspect_low": 0, "suspect_high": 9, "rate_per_s": 0.05, "spike_suspect": 2,
    "spike_fail": 4, "flat_tolerance": 0.25, "flat_step": 0.1, "flat_suspect_s": 1700, "flat_fail_s": 5000,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stretch:
    """Readings of SERIES series, EACH of each."""

    period_s: int
    value: NDArray[np.float64]
    """(SERIES, EACH)"""
    time_s: NDArray[np.int64]
    """(SERIES, EACH), rising in each series."""
    there: NDArray[np.bool_]
    """(SERIES, EACH), False where the row never came."""


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readings", type=int, default=400_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(json.dumps(compared(asked.readings, asked.seed), indent=2))


def compared(readings: int, seed: int) -> dict[str, object]:
    """How many readings were compared test by test, and how many flags differ."""
    rng, differ, flags, count = np.random.default_rng(seed), Counter[str](), Counter[str](), Counter[str]()
    while count["gross"] < readings:
        made = stretch(rng)
        for one, tests in ((irregular(made, rng), ("gross", "rate", "spike")), (made, ("flat",))):
            ours, theirs = streamed(one, rng), reference(one, tests)
            for test, told in theirs.items():
                where = one.there if test != "rate" else one.there & evaluated(one)
                differ[test] += int(np.count_nonzero((ours[test] != told) & where))
                flags.update(f"{test} {flag}" for flag in np.unique(told[one.there]).tolist())
            count[tests[0]] += int(one.there.sum())
    return {
        "irregular_readings": count["gross"], "regular_readings": count["flat"], "differences": dict(differ),
        "flags_seen": sorted(flags),
    }  # fmt: skip


def stretch(rng: np.random.Generator) -> Stretch:
    """What weather, a bad cable and a stuck chip make."""
    value = 4 + np.cumsum(rng.normal(0, 0.3, (SERIES, EACH)), axis=1) % 5
    value += np.where(rng.random(value.shape) < 0.02, rng.normal(0, 5, value.shape), 0)
    for row in value:
        for _ in range(4):
            first, length = int(rng.integers(0, EACH)), int(rng.integers(2, 400))
            row[first : first + length] = row[first] + 0.1 * rng.integers(
                0, 1 + rng.integers(0, 4), len(row[first : first + length])
            )
    value = np.round(value, 1)
    value[rng.random(value.shape) < rng.choice([0.0, 0.01])] = np.nan
    period_s = int(rng.choice([7, 10, 60]))
    return Stretch(
        period_s, value, np.tile(T0 + period_s * np.arange(EACH), (SERIES, 1)), np.ones(value.shape, np.bool_)
    )


def irregular(made: Stretch, rng: np.random.Generator) -> Stretch:
    """The same, each series at times of its own: off the beat, and with rows that never came."""
    off = int(0.4 * made.period_s)
    time_s = made.time_s + rng.integers(-off, off + 1, made.time_s.shape)
    there = rng.random(made.value.shape) >= 0.02
    for row in there:
        for first in rng.integers(0, EACH, 3).tolist():
            row[first : first + int(rng.integers(1, 1 + 600 // made.period_s))] = False
    return replace(made, time_s=time_s, there=there)


def streamed(made: Stretch, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """What the stream says in the end, (SERIES, EACH) a test: some batches of single readings, some of thousands."""
    state = fresh(SERIES)
    known = np.array([params_row("mean", made.period_s, QUALITY)] * SERIES)
    words = np.zeros((SERIES, EACH), np.int64)
    for columns in batches(made, rng):
        rows = advance(state, known, columns).readings
        nth = np.rint((rows["time_s"] - T0) / made.period_s).astype(np.int64)
        words[rows["series"], nth] = rows["tests"]
        if rng.random() < 0.01:
            for n in range(SERIES):
                state[n] = unpack(pack(state[n]))
    return {name: words >> 4 * n & 15 for n, name in enumerate(TESTS)}


def batches(made: Stretch, rng: np.random.Generator) -> Iterator[Columns]:
    """Readings in the order of time, series mixed at each second; batches of 1 to 20,000."""
    series, nth = np.nonzero(made.there)
    order = np.lexsort((rng.random(len(series)), made.time_s[series, nth]))
    series, nth = series[order], nth[order]
    at = 0
    while at < len(series):
        size = int(rng.choice([rng.integers(1, 40), SERIES, rng.integers(100, 2_000), 20_000]))
        some = slice(at, at + size)
        yield Columns(series[some], made.time_s[series[some], nth[some]], made.value[series[some], nth[some]])
        at += size


def reference(made: Stretch, tests: Sequence[str]) -> dict[str, NDArray[np.int64]]:
    """What ioos_qc says of each series as a whole, (SERIES, EACH) a test; 0 where there is no row."""
    told = {name: np.zeros((SERIES, EACH), np.int64) for name in tests}
    for n, there in enumerate(made.there):
        value, time_s = made.value[n, there], made.time_s[n, there]
        for name in tests:
            told[name][n, there] = np.ma.filled(ORACLE[name](value, time_s), 9)
    return told


def _gross(value: NDArray[np.float64], _: NDArray[np.int64]) -> NDArray[np.int64]:
    from ioos_qc import qartod

    return np.asanyarray(qartod.gross_range_test(value, (-5, 12), (0, 9)))


def _rate(value: NDArray[np.float64], time_s: NDArray[np.int64]) -> NDArray[np.int64]:
    from ioos_qc import qartod

    return np.asanyarray(qartod.rate_of_change_test(value, time_s, QUALITY["rate_per_s"]))


def _spike(value: NDArray[np.float64], _: NDArray[np.int64]) -> NDArray[np.int64]:
    from ioos_qc import qartod

    return np.where(np.isnan(value), 9, qartod.spike_test(value, 2, 4))


def _flat(value: NDArray[np.float64], time_s: NDArray[np.int64]) -> NDArray[np.int64]:
    from ioos_qc import qartod

    return np.asanyarray(qartod.flat_line_test(value, time_s, 1700, 5000, QUALITY["flat_tolerance"]))


ORACLE = {"gross": _gross, "rate": _rate, "spike": _spike, "flat": _flat}


def evaluated(made: Stretch) -> NDArray[np.bool_]:
    """Where rate of change has something to compare with: ioos_qc passes what has not."""
    found = np.zeros(made.value.shape, np.bool_)
    for n, there in enumerate(made.there):
        value = made.value[n, there]
        found[n, there] = np.isnan(value) | ~np.isnan(np.append(np.nan, value[:-1]))
    return found


if __name__ == "__main__":
    main()
