"""What a reading adds to its windows, and what a counter counts from."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from gateway.numerics.change import kinds
from gateway.numerics.entries import bases, entries
from gateway.numerics.flags import Judged
from gateway.numerics.order import Run
from gateway.numerics.params import AGGREGATES, CIRCULAR, COUNTER, ENERGETIC, MAX, MEAN, MIN, TIMED, params_row

RUN = Run(np.array([3, 3, 3, 8, 8]), np.arange(5), np.array([1.0, 2.0, 4.0, 8.0, 16.0]), np.array([0, 3]))


def test_a_counter_counts_from_the_newest_reading_that_entered() -> None:
    """Of its own series, in the run or before it; the third answer says in which row that was."""
    enters = np.array([False, True, True, False, True])

    before, newest, row = bases(np.array([0.5, np.nan]), RUN, enters)

    assert before[:3].tolist() == [0.5, 0.5, 2.0]
    assert np.isnan(before[3:]).all()
    assert newest.tolist() == [4.0, 16.0]
    assert row.tolist() == [-1, -1, 1, -1, -1]


def judged(run: Run, aggregate: int, step_s: int = 30) -> Judged:
    """Readings that all enter, so many seconds after the ones before."""
    n = len(run)
    none, words = np.zeros(n, np.uint8), np.zeros(n, np.int64)
    of = kinds(np.full(n, aggregate, np.uint8))
    return Judged(words, none, words, none, none > 0, run.value, none == 0, run.value, of, np.full(n, step_s))


def test_where_nothing_entered_the_base_stays() -> None:
    """However many readings failed."""
    _, newest, _ = bases(np.array([0.5, 7.0]), RUN, np.zeros(5, np.bool_))

    assert newest.tolist() == [0.5, 7.0]


@pytest.mark.parametrize(
    ("aggregate", "value", "base", "term", "term2"),
    [
        (MEAN, 20.0, 19.0, 20.0, 0.0),
        (MAX, 20.0, 19.0, 20.0, 0.0),
        (MIN, 20.0, 19.0, 20.0, 0.0),
        (CIRCULAR, 30.0, 0.0, 0.5, math.sqrt(3) / 2),
        (ENERGETIC, 20.0, 0.0, 100.0, 0.0),
        (COUNTER, 20.0, 19.0, 1.0, 0.0),
        (COUNTER, 20.0, 21.0, 20.0, 0.0),
        (COUNTER, 20.0, math.nan, 0.0, 0.0),
        (TIMED, 20.0, 0.0, 600.0, 30.0),
    ],
)
def test_each_aggregate_adds_its_own_terms(
    aggregate: int, value: float, base: float, term: float, term2: float
) -> None:
    """A value, an energy, an increase, or a sine and a cosine."""
    one = Run(np.array([1]), np.array([0]), np.array([value]), np.array([0]))

    brought = entries(
        one, judged(one, aggregate), np.array([params_row(AGGREGATES[aggregate], 60, {})]), np.array([base])
    )

    assert brought.term.tolist() == [pytest.approx(term)]
    assert [0.0] if brought.term2 is None else brought.term2.tolist() == [pytest.approx(term2)]


def test_what_is_only_seen_brings_nothing() -> None:
    """Its value is not even looked at."""
    enters = np.array([True, False, True, False, True])

    rows = np.array([params_row("mean", 60, {})] * 2)
    brought = entries(RUN, replace(judged(RUN, MEAN), enters=enters), rows, np.zeros(5)).entering()

    assert brought.value.tolist() == [1.0, 4.0, 16.0]
    assert brought.time_s.tolist() == [0, 2, 4]
    assert brought.enters.all()
