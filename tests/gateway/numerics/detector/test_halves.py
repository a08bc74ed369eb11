"""Half hours: where they begin, what they come to, and what was known when they began."""

from __future__ import annotations

import numpy as np

from gateway.numerics.detector.halves import cut, earlier, lagged, so_far, sums
from gateway.numerics.detector.memory import HALF_S, fresh
from gateway.numerics.detector.signal import Signal
from gateway.numerics.order import Run

DAY_S = 86400


def run_of(*parts: tuple[int, list[int]]) -> Run:
    """Readings of 1 at these seconds of a day, by series."""
    series = np.concatenate([np.full(len(times), one) for one, times in parts])
    time_s = DAY_S + np.concatenate([np.array(times) for _, times in parts])
    return Run(series, time_s, np.ones(len(series)), np.flatnonzero(np.diff(series, prepend=-1)))


def test_a_half_hour_begins_with_a_reading_that_is_learnt() -> None:
    """Those without readings do not exist; a first reading begins nothing, and a worthless one neither."""
    run = run_of((3, [0, 10, 1800, 9000]), (5, [100, 2000]))

    halves, placed = cut(fresh(2), run, np.array([True, True, True, True, True, False]))

    assert placed.of.tolist() == [0, 0, 1, 2, 3, 3]
    assert (halves.first.tolist(), halves.last.tolist()) == ([0, 3], [2, 3])
    assert halves.group.tolist() == [0, 0, 0, 1]
    assert halves.closed.tolist() == [0, 1, 2, 0]
    assert placed.number.tolist() == [(DAY_S + 9000) // HALF_S, DAY_S // HALF_S]
    assert placed.tick.tolist() == [0, 0, 0, 0, 0, 0]
    assert halves.begun.tolist() == [1, 2]


def test_a_half_hour_goes_on_over_batches() -> None:
    """The open one is told by its number; a later reading ends it."""
    memory = fresh(1)
    memory["half"], memory["closed"] = DAY_S // HALF_S, 7

    halves, placed = cut(memory, run_of((0, [600, 1900])), np.ones(2, bool))

    assert placed.of.tolist() == [0, 1]
    assert placed.tick.tolist() == [2, 0]
    assert halves.closed.tolist() == [7, 8]


def test_only_series_in_which_one_ended_move() -> None:
    """Their half hours, told apart from the others."""
    halves, _ = cut(fresh(3), run_of((0, [0]), (1, [0, 1800]), (2, [5, 6])), np.ones(5, bool))

    moving, series, rows = halves.moving()

    assert series.tolist() == [1]
    assert rows.tolist() == [1, 2]
    assert (moving.first.tolist(), moving.last.tolist(), moving.begun.tolist()) == ([0], [1], [1])


def test_sums_go_on_reading_by_reading() -> None:
    """From the memory of the open half hour, and from nothing in a new one."""
    memory = fresh(1)
    memory["half"], memory["count"], memory["sum"], memory["origin"] = DAY_S // HALF_S, 2, 5.0, 10.0
    run, learns = run_of((0, [600, 700, 1900])), np.array([True, True, True])
    halves, placed = cut(memory, run, learns)
    signal = Signal(np.array([11.0, 13.0, 14.0]), np.array([1.0, 2.0, np.nan]), learns)

    summed = sums(memory, halves, placed.of, signal)

    assert summed.upto[:, :2].tolist() == [[3, 6.0], [4, 9.0], [1, 4.0]]
    assert summed.half.tolist() == [[4, 9.0, 2, 3.0], [1, 4.0, 0, 0.0]]


def test_what_was_known_when_a_half_hour_began() -> None:
    """The newest last, memory before what ended in the run, each series apart."""
    halves, _ = cut(fresh(2), run_of((0, [0, 1800, 3600]), (1, [0, 1800])), np.ones(5, bool))
    was = np.array([[1.0, 2.0], [8.0, 9.0]])
    made = np.array([3.0, 4.0, np.nan, 10.0, np.nan])

    assert lagged(halves, was, made, halves.begun).tolist() == [[2.0, 3.0], [3.0, 4.0], [9.0, 10.0]]
    assert earlier(halves, was[:, 1], made)[[0, 1, 3, 4]].tolist() == [2.0, 3.0, 9.0, 10.0]


def test_an_extreme_of_all_that_ended_before() -> None:
    """By doubling, over any number of half hours."""
    times = [1800 * n for n in range(9)]
    halves, _ = cut(fresh(1), run_of((0, times)), np.ones(9, bool))

    before, end = so_far(np.fmax, halves, np.array([2.0]), np.array([1.0, 5, 3, np.nan, 4, 9, 1, 2, 99]))

    assert before.tolist() == [2, 2, 5, 5, 5, 5, 9, 9, 9]
    assert end.tolist() == [9]
