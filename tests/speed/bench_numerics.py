"""What flags and windows take a reading, on one core: prints one JSON object.

`mixed` is what a gateway sees: readings of 10,000 series in the order of time, a few hundred or thousand a batch, hardly two of
them of one series. `of_a_loop` is how many times faster that is than a Python loop over the same readings with the same four tests
and windows, one dict a series (`Loop`), in the same run. `of_json` is the time as a share of what Python's `json` takes to
read the same readings from packs of `each` records. Ratios of one run change less on a busy machine than seconds do.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from gateway.numerics.columns import READING, Columns
from gateway.numerics.flags import unpack_tests
from gateway.numerics.params import params_row
from gateway.numerics.state import STATE, fresh
from gateway.numerics.stream import advance, reach, rework
from tests.speed.loop import Loop

T0 = 1_795_615_200
QUALITY = {
    "fail_low": -45, "fail_high": 400, "suspect_low": -25, "suspect_high": 360, "rate_per_s": 2, "spike_suspect": 30,
    "spike_fail": 100, "flat_tolerance": 0.02, "flat_suspect_s": 3600, "flat_fail_s": 21600,
}  # fmt: skip
SLOW = {"attenuated_suspect": 0.1} | {
    f"month_{n}_{side}": at for n in range(1, 13) for side, at in (("low", -25), ("high", 30))
}
"""Of what is a mean, as temperature, besides."""
SHARES = {"mean": 0.7, "circular": 0.1, "energetic": 0.1, "counter": 0.05, "max": 0.05}
"""Of all series, by aggregate: about what the three recipes have."""


def main() -> None:
    """Measure and print."""
    told = {
        "agreeing": agreeing(),
        "mixed_400": mixed(400),
        "mixed_2500": mixed(2_500),
        "advance_1000_series_60_each": advancing(series=1_000, each=60, period_s=10),
        "advance_1000_series_10_each": advancing(series=1_000, each=10, period_s=10),
        "advance_10000_series_1_each": advancing(series=10_000, each=1, period_s=60),
        "rework": reworking(series=100, each=60),
        "state_bytes": STATE.itemsize,
    }
    print(json.dumps(told, indent=2))


def mixed(size: int, *, series: int = 10_000, period_s: int = 60, rounds: int = 9) -> dict[str, float]:
    """Batches of so many readings over all series, by arrays and by the loop in turn; medians of the rounds, after two that warm up."""
    state, params = fresh(series), known(series, period_s)
    loop = Loop({n: (name, period_s, quality(name)) for n, name in enumerate(names(series))})
    batches, a_round = town(size, series, period_s, count=(rounds + 2) * (series // size)), series // size
    ours, theirs = [], []
    for _ in range(rounds + 2):
        some = list(islice(batches, a_round))
        ours.append(_seconds(lambda some=some: [advance(state, params, batch) for batch in some]) / a_round)
        theirs.append(_seconds(lambda some=some: [loop.advance(batch) for batch in some]) / a_round)
    took, alone = np.array(ours[2:]), np.array(theirs[2:])
    return {
        "us_a_batch": round(float(np.median(took)) * 1e6),
        "us_a_batch_best": round(float(took.min()) * 1e6),
        "readings_s": round(size / float(np.median(took))),
        "readings_s_best": round(size / float(took.min())),
        "loop_readings_s": round(size / float(np.median(alone))),
        "of_a_loop": round(float(np.median(alone / took)), 1),
    }


def town(size: int, series: int, period_s: int, *, count: int) -> Iterator[Columns]:
    """Batches in order of time, each series at its own second of the period; one reading in 1,000 is wrong, one is missing."""
    rng = np.random.default_rng(5)
    order = rng.permutation(series)
    for n in range(count):
        nth = np.arange(n * size, (n + 1) * size)
        values, trouble = np.round(15 + rng.normal(0, 2, size), 2), rng.random(size)
        values[trouble < 0.002] = 999.0
        values[trouble < 0.001] = np.nan
        yield Columns(order[nth % series], T0 + nth * period_s // series, values)


def agreeing(*, series: int = 40, rounds: int = 400, period_s: int = 600) -> dict[str, Any]:
    """Assert that arrays and the loop say the same, rows and all, of some days with silences, wrong, missing and stuck readings.

    Sums to 1e-12 where a level or a direction enters (numpy's powers and sines are not those of `math`). Returns how many readings, and which flags occurred.
    """
    rng, state, params = np.random.default_rng(7), fresh(series), known(series, period_s)
    loop = Loop({n: (name, period_s, quality(name)) for n, name in enumerate(names(series))})
    rows: dict[str, dict[tuple[int, int], Any]] = {name: {} for name in ("readings", "m1", "h1")}
    others: dict[str, dict[tuple[int, int], Any]] = {name: {} for name in rows}
    still = np.arange(series) % 20 % 3 == 0
    for n in range(rounds):
        values, trouble = np.round(15 + rng.normal(0, 2, series), 2), rng.random(series)
        values[still & (n > rounds // 3)] = 15.03
        values[trouble < 0.03] = 999.0
        values[trouble < 0.02] = np.nan
        values[~still & (trouble > 0.98)] = 31.0
        there = (rng.random(series) < 0.95).nonzero()[0]
        batch = Columns(there, T0 + n * period_s + rng.integers(0, period_s, len(there)), values[there])
        step = advance(state, params, batch)
        loop.advance(batch)
        for name, found in (("readings", step.readings), ("m1", step.m1), ("h1", step.h1)):
            rows[name] |= {(row[0], row[1]): row for row in found.tolist()}
        for name, found in (("readings", loop.readings), *loop.windows.items()):
            others[name] |= {(row[0], row[1]): row for row in found}
    _same(rows, others)
    seen = {f"{test} {flag}" for row in rows["readings"].values() for test, flag in unpack_tests(row[4]).items()}
    return {"readings": len(rows["readings"]), "flags_seen": sorted(seen)}


def _same(rows: dict[str, dict[tuple[int, int], Any]], others: dict[str, dict[tuple[int, int], Any]]) -> None:
    """All of one are those of the other."""
    for name, found in rows.items():
        assert found.keys() == others[name].keys(), name
        for key, row in found.items():
            one, other = row, others[name][key]
            if name == "readings":
                one, other = (row[2], row[3], *unpack_tests(row[4]).values()), (*other[2:4], *other[4].values())
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-9, err_msg=f"{name} {key}")


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


def names(series: int) -> list[str]:
    """The aggregate of each series, by SHARES."""
    twenty = [name for name, share in SHARES.items() for _ in range(round(share * 20))]
    return [twenty[n % len(twenty)] for n in range(series)]


def quality(aggregate: str) -> dict[str, float]:
    """Every test that the catalogue has for such a quantity."""
    return QUALITY | (SLOW if aggregate == "mean" else {})


def known(series: int, period_s: int) -> np.ndarray:
    """Parameters of all series."""
    made = {name: params_row(name, period_s, quality(name)) for name in SHARES}
    return np.array([made[name] for name in names(series)])


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
