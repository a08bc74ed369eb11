"""Times as SensorThings speaks of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Malformed
from api.sensorthings.moments import (
    Duration,
    Instant,
    Interval,
    Moment,
    earlier,
    end_of,
    iso,
    later,
    read_duration,
    read_instant,
    same,
    start_of,
)


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-14 * 60, 14 * 60))  # noqa: DTZ001 - zone below
def test_instants_are_read_as_python_reads_them(naive: datetime, offset_min: int) -> None:
    """Any ISO text with an offset is the same moment as the standard library's."""
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=offset_min)))

    read = read_instant(moment.isoformat())

    assert read.s == pytest.approx(moment.timestamp(), abs=1e-5)
    assert read.offset_min == offset_min


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-24", "2026-11-24T00:00:00Z"),
        ("2026-11-24T10:00", "2026-11-24T10:00:00Z"),
        ("2026-11-24T10:00:00 02:00", "2026-11-24T08:00:00Z"),
        ("2026-11-24t10:00:00z", "2026-11-24T10:00:00Z"),
        ("2026-11-24T10:00:00-0230", "2026-11-24T12:30:00Z"),
        ("2026-11-24T10:00:00.5Z", "2026-11-24T10:00:00.500Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
    ],
)
def test_what_people_write_is_understood(text: str, written: str) -> None:
    """Dates alone, offsets whose plus became a space, a leap second."""
    assert iso(read_instant(text).s) == written


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "2026-11-24T25:00:00Z", "2026", "1795615200", "2026-11-24T10"]
)
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    """The sentence shows how a time is written, or that the day does not exist."""
    with pytest.raises(Malformed, match=r"write 2026|does not exist"):
        read_instant(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT1H", 3600), ("P1DT30M", 88200), ("-PT1.5S", -1.5), ("P2W", 1209600), ("pt5m", 300)],
)
def test_durations_have_a_length(text: str, seconds: float) -> None:
    """Weeks to seconds, negative ones too."""
    assert read_duration(text) == Duration(seconds)


@pytest.mark.parametrize("text", ["P", "PT", "P1M", "P1Y", "1H", "PT1H30"])
def test_months_and_years_have_none(text: str) -> None:
    """A month is of no fixed length: refused, as is what is no duration."""
    with pytest.raises(Malformed):
        read_duration(text)


HOUR = Interval(10, 20)


@pytest.mark.parametrize(
    ("a", "b", "lt", "gt", "eq"),
    [
        (Instant(5), Instant(6), True, False, False),
        (Instant(6), Instant(6), False, False, True),
        (Instant(9), HOUR, True, False, False),
        (Instant(10), HOUR, False, False, False),
        (Instant(20), HOUR, False, True, False),
        (Instant(15), HOUR, False, False, False),
        (HOUR, Instant(20), True, False, False),
        (HOUR, Instant(10), False, True, False),
        (HOUR, Instant(15), False, False, False),
        (HOUR, Interval(20, 30), True, False, False),
        (HOUR, Interval(0, 10), False, True, False),
        (HOUR, Interval(15, 30), False, False, False),
        (HOUR, Interval(10, 20), False, False, True),
    ],
)
def test_intervals_compare_by_where_they_begin_and_end(a: Moment, b: Moment, lt: bool, gt: bool, eq: bool) -> None:
    """An interval is before what begins no earlier than it ends, and after what ends no later than it begins."""
    assert (earlier(a, b), later(a, b), same(a, b)) == (lt, gt, eq)


MOMENTS = st.one_of(
    st.integers(0, 20).map(Instant),
    st.tuples(st.integers(0, 20), st.integers(0, 20)).map(lambda p: Interval(min(p), max(p))),
)


@given(MOMENTS, MOMENTS)
def test_no_two_orders_hold_at_once(a: Moment, b: Moment) -> None:
    """Before, after and equal exclude each other, but for intervals without length; `later` mirrors `earlier`."""
    if start_of(a) < end_of(a) or start_of(b) < end_of(b):
        assert sum([earlier(a, b), later(a, b), same(a, b)]) <= 1
    if isinstance(a, Interval) and isinstance(b, Interval):
        assert later(a, b) == earlier(b, a)


def test_iso_is_utc_with_a_z() -> None:
    """Whole seconds have no fraction; a moment is told as datetime would."""
    assert iso(0) == "1970-01-01T00:00:00Z"
    assert iso(0.25) == "1970-01-01T00:00:00.250Z"
    assert iso(1795615200) == datetime.fromtimestamp(1795615200, UTC).isoformat().replace("+00:00", "Z")
