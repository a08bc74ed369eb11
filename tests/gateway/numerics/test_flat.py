"""Since when a series stands still, held against the definition written out, whatever the cuts."""

from __future__ import annotations

import doctest
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

import gateway.numerics.flat
from gateway.numerics.columns import Columns
from gateway.numerics.flat import CENTRE, levels, stand_still, stood_still, turned
from gateway.numerics.order import Run
from gateway.numerics.params import LEVELS, params_row
from gateway.numerics.state import HOT, cold_of, fresh
from gateway.numerics.stream import advance

MIDNIGHT_S = 1_700_006_400
GAP_S = 1000


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.numerics.flat).failed == 0


def since(
    readings: list[tuple[int, float]], tolerance: float, *, step: float, aggregate: str = "mean", each: int
) -> list[int]:
    """Since when it stands still at each reading, with so many readings a batch."""
    quality = {"flat_tolerance": tolerance, "flat_step": step, "flat_suspect_s": 2 * GAP_S}
    known, state, told = np.array([params_row(aggregate, 0, quality)]), fresh(1), []
    for n in range(0, len(readings), each):
        for part in [readings[n : n + each]] if each > 1 else [[r] for r in readings[n : n + 1]]:
            time_s, value = (np.array(column) for column in zip(*part, strict=True))
            advance(state, known, Columns(np.zeros(len(part), np.int64), time_s, value.astype(float)))
            told.append(int(state["since_s"][0]))
    return told


def defined(readings: list[tuple[int, float]], tolerance: float, *, turn: float = 0) -> list[int]:
    """The time of the first reading of the longest run up to each whose range is below the tolerance; missing ones are looked past."""
    told, begin = [], 0
    for n, (time_s, _) in enumerate(readings):
        if n and time_s - readings[n - 1][0] > GAP_S:
            begin = n
        first = n
        while (
            first > begin and spread([v for _, v in readings[first - 1 : n + 1]], turn) < max(tolerance, 1e-9) - 1e-12
        ):
            first -= 1
        told.append(readings[first][0])
    return told


def spread(values: list[float], turn: float) -> float:
    """The range of those that are there; of angles that of their turns from one to the next."""
    there = [v for v in values if not math.isnan(v)]
    if turn:
        turns = [0.0]
        for a, b in pairwise(there):
            turns.append(turns[-1] + (b - a + turn / 2) % turn - turn / 2)
        there = turns if there else []
    return max(there) - min(there) if there else 0.0


def streams(low: int, high: int) -> some.SearchStrategy[list[tuple[int, float]]]:
    """Readings in steps of a quarter, some missing, some after a silence."""
    pause = some.sampled_from([10, 60, 60, 60, 300, 1001])
    value = some.one_of(some.integers(low, high).map(lambda n: n / 4), some.just(math.nan))

    def timed(pairs: list[tuple[int, float]]) -> list[tuple[int, float]]:
        times_s = MIDNIGHT_S + np.cumsum([p for p, _ in pairs])
        return [(int(t), v) for t, (_, v) in zip(times_s, pairs, strict=True)]

    return some.lists(some.tuples(pause, value), min_size=1, max_size=60).map(timed)


@pytest.mark.parametrize("tolerance", [0.0, 0.25, 0.5, 1.0, 1.5])
@given(readings=streams(-6, 6))
def test_it_is_the_longest_run_within_the_tolerance(tolerance: float, readings: list[tuple[int, float]]) -> None:
    """Reading by reading, one at a time."""
    assert since(readings, tolerance, step=0.25, each=1) == defined(readings, tolerance)


@given(streams(-6, 6), some.sampled_from([0.0, 0.5, 1.5]), some.integers(2, 9))
def test_batches_leave_what_single_readings_leave(
    readings: list[tuple[int, float]], tolerance: float, each: int
) -> None:
    """At the end of each batch, however many readings it has."""
    alone = since(readings, tolerance, step=0.25, each=1)

    assert (
        since(readings, tolerance, step=0.25, each=each)
        == [*alone[each - 1 : len(alone) - 1 : each], alone[-1]][: -(-len(alone) // each)]
    )


@given(streams(0, 1439))
def test_a_vane_turns_the_short_way(readings: list[tuple[int, float]]) -> None:
    """359.75 and 0 are a quarter of a degree apart."""
    near = [(t, v % 1.5 - 0.75 if not math.isnan(v) else v) for t, v in readings]
    angles = [(t, v % 360) for t, v in near]

    assert since(angles, 1.0, step=0.25, aggregate="circular", each=1) == defined(near, 1.0)


@pytest.mark.parametrize("seed", range(3))
def test_long_runs_are_those_of_single_readings(seed: int) -> None:
    """A thousand readings of five series at once, that stand still for long; the memory too is the same."""
    rng = np.random.default_rng(seed)
    known = np.array([params_row("mean", 0, {"flat_tolerance": 1.5, "flat_step": 0.25, "flat_suspect_s": 7200})] * 5)
    value = np.cumsum(rng.choice([-0.25, 0.0, 0.0, 0.25], (5, 1000)), axis=1) % 2.5
    time_s = MIDNIGHT_S + np.cumsum(rng.choice([10, 60, 600, 4000], (5, 1000), p=[0.3, 0.6, 0.095, 0.005]), axis=1)
    one, other = fresh(5), fresh(5)
    for n in range(1000):
        advance(one, known, Columns(np.arange(5), time_s[:, n], value[:, n]))
    advance(other, known, Columns(np.repeat(np.arange(5), 1000), time_s.ravel(), value.ravel()))

    assert one.tobytes() == other.tobytes()
    assert one["held"].any()


def test_more_steps_than_there_are_places_become_coarser_ones() -> None:
    """The tolerance stays what it was."""
    row = params_row("mean", 60, {"flat_tolerance": 5.0, "flat_step": 0.1, "flat_suspect_s": 600})

    assert row["flat_levels"] == LEVELS
    assert row["flat_levels"] * row["flat_step"] >= 5.0
    assert levels(np.array([5.0]), np.array([row["flat_step"]])).tolist() == [6.0]


def test_both_ways_leave_the_same_memory() -> None:
    """One reading, taken alone or as a run."""
    known = np.array([params_row("mean", 60, {"flat_tolerance": 1.0, "flat_step": 0.25, "flat_suspect_s": 600})])
    state = fresh(1)
    for n, value in enumerate([4.0, 4.25, 4.5]):
        advance(state, known, Columns(np.zeros(1, np.int64), np.array([MIDNIGHT_S + 60 * n]), np.array([value])))
    other, never = state.copy(), np.zeros(1, np.bool_)
    run = Run(np.zeros(1, np.int64), np.array([MIDNIGHT_S + 180]), np.array([4.25]), np.zeros(1, np.int64))

    hot = np.zeros(1, HOT)
    for name in HOT.names or ():
        hot[name] = state[name]
    alone = stand_still(hot, cold_of(state), known, run=run, silent=never)
    together = stood_still(other, known, run, never)

    assert alone.tolist() == together.tolist() == [MIDNIGHT_S]
    assert state["seen"].tolist() == other["seen"].tolist()
    assert state["seen"][0, CENTRE] == 0
    assert hot["level"] == other["level"]
    assert turned(np.array([3.0]), np.array([4.0])).tolist() == [-1.0]
