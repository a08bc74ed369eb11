"""A thinned curve keeps what is seen of it."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

import gateway.numerics.thin
from gateway.numerics.thin import thin


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.numerics.thin).failed == 0


@given(some.lists(some.integers(-9, 9), min_size=1, max_size=400), some.integers(1, 30))
def test_each_column_keeps_its_ends_and_extremes(values: list[int], columns: int) -> None:
    """And there are at most four points in it."""
    time_s, value = np.arange(len(values)), np.array(values, float)
    kept = thin(time_s, value, columns)
    column = np.minimum(time_s * columns // max(len(values) - 1, 1), columns - 1)

    assert (np.diff(kept) > 0).all()
    assert len(kept) <= max(4 * columns, 0) or len(kept) == len(values)
    for n in np.unique(column):
        inside, chosen = np.flatnonzero(column == n), kept[column[kept] == n]
        assert {inside[0], inside[-1]} <= set(chosen.tolist())
        assert value[chosen].min() == value[inside].min()
        assert value[chosen].max() == value[inside].max()


def test_a_single_peak_of_a_million_is_kept() -> None:
    """However few the columns."""
    value = np.zeros(1_000_000)
    value[333_333] = 1.0

    kept = thin(np.arange(len(value)), value, 300)

    assert 333_333 in kept
    assert len(kept) <= 1200


@pytest.mark.parametrize("missing", [slice(40, 60), slice(0, 1), slice(99, 100)])
def test_gaps_stay_gaps(missing: slice) -> None:
    """A column in which something is missing keeps one point of that, and its extremes are those that are there."""
    value = np.sin(np.arange(100.0))
    value[missing] = np.nan

    kept = thin(np.arange(100), value, 10)

    assert np.isnan(value[kept]).any()
    assert np.nanmax(value[kept]) == np.nanmax(value)
