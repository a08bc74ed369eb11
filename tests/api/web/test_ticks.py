"""Where an axis has its marks."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.web.ticks import nice_ticks, time_ticks

PARIS = ZoneInfo("Europe/Paris")


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_round_numbers_span_the_values(low: float, span: float) -> None:
    """The first mark is not above the least value, the last not below the greatest, and there are few."""
    ticks = nice_ticks(low, low + span)

    assert ticks[0] <= low + 1e-6 * span + 1e-9
    assert ticks[-1] >= low + span - 1e-6 * span - 1e-9
    assert 2 <= len(ticks) <= 7
    assert all(a < b for a, b in pairwise(ticks))


def test_values_that_are_all_the_same_have_an_axis_too() -> None:
    """A flat line is drawn between two marks."""
    assert len(nice_ticks(5, 5)) >= 2


def hours(day: str) -> list[int]:
    """Local hours of the marks of one day."""
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=PARIS).timestamp()
    marks = time_ticks(start, start + 86_400, PARIS)
    assert {kind for _, kind in marks} == {"hour"}
    return [datetime.fromtimestamp(s, UTC).astimezone(PARIS).hour for s, _ in marks]


@pytest.mark.parametrize("day", ["2026-06-15", "2026-03-29", "2026-10-25"])
def test_marks_of_a_day_are_every_four_local_hours(day: str) -> None:
    """On the two days on which the clock changes as well."""
    assert hours(day)[:6] == [0, 4, 8, 12, 16, 20]


@pytest.mark.parametrize(("days", "marks"), [(7, 7), (30, 6), (366, 6)])
def test_marks_of_a_longer_stretch_are_midnights(days: int, marks: int) -> None:
    """Every day of a week, every fifth of a month, every 61st of a year, at local midnight."""
    end = datetime(2026, 11, 25, 14, tzinfo=UTC).timestamp()

    found = time_ticks(end - days * 86_400, end, PARIS)

    assert len(found) in {marks, marks + 1}
    assert {(kind, datetime.fromtimestamp(s, UTC).astimezone(PARIS).hour) for s, kind in found} == {("day", 0)}
