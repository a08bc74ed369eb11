"""By how much a reading differs from another, as its quantity counts."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

import gateway.numerics.change
from gateway.numerics.change import Kinds, change, kinds, off_middle
from gateway.numerics.params import AGGREGATES, CIRCULAR, COUNTER, ENERGETIC, LAST, MAX, MEAN, MIN, SUM, TIMED


def of(value: float, before: float, aggregate: int) -> float:
    """The change of one reading."""
    return float(change(np.array([value]), np.array([before]), np.array([aggregate], np.uint8))[0])


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.numerics.change).failed == 0


@pytest.mark.parametrize(
    ("value", "before", "aggregate", "moved"),
    [
        (3.0, 5.0, MEAN, -2.0),
        (10.0, 350.0, CIRCULAR, 20.0),
        (350.0, 10.0, CIRCULAR, -20.0),
        (180.0, 0.0, CIRCULAR, -180.0),
        (360.0, 0.0, CIRCULAR, 0.0),
        (7.5, 7.2, COUNTER, pytest.approx(0.3)),
        (0.4, 7.2, COUNTER, 0.4),
        (7.2, 7.2, COUNTER, 0.0),
    ],
)
def test_each_quantity_has_its_own_difference(value: float, before: float, aggregate: int, moved: float) -> None:
    """Angles go the short way round, and a counter that fell counts from zero."""
    assert of(value, before, aggregate) == moved


@pytest.mark.parametrize("aggregate", [MEAN, CIRCULAR, COUNTER])
def test_there_is_no_change_from_or_to_what_is_missing(aggregate: int) -> None:
    """NaN on either side gives NaN."""
    assert np.isnan(of(np.nan, 1, aggregate))
    assert np.isnan(of(1, np.nan, aggregate))


@given(some.floats(0, 360), some.floats(0, 360))
def test_the_short_way_round_leads_there(value: float, before: float) -> None:
    """It is never longer than half a turn, and ends where the reading points."""
    moved = of(value, before, CIRCULAR)

    assert -180 <= moved <= 180
    assert np.cos(np.deg2rad(before + moved)) == pytest.approx(np.cos(np.deg2rad(value)), abs=1e-9)


@pytest.mark.parametrize(
    ("before", "value", "after", "aggregate", "off"),
    [(1, 4, 3, MEAN, 2), (350, 0, 10, CIRCULAR, 0), (350, 170, 350, CIRCULAR, 180), (10, 40, 350, CIRCULAR, 40)],
)
def test_the_middle_of_two_angles_lies_between_them(
    before: float, value: float, after: float, aggregate: int, off: float
) -> None:
    """A vane that flips half round and back is as far off as it can be."""
    row = [np.array([x], float) for x in (value, before, after)]

    assert off_middle(*row, kinds(np.array([aggregate], np.uint8))).tolist() == [off]


def test_kinds_are_told_apart_once() -> None:
    """A row of each aggregate, and none where all are means."""
    of = kinds(np.arange(len(AGGREGATES), dtype=np.uint8))

    assert (of.angle.tolist(), of.level.tolist(), of.counter.tolist()) == ([CIRCULAR], [ENERGETIC], [COUNTER])
    assert (of.added.tolist(), of.last.tolist(), of.highest.tolist()) == ([SUM, COUNTER], [LAST], [MAX])
    assert (of.timed.tolist(), of.lowest.tolist()) == ([TIMED], [MIN])
    assert kinds(np.zeros(4, np.uint8)).angle.tolist() == Kinds().level.tolist() == []
