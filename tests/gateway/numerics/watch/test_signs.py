"""What is measured of each slot."""

from __future__ import annotations

import numpy as np

from gateway.numerics.watch.memory import DRIFT, HOURS, JUMP, LEVEL, SIGNS, fresh
from gateway.numerics.watch.signs import RECORDS, WARM, hourly, limits


def test_hours_pass_into_one_another() -> None:
    """The course of a day is read between the middles of its hours, over midnight too."""
    hours = np.zeros((1, HOURS))
    hours[0, 0], hours[0, 23] = 1.0, 3.0

    half_past_midnight, midnight = 1800 + 150, 150

    assert hourly(hours, half_past_midnight).tolist() == [1.0]
    assert hourly(hours, midnight).tolist() == [2.0]


def test_nothing_fires_before_enough_is_known() -> None:
    """A sign that was seen too seldom has no limit that anything could exceed."""
    memory = fresh(1)
    memory["heard"] = WARM - 1

    assert np.isinf(limits(memory)).all()


def test_a_limit_exceeds_the_records_of_the_past() -> None:
    """What is slow is held against what was until the day before yesterday, the others against today too."""
    memory = fresh(1)
    memory["heard"], memory["today"], memory["record"] = WARM, 2.0, 1.0

    told = limits(memory)[0]

    assert told[JUMP] == 2.0 * RECORDS[JUMP]
    assert told[LEVEL] == RECORDS[LEVEL]
    assert told[DRIFT] == RECORDS[DRIFT]
    assert len(told) == len(SIGNS)
