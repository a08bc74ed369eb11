"""The columns that travel: rows chosen together, and rows of length zero."""

from __future__ import annotations

import doctest

import numpy as np

import gateway.numerics.columns
from gateway.numerics.columns import READING, TIERS, WINDOW, Columns, as_bytes, no_columns
from gateway.numerics.state import OPEN


def test_rows_are_taken_by_index_and_by_mask() -> None:
    """All three columns, in the order that was asked for."""
    rows = Columns(np.array([7, 8, 9]), np.array([10, 20, 30]), np.array([0.1, 0.2, 0.3]))

    last_first = rows.take(np.array([2, 0]))
    second = rows.take(np.array([False, True, False]))

    assert (last_first.series.tolist(), last_first.time_s.tolist(), last_first.value.tolist()) == (
        [9, 7],
        [30, 10],
        [0.3, 0.1],
    )
    assert len(second) == 1
    assert second.series.tolist() == [8]


def test_no_columns_have_the_types_of_some() -> None:
    """They can be joined with others without changing them."""
    none = no_columns()

    assert len(none) == 0
    assert (none.series.dtype, none.time_s.dtype, none.value.dtype) == (np.int64, np.int64, np.float64)


def test_a_window_is_written_with_all_that_accumulated() -> None:
    """Every field of an open window has its column, and an hour is whole minutes."""
    assert (OPEN.names, OPEN.itemsize) == (WINDOW.names, WINDOW.itemsize)
    assert TIERS["h1"] % TIERS["m1"] == 0


def test_equal_rows_are_equal_bytes() -> None:
    """Whatever lies between their fields, which numpy leaves as it was."""
    one, other = (np.full(READING.itemsize, fill, np.uint8).view(READING) for fill in (0, 255))
    for rows in (one, other):
        for name in READING.names or ():
            rows[name] = np.nan if READING[name].kind == "f" else 3

    assert one.tobytes() != other.tobytes()
    assert as_bytes(one[0]) == as_bytes(other[0])
    assert doctest.testmod(gateway.numerics.columns).failed == 0
