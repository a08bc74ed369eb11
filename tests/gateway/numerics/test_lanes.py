"""One reading of each series fills its windows as many of them would."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.numerics.columns import WINDOW, Columns
from gateway.numerics.entries import Entries
from gateway.numerics.flags import judge
from gateway.numerics.lanes import LANES, fill_lanes, tell
from gateway.numerics.order import Run
from gateway.numerics.params import AGGREGATES, no_params, params_row
from gateway.numerics.state import HOT, OPEN, cold_of, fresh
from gateway.numerics.stream import advance
from tests.speed.bench_numerics import agreeing

NOON_S = 1_700_049_600
COUNT = len(AGGREGATES)


def known(**dated: float) -> np.ndarray:
    """A series of each aggregate."""
    rows = no_params(COUNT)
    for n, aggregate in enumerate(AGGREGATES):
        rows[n] = params_row(aggregate, 60, {"fail_high": 90}, **dated)
    return rows


@pytest.mark.parametrize("dated", [{}, {"since_s": NOON_S + 90, "before_s": 10}])
def test_windows_are_those_of_a_run(dated: dict[str, float]) -> None:
    """Column by column, for every aggregate, with values that fail and are missing, also where the period has just changed."""
    rng = np.random.default_rng(2)
    values = np.where(rng.random((30, COUNT)) < 0.1, 99.0, rng.uniform(0, 80, (30, COUNT)).round(1))
    values[rng.random((30, COUNT)) < 0.1] = np.nan
    times_s, state = NOON_S + 20 * np.arange(30), fresh(COUNT)
    kept: dict[tuple[str, int, int], np.void] = {}
    for time_s, row in zip(times_s, values, strict=True):
        step = advance(state, known(**dated), Columns(np.arange(COUNT), np.full(COUNT, time_s), row))
        for tier, rows in (("m1", step.m1), ("h1", step.h1)):
            kept |= {(tier, int(w["series"]), int(w["start_s"])): w.copy() for w in rows}
    whole = advance(
        fresh(COUNT),
        known(**dated),
        Columns(np.repeat(np.arange(COUNT), 30), np.tile(times_s, COUNT), values.T.ravel()),
    )

    for tier, rows in (("m1", whole.m1), ("h1", whole.h1)):
        assert len(rows) == sum(key[0] == tier for key in kept)
        for row in rows:
            other = kept[tier, int(row["series"]), int(row["start_s"])]
            for name in WINDOW.names or ():
                np.testing.assert_array_equal(row[name], other[name], err_msg=name)


def test_a_window_that_is_over_is_told_once_more_where_its_flag_changed() -> None:
    """By the successor of its last reading, which made that one a spike; else it is left alone."""
    rows = np.array([params_row("mean", 60, {"spike_suspect": 2})])
    run = Run(np.zeros(1, np.int64), np.array([NOON_S + 60]), np.array([1.0]), np.zeros(1, np.int64))
    state = fresh(1)
    told = []
    for n, value in enumerate([1.0, 9.0, 1.0, 1.0]):
        step = advance(state, rows, Columns(run.series, run.time_s + 60 * n, np.array([value])))
        told.append(step.m1["start_s"].tolist())

    assert [len(starts) for starts in told] == [1, 1, 2, 2]


def test_rows_are_told_where_they_lie() -> None:
    """Both tiers of one reading are views of the records that were filled."""
    run = Run(np.array([4]), np.array([NOON_S]), np.array([7.0]), np.zeros(1, np.int64))
    hot, open_, rows = np.zeros(1, HOT), np.zeros(LANES, OPEN), known()[:1]
    hot["last_s"] = open_["start_s"] = -(1 << 62)
    judged = judge(cold_of(fresh(5)), hot, rows, run=run, slow=hot["slow"])
    brought = Entries(run.time_s, run.value, run.value, None, np.ones(1, np.bool_))

    over, at = fill_lanes(open_, run, judged, was_flag=hot["flag"], brought=brought)
    m1, h1 = tell(open_, run, rows, of=judged.of, whole=True)

    assert len(over) == len(at) == 0
    assert (m1["series"].tolist(), m1["value"].tolist(), h1["expected"].tolist()) == ([4], [7.0], [60.0])
    assert np.shares_memory(m1, open_)


@pytest.mark.slow
def test_arrays_and_a_plain_loop_say_the_same() -> None:
    """Flags of every test and columns of every window, of a day and more with silences, wrong, missing and stuck readings."""
    told = agreeing(series=20, rounds=300)

    some = {"gross 4", "rate 3", "spike 4", "flat 3", "flat 4", "attenuated 3", "climatology 3", "stuck 3", "gross 9"}
    assert some <= set(told["flags_seen"])
    assert told["readings"] > 5500
