"""Intervals of time, joined and cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.registry.spans import Span, merged, overlap

TIME = st.integers(0, 30)
SPAN = st.tuples(TIME, st.none() | TIME)


def inside(span: Span, time_s: int) -> bool:
    """Does the time lie in the interval?"""
    return span[0] <= time_s and (span[1] is None or time_s < span[1])


@given(st.lists(SPAN, max_size=6))
def test_merged_spans_hold_the_same_times(spans: list[Span]) -> None:
    """Every moment is in one of the joined intervals exactly when it was in one of the given, and they lie apart."""
    joined = merged(spans)

    for time_s in range(32):
        assert any(inside(s, time_s) for s in spans) == any(inside(s, time_s) for s in joined)
    for one, other in pairwise(joined):
        assert one[1] is not None
        assert one[1] < other[0]


@given(SPAN, SPAN)
def test_an_overlap_is_what_both_hold(one: Span, other: Span) -> None:
    """A moment is in the overlap exactly when it is in both."""
    common = overlap(one, other)

    for time_s in range(32):
        both = inside(one, time_s) and inside(other, time_s)
        assert both == (common is not None and inside(common, time_s))
