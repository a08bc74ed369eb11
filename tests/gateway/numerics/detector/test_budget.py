"""Alarms: a rest after each, and each makes the next one dearer, for a time."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.numerics.detector.budget import Tuning, spend
from gateway.numerics.detector.memory import fresh
from gateway.numerics.order import Run

TUNING = Tuning(alarm=4.0, dearer=4.0, rest=12, fade=1000.0)


def spent(total: list[float], closed: list[int], memory: np.ndarray | None = None) -> list[float]:
    """The scores of one series."""
    run = Run(np.zeros(len(total), np.int64), np.arange(len(total)), np.zeros(len(total)), np.array([0]))
    memory = fresh(1) if memory is None else memory
    return spend(memory, run, np.array(total), closed=np.array(closed), tuning=TUNING).tolist()


def test_an_alarm_is_half_a_score() -> None:
    """Below and above it the score goes from nothing to one."""
    assert spent([0.0, 2.0, 4.0], [0, 0, 0]) == pytest.approx([0, 1 / 3, 0.5])


def test_after_an_alarm_it_is_quiet() -> None:
    """What would be alarms again scores low until so many half hours ended."""
    told = spent([9.0, 39.0, 9.0, 39.0], [5, 5, 16, 17])

    assert told[0] > 0.5
    assert max(told[1:3]) < 0.5
    assert told[3] > 0.5


def test_each_alarm_makes_the_next_one_dearer() -> None:
    """The second costs dearer x log10(2) more."""
    cost = 4 * np.log10(2)
    assert spent([4.0, 4.0 + cost - 0.1], [0, 12])[1] < 0.5
    assert spent([4.0, 4.0 + cost + 0.1], [0, 12])[1] > 0.5


def test_alarms_fade() -> None:
    """Long after, an alarm costs what the first one did."""
    told = spent([4.0, 4.01], [0, 20_000])
    assert told[1] == pytest.approx(0.5, abs=0.001)


def test_a_series_does_not_pay_for_another() -> None:
    """Nor does a cut of the stream matter."""
    run = Run(np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.zeros(4), np.array([0, 2]))
    memory = fresh(2)
    told = spend(memory, run, np.array([9.0, 9.0, 0.0, 9.0]), closed=np.array([3, 3, 3, 3]), tuning=TUNING)

    assert (told > 0.5).tolist() == [True, False, False, True]
    assert memory["alarms"].tolist() == [1, 1]
    assert memory["quiet_until"].tolist() == [15, 15]

    memory = fresh(1)
    assert [*spent([9.0], [3], memory), *spent([9.0], [3], memory)] == told[:2].tolist()
