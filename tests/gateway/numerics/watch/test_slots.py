"""Five minutes of readings, condensed."""

from __future__ import annotations

import numpy as np

from gateway.numerics.order import Run
from gateway.numerics.params import params_row
from gateway.numerics.watch.memory import fresh
from gateway.numerics.watch.slots import Slot, condense, near_s

NOON = 1_795_608_000


def condensed(values: list[float], *, aggregate: str = "mean", period_s: int = 60, cut: int = 0) -> Slot:
    """The slot of one series; what stands before `cut` was in the slot before."""
    memory, known = fresh(1), np.array([params_row(aggregate, period_s, {})])
    parts = [part for part in (range(cut), range(cut, len(values))) if len(part)]
    for part in parts:
        rows = np.array(part)
        run = Run(np.zeros(len(rows), np.int64), NOON + period_s * rows, np.array(values)[rows], np.array([0]))
        slot = condense(memory, known, run, np.array([float(len(rows))]))
    return slot


def test_a_spike_is_as_far_from_the_middle_as_it_is_high() -> None:
    """The farthest reading is found, and which one it is."""
    slot = condensed([20.0, 20.0, 25.0, 20.0, 20.0])

    assert slot.spike[0] == 5.0
    assert slot.off.tolist()[2] == 5.0
    assert slot.level[0] == 21.0


def test_repetitions_are_counted_over_the_edge_of_a_slot() -> None:
    """A row of equal values is as long as it is, wherever slots are cut."""
    assert (
        condensed([20.0, 21.5, 21.5, 21.5, 21.5], cut=3).run[0] == condensed([20.0, 21.5, 21.5, 21.5, 21.5]).run[0] == 3
    )


def test_what_rests_at_nought_is_not_stuck() -> None:
    """Calm is no repetition."""
    assert condensed([0.0] * 5).run[0] == 0


def test_directions_turn_and_counters_count() -> None:
    """The level of directions is their vector mean, that of a counter what it counted."""
    assert abs((condensed([350.0, 10.0], aggregate="circular").level[0] + 180) % 360 - 180) < 1e-9
    assert condensed([10.0, 10.5, 12.0, 0.25], aggregate="counter").level[0] == 2.25
    assert condensed([10.0, 10.0, 10.0], aggregate="counter").run[0] == 0


def test_a_silence_has_no_neighbours_in_time() -> None:
    """Readings that are farther apart than a few periods are not compared."""
    assert near_s(np.array([1 / 60, 0.0])).tolist() == [210.0, 3600.0]


def test_a_series_without_a_reading_is_absent() -> None:
    """Where nothing enters, nothing is told, but for what came."""
    memory, known = fresh(2), np.array([params_row("mean", 60, {})] * 2)
    none = Run(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))

    slot = condense(memory, known, none, np.array([0.0, 2.0]))

    assert slot.present.tolist() == [False, False]
    assert slot.came.tolist() == [0.0, 2.0]
