"""Times as SensorThings speaks of them: instants, intervals, durations, in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from api.problems import Malformed

_INSTANT = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+ -]\d{2}:?\d{2})?)?", re.IGNORECASE
)
_DURATION = re.compile(
    r"([+-])?P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.IGNORECASE
)


FIRST_S, LAST_S = -62_135_596_800, 253_402_300_799
"""The years 1 to 9999: all that has a name."""
LONGEST_S = 1e11


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A moment, in seconds since 1970 UTC, and the offset it was written with."""

    s: float
    offset_min: int = 0

    def __str__(self) -> str:
        return iso(self.s)


@dataclass(frozen=True, slots=True)
class Interval:
    """[start_s, end_s], both in seconds since 1970 UTC."""

    start_s: float
    end_s: float

    def __str__(self) -> str:
        return f"{iso(self.start_s)}/{iso(self.end_s)}"


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time, in seconds."""

    s: float


Moment = Instant | Interval


def iso(at_s: float) -> str:
    """ISO 8601 in UTC with a `Z`, with milliseconds only where there are any.

    >>> iso(1795615200)
    '2026-11-25T14:00:00Z'
    """
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=at_s)
    precision = "seconds" if moment.microsecond == 0 else "milliseconds"
    return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def read_instant(text: str) -> Instant:
    """An ISO 8601 date or date and time; without an offset it is UTC.

    A raw `+02:00` in a query arrives as ` 02:00`, and is taken for what was meant.
    Raises Malformed where it is none.
    """
    found = _INSTANT.fullmatch(text.strip())
    if found is None:
        raise Malformed(f"{text!r} is not a time: write 2026-11-24T10:00:00Z, or 2026-11-24")
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    micro = int((found[7] or "").ljust(6, "0")[:6])
    offset = _offset_min(found[8] or "Z")
    try:
        moment = datetime(year, month, day, hour, minute, min(second, 59), micro, tzinfo=UTC)
    except ValueError:
        raise Malformed(f"{text!r} names a day or an hour that does not exist") from None
    since = (moment - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() + (1 if second == 60 else 0)
    if not FIRST_S <= since - offset * 60 <= LAST_S:
        raise Malformed(f"{text!r} lies outside the years 1 to 9999")
    return Instant(_whole(since - offset * 60), offset)


def _offset_min(text: str) -> int:
    if text in {"Z", "z"}:
        return 0
    digits = text[1:].replace(":", "")
    minutes = int(digits[:2]) * 60 + int(digits[2:])
    return -minutes if text[0] == "-" else minutes


def read_duration(text: str) -> Duration:
    """An ISO 8601 duration in weeks, days, hours, minutes, seconds (months and years have no length)."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()[1:]):
        raise Malformed(f"{text!r} is not a duration: write PT1H or P1DT30M, without years and months")
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in found.groups()[1:])
    total = weeks * 604_800 + days * 86_400 + hours * 3_600 + minutes * 60 + seconds
    if total > LONGEST_S:
        raise Malformed(f"{text!r} is longer than three thousand years")
    return Duration(_whole(-total if found[1] == "-" else total))


def _whole(value: float) -> float:
    return int(value) if float(value).is_integer() else value


def start_of(moment: Moment) -> float:
    """Where it begins."""
    return moment.s if isinstance(moment, Instant) else moment.start_s


def end_of(moment: Moment) -> float:
    """Where it ends."""
    return moment.s if isinstance(moment, Instant) else moment.end_s


def earlier(a: Moment, b: Moment) -> bool:
    """`a lt b`: an instant is before; an interval has ended when b begins."""
    return end_of(a) <= start_of(b) if isinstance(a, Interval) else a.s < start_of(b)


def later(a: Moment, b: Moment) -> bool:
    """`a gt b`: the mirror of `earlier`."""
    return start_of(a) >= end_of(b) if isinstance(a, Interval) or isinstance(b, Interval) else a.s > b.s


def same(a: Moment, b: Moment) -> bool:
    """`a eq b`: they begin and end together."""
    return start_of(a) == start_of(b) and end_of(a) == end_of(b)
