"""Token buckets never give more than they may, whatever the clock does."""

from __future__ import annotations

import doctest
import itertools

from hypothesis import given
from hypothesis import strategies as st

import gateway.bucket
from gateway.bucket import Buckets

STEPS = st.lists(st.floats(0, 3), min_size=1, max_size=60)


@given(STEPS, st.floats(0.1, 5), st.integers(1, 5))
def test_no_more_is_taken_than_the_burst_and_what_flows_in(steps: list[float], rate: float, burst: int) -> None:
    """In any interval at most `burst` tokens, and `rate` a second, are given."""
    buckets = Buckets(rate=rate, burst=burst)
    given_at = [now_s for now_s in itertools.accumulate(steps) if buckets.take(1, now_s)]

    for first, last in itertools.combinations(range(len(given_at)), 2):
        assert last - first + 1 <= burst + rate * (given_at[last] - given_at[first]) + 1e-6


@given(STEPS, st.floats(0.1, 5))
def test_what_keeps_to_the_rate_is_never_refused(steps: list[float], rate: float) -> None:
    """A device that waits as long as its rate asks always finds a token."""
    buckets, now_s = Buckets(rate=rate, burst=1), 0.0
    for step in steps:
        assert buckets.take(1, now_s)
        now_s += 1 / rate * (1 + 1e-9) + step


def test_each_key_has_a_bucket_of_its_own() -> None:
    """A loud device leaves the tokens of others alone."""
    buckets = Buckets(rate=1, burst=1)

    assert [buckets.take(1, 0), buckets.take(1, 0), buckets.take(2, 0)] == [True, False, True]


def test_a_clock_that_steps_back_gives_nothing() -> None:
    """Time that was lived through already fills no bucket, and empties none."""
    buckets = Buckets(rate=1, burst=2)

    assert [buckets.take(1, now_s) for now_s in (100, 100, 50, 100, 101, 101)] == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]


def test_the_example_is_true() -> None:
    """What the docstring shows is what comes out."""
    assert doctest.testmod(gateway.bucket).failed == 0
