"""Flags against `ioos_qc`, reading by reading, on streams cut anywhere and restarted: prints one JSON object.

    python tests/speed/bench_oracle.py --readings 10000000

Series come in steps of their wire digits at a regular period, with spikes, steps, flat stretches, values out of range and missing
ones; batches end anywhere, readings of a hundred series are mixed, and every state goes through its blob now and then.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

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

    @property
    def time_s(self) -> NDArray[np.int64]:
        """(EACH,) the same for all."""
        return T0 + self.period_s * np.arange(EACH)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--readings", type=int, default=400_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(json.dumps(compared(asked.readings, asked.seed), indent=2))


def compared(readings: int, seed: int) -> dict[str, object]:
    """How many readings were compared test by test, and how many flags differ."""
    rng, differ, flags, count = np.random.default_rng(seed), Counter[str](), Counter[str](), 0
    while count < readings:
        made = stretch(rng)
        ours, theirs = streamed(made, rng), reference(made)
        for test, told in theirs.items():
            where = np.ones_like(told, np.bool_) if test != "rate" else evaluated(made.value)
            differ[test] += int(np.count_nonzero((ours[test] != told) & where))
            flags.update(f"{test} {flag}" for flag in np.unique(told).tolist())
        count += made.value.size
    return {"readings": count, "differences": dict(differ), "flags_seen": sorted(flags)}


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
    return Stretch(int(rng.choice([7, 10, 60])), value)


def streamed(made: Stretch, rng: np.random.Generator) -> dict[str, NDArray[np.int64]]:
    """What the stream says in the end, (SERIES, EACH) a test: some batches of single readings, some of thousands."""
    state = fresh(SERIES)
    known = np.array([params_row("mean", made.period_s, QUALITY)] * SERIES)
    words = np.zeros((SERIES, EACH), np.int64)
    for columns in batches(made, rng):
        rows = advance(state, known, columns).readings
        words[rows["series"], (rows["time_s"] - T0) // made.period_s] = rows["tests"]
        if rng.random() < 0.01:
            for n in range(SERIES):
                state[n] = unpack(pack(state[n]))
    return {name: words >> 4 * n & 15 for n, name in enumerate(TESTS)}


def batches(made: Stretch, rng: np.random.Generator) -> Iterator[Columns]:
    """Readings in the order of time, series mixed at each second; batches of 1 to 20,000."""
    series = np.concatenate([rng.permutation(SERIES) for _ in range(EACH)])
    nth = np.repeat(np.arange(EACH), SERIES)
    at = 0
    while at < len(series):
        size = int(rng.choice([rng.integers(1, 40), SERIES, rng.integers(100, 2_000), 20_000]))
        some = slice(at, at + size)
        yield Columns(series[some], made.time_s[nth[some]], made.value[series[some], nth[some]])
        at += size


def reference(made: Stretch) -> dict[str, NDArray[np.int64]]:
    """What ioos_qc says of each series as a whole."""
    from ioos_qc import qartod

    told: dict[str, list[NDArray[np.int64]]] = {name: [] for name in ("gross", "rate", "spike", "flat")}
    for value in made.value:
        missing = np.isnan(value)
        told["gross"].append(qartod.gross_range_test(value, (-5, 12), (0, 9)))
        told["rate"].append(qartod.rate_of_change_test(value, made.time_s, QUALITY["rate_per_s"]))
        told["spike"].append(np.where(missing, 9, qartod.spike_test(value, 2, 4)))
        told["flat"].append(qartod.flat_line_test(value, made.time_s, 1700, 5000, QUALITY["flat_tolerance"]))
    return {name: np.array([np.ma.filled(row, 9) for row in rows], np.int64) for name, rows in told.items()}


def evaluated(value: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where rate of change has something to compare with: ioos_qc passes what has not."""
    before = np.concatenate([np.full((len(value), 1), np.nan), value[:, :-1]], axis=1)
    return np.isnan(value) | ~np.isnan(before)


if __name__ == "__main__":
    main()
