"""The detector's promises: any cut, any restart, whatever comes again; bounded scores; the past only."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from gateway.numerics.columns import FAIL, GOOD, MISSING, Columns
from gateway.numerics.detector import DETECTOR, FEATURES, THRESHOLD, Scored, fresh, pack, score, unpack
from gateway.numerics.detector.memory import ERA, HALF_S
from gateway.numerics.params import params_row

T0 = 1_700_006_400
KINDS = ("mean", "circular", "counter", "energetic")
PARAMS = np.array([params_row(kind, 300, {}) for kind in KINDS])


def stream(seed: int, count: int = 900, *, series: int = len(KINDS)) -> Columns:
    """Readings of several series in order of time: noise, a day's course, moves, missing ones, ties of values, gaps."""
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, series, count)
    time_s = T0 + np.cumsum(rng.choice([0, 60, 300, 4000], count, p=[0.05, 0.5, 0.44, 0.01]))
    value = 20 + 5 * np.sin(time_s / 86400 * 2 * np.pi) + rng.normal(0, 1, count)
    value[count // 2 :] += rng.choice([0.0, 8.0])
    value[rng.random(count) < 0.02] = np.nan
    return Columns(ids, time_s, np.round(value, 1) % 360)


def flags(columns: Columns) -> np.ndarray:
    """Missing where there is no value, some failed, the others good."""
    flag = np.where(columns.value > 27.5, FAIL, GOOD)
    return np.where(np.isnan(columns.value), MISSING, flag).astype(np.uint8)


def run(columns: Columns, cuts: list[int], *, restart: bool = False) -> Scored:
    """The same readings in batches that end at `cuts`, each after a round trip of the states where they are restarted."""
    state, told, flag = fresh(len(PARAMS)), [], flags(columns)
    for first, until in zip([0, *cuts], [*cuts, len(columns)], strict=True):
        told.append(score(state, PARAMS, columns.take(np.arange(first, until)), flag[first:until]))
        if restart:
            state = np.array([unpack(pack(row)) for row in state], DETECTOR)
    return Scored(np.concatenate([one.score for one in told]), np.concatenate([one.surprises for one in told]))


@pytest.mark.slow
@given(some.integers(0, 10_000), some.lists(some.integers(0, 900), max_size=12), some.booleans())
def test_any_cut_and_any_restart_give_the_same(seed: int, cuts: list[int], restart: bool) -> None:
    """To the last bit."""
    columns = stream(seed)
    whole, cut = run(columns, []), run(columns, sorted(cuts), restart=restart)

    np.testing.assert_array_equal(whole.score, cut.score)
    np.testing.assert_array_equal(whole.surprises, cut.surprises)


@given(some.integers(0, 10_000))
@settings(max_examples=20)
def test_scores_are_bounded(seed: int) -> None:
    """A score is in [0, 1] or not made; surprises are finite and not below nothing."""
    columns = stream(seed)
    told = run(columns, [450])
    made = told.score[~np.isnan(told.score)]

    assert ((made >= 0) & (made <= 1)).all()
    assert told.surprises.shape == (len(columns), len(FEATURES))
    assert (np.isfinite(told.surprises) & (told.surprises >= 0)).all()
    assert np.isnan(told.score[np.isnan(columns.value)]).all()
    assert 0 < THRESHOLD <= 1


@given(
    some.lists(some.floats() | some.sampled_from([0.0, 1e-300, 1e300, -1e300, 5.0]), min_size=1, max_size=120),
    some.sampled_from(range(len(KINDS))),
    some.sampled_from([1, 300, 1800, 90_000]),
)
def test_no_value_breaks_it(values: list[float], kind: int, every_s: int) -> None:
    """Whatever a float can hold, three times over: a score in [0, 1] where the value is a number, and no warning."""
    value = np.array(values * 3)
    columns = Columns(np.full(len(value), kind), T0 + every_s * np.arange(len(value)), value)
    flag = np.where(np.isfinite(value), GOOD, MISSING).astype(np.uint8)

    told = score(fresh(len(PARAMS)), PARAMS, columns, flag)

    made = told.score[np.isfinite(value)]
    assert ((made >= 0) & (made <= 1)).all()
    assert np.isnan(told.score[~np.isfinite(value)]).all()
    assert np.isfinite(told.surprises).all()


def test_what_comes_again_changes_nothing() -> None:
    """Redelivered and late readings have no score, and the next ones score as if they had not come."""
    columns = stream(4)
    once, state, flag = run(columns, []), fresh(len(PARAMS)), flags(columns)
    score(state, PARAMS, columns.take(np.arange(600)), flag[:600])

    again = score(state, PARAMS, columns.take(np.arange(200, 600)), flag[200:600])
    after = score(state, PARAMS, columns.take(np.arange(600, 900)), flag[600:])

    assert np.isnan(again.score).all()
    np.testing.assert_array_equal(after.score, once.score[600:])


def test_no_reading_knows_the_next() -> None:
    """What comes after a reading changes nothing of its score."""
    columns = stream(5)
    wild = Columns(columns.series, columns.time_s, np.where(np.arange(900) < 500, columns.value, 350.0))

    np.testing.assert_array_equal(run(columns, []).score[:500], run(wild, []).score[:500])


def test_equal_series_score_alike() -> None:
    """A series' number and its neighbours in the batch do not enter."""
    columns = stream(6, series=1)
    both = Columns(np.arange(1800) % 2, np.repeat(columns.time_s, 2), np.repeat(columns.value, 2))
    params = np.array([params_row("mean", 300, {})] * 2)

    told = score(fresh(2), params, both, flags(both)).score

    np.testing.assert_array_equal(told[::2], told[1::2])
    np.testing.assert_array_equal(told[::2], run(columns, []).score)


@pytest.mark.parametrize("kind", range(len(KINDS)))
def test_a_series_that_never_moves_is_no_news(kind: int) -> None:
    """Stuck is a flag's business: a constant has no surprise, whatever its aggregate."""
    times_s = T0 + 300 * np.arange(2000)
    columns = Columns(np.full(2000, kind), times_s, np.full(2000, 21.5))

    told = score(fresh(len(PARAMS)), PARAMS, columns, np.full(2000, GOOD, np.uint8))

    assert np.nanmax(told.score) < THRESHOLD / 2


def test_what_fails_is_scored_and_not_learnt() -> None:
    """The range of the past does not grow by a value that the range test refused."""
    rng = np.random.default_rng(1)
    value = np.round(rng.normal(15, 0.5, 1500), 2)
    value[[1200, 1300]] = 99.0
    columns = Columns(np.zeros(1500, np.int64), T0 + 300 * np.arange(1500), value)
    flag = np.where(value == 99.0, FAIL, GOOD).astype(np.uint8)

    told = score(fresh(1), PARAMS[:1], columns, flag).surprises.sum(axis=1)

    assert told[1200] > 2
    assert told[1300] == pytest.approx(told[1200], abs=0.3)


@pytest.mark.slow
@pytest.mark.parametrize("cuts", [[4000, 4090, 4100], [1, 8200, 8201]])
def test_eras_turn_at_the_same_reading(cuts: list[int]) -> None:
    """Counts are halved and ranges forgotten by the time of the readings, not by the cuts; and they are."""
    rng = np.random.default_rng(7)
    times_s = ERA * HALF_S * 200 + HALF_S * np.arange(9000)
    columns = Columns(np.full(9000, 0), times_s, np.round(rng.normal(20, 1, 9000), 2))
    state, flag = fresh(1), np.full(9000, GOOD, np.uint8)
    whole = score(state, PARAMS[:1], columns, flag)

    parts, cut_state = [], fresh(1)
    for first, until in zip([0, *cuts], [*cuts, 9000], strict=True):
        parts.append(score(cut_state, PARAMS[:1], columns.take(np.arange(first, until)), flag[first:until]).score)

    np.testing.assert_array_equal(np.concatenate(parts), whole.score)
    assert cut_state.tobytes() == state.tobytes()
    assert state["jump"]["count"].sum() < 6200
    assert state["range"][0, 1] < columns.value.max()


def test_nothing_is_nothing() -> None:
    """An empty batch has no scores and changes no state."""
    state = fresh(2)
    told = score(state, PARAMS, Columns(np.empty(0, int), np.empty(0, int), np.empty(0)), np.empty(0, np.uint8))

    assert len(told.score) == 0
    assert state.tobytes() == fresh(2).tobytes()
