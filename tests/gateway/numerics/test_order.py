"""Arrival order becomes series and time, and what came too late for that is told apart."""

from __future__ import annotations

import doctest

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

import gateway.numerics.order
from gateway.numerics.columns import Columns
from gateway.numerics.order import Run, arrange, radix_order
from gateway.numerics.state import NEVER_S


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.numerics.order).failed == 0


@given(some.lists(some.one_of(some.integers(0, 5), some.integers(0, (1 << 32) - 1))))
def test_rows_are_ordered_by_series_and_stay_in_order_within(series: list[int]) -> None:
    """As a stable sort would order them, whatever the ids."""
    ids = np.array(series, np.int64)

    assert radix_order(ids).tolist() == np.argsort(ids, kind="stable").tolist()


@given(
    some.lists(some.tuples(some.integers(0, 3), some.integers(0, 12))),
    some.lists(some.sampled_from([NEVER_S, 0, 3, 7]), min_size=4, max_size=4),
)
def test_what_is_not_newer_is_late(readings: list[tuple[int, int]], last_s: list[int]) -> None:
    """Each reading is held against all of its series that came before it, in the state or in the batch."""
    newest, in_order, late = list(last_s), [], []
    for series, time_s in readings:
        (in_order if time_s > newest[series] else late).append((series, time_s))
        newest[series] = max(newest[series], time_s)
    series, time_s = np.array(readings, np.int64).reshape(-1, 2).T

    run, over = arrange(np.array(last_s), Columns(series.copy(), time_s.copy(), np.arange(len(readings), dtype=float)))

    taken = list(zip(run.series.tolist(), run.time_s.tolist(), strict=True))
    assert taken == (in_order if run.single and not late else sorted(in_order))
    assert list(zip(over.series.tolist(), over.time_s.tolist(), strict=True)) == late
    assert [readings[int(v)] for v in over.value] == late


def test_a_run_knows_where_its_series_begin_and_end() -> None:
    """Ids, ends, the series of each row, and each row's predecessor."""
    run = Run(np.array([2, 2, 5, 9, 9, 9]), np.array([1, 2, 1, 4, 5, 6]), np.arange(6.0), np.array([0, 2, 3]))

    assert run.ids.tolist() == [2, 5, 9]
    assert run.ends.tolist() == [1, 2, 5]
    assert run.group.tolist() == [0, 0, 1, 2, 2, 2]
    assert run.shifted(run.value, np.array([-1.0, -2.0, -3.0])).tolist() == [-1, 0, -2, -3, 3, 4]
    assert len(run) == 6
