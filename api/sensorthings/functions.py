"""The functions of `$filter`: text, numbers and time. Of geometry there is what a map asks for; the rest says that it is not offered."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

from api.problems import Malformed, NotOffered
from api.sensorthings.geometry import intersects
from api.sensorthings.moments import FIRST_S, LAST_S, Duration, Instant, Interval, read_instant, start_of

Function = Callable[..., object]
DAY_S = 86_400
GEOMETRY = {
    "geo.distance", "geo.length", "st_equals", "st_disjoint", "st_touches", "st_within",
    "st_overlaps", "st_crosses", "st_intersects", "st_contains", "st_relate",
}  # fmt: skip


def text_of(value: object) -> str:
    """A value as text: whole numbers without a point, so that 4.0 reads as 4."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _moment(value: object) -> datetime:
    instant = read_instant(value) if isinstance(value, str) else value
    if isinstance(instant, Interval):
        instant = Instant(start_of(instant))
    if not isinstance(instant, Instant):
        raise Malformed("a function of time was given something that is not a time")
    if not FIRST_S + DAY_S <= instant.s <= LAST_S - DAY_S:
        raise Malformed("a function of time was given a moment outside the years 1 to 9999")
    zone = timezone(timedelta(minutes=instant.offset_min))
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant.s)).astimezone(zone)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Malformed("round, floor and ceiling take a number")
    return value


def _substring(text: object, start: object, length: object = None) -> str:
    first = max(0, int(_number(start)))
    whole = text_of(text)
    return whole[first:] if length is None else whole[first : first + max(0, int(_number(length)))]


def _round(value: object) -> int:
    return math.floor(_number(value) + 0.5)


def _offset(value: object) -> int:
    if isinstance(value, Instant):
        return value.offset_min
    return int((_moment(value).utcoffset() or timedelta()).total_seconds() // 60)


FUNCTIONS: Mapping[str, tuple[int, int, Function]] = MappingProxyType(
    {
        "substringof": (2, 2, lambda part, text: text_of(part) in text_of(text)),
        "contains": (2, 2, lambda text, part: text_of(part) in text_of(text)),
        "startswith": (2, 2, lambda text, part: text_of(text).startswith(text_of(part))),
        "endswith": (2, 2, lambda text, part: text_of(text).endswith(text_of(part))),
        "length": (1, 1, lambda text: len(text_of(text))),
        "indexof": (2, 2, lambda text, part: text_of(text).find(text_of(part))),
        "substring": (2, 3, _substring),
        "tolower": (1, 1, lambda text: text_of(text).lower()),
        "toupper": (1, 1, lambda text: text_of(text).upper()),
        "trim": (1, 1, lambda text: text_of(text).strip()),
        "concat": (2, 2, lambda a, b: text_of(a) + text_of(b)),
        "year": (1, 1, lambda t: _moment(t).year),
        "month": (1, 1, lambda t: _moment(t).month),
        "day": (1, 1, lambda t: _moment(t).day),
        "hour": (1, 1, lambda t: _moment(t).hour),
        "minute": (1, 1, lambda t: _moment(t).minute),
        "second": (1, 1, lambda t: _moment(t).second),
        "fractionalseconds": (1, 1, lambda t: _moment(t).microsecond / 1e6),
        "date": (1, 1, lambda t: _moment(t).date().isoformat()),
        "time": (1, 1, lambda t: _moment(t).time().isoformat()),
        "totaloffsetminutes": (1, 1, _offset),
        "mindatetime": (0, 0, lambda: Instant(FIRST_S)),
        "maxdatetime": (0, 0, lambda: Instant(LAST_S)),
        "round": (1, 1, _round),
        "floor": (1, 1, lambda v: math.floor(_number(v))),
        "geo.intersects": (2, 2, intersects),
        "ceiling": (1, 1, lambda v: math.ceil(_number(v))),
    }
)
"""Name -> least and most arguments, and what it does. `now` is told by the one who evaluates."""
NAMES = sorted({*FUNCTIONS, "now"})


def check_call(name: str, arguments: int) -> None:
    """Afterwards the function exists and takes so many arguments."""
    if name in GEOMETRY:
        raise NotOffered(
            f"{name} is not offered; of geometry there is geo.intersects(location,geography'POLYGON(...)') alone"
        )
    if name not in NAMES:
        raise Malformed(f"there is no function {name!r}; there are {', '.join(NAMES)}")
    least, most = (0, 0) if name == "now" else FUNCTIONS[name][:2]
    if not least <= arguments <= most:
        wanted = str(least) if least == most else f"{least} or {most}"
        raise Malformed(f"{name} takes {wanted} arguments, {arguments} were given")


def add(a: object, b: object) -> object:
    """`a add b`: numbers, a time and a duration, two durations."""
    if isinstance(a, Instant) and isinstance(b, Duration):
        return Instant(a.s + b.s, a.offset_min)
    if isinstance(a, Duration) and isinstance(b, Instant):
        return add(b, a)
    if isinstance(a, Duration) and isinstance(b, Duration):
        return Duration(a.s + b.s)
    return _numbers(a, b, lambda x, y: x + y)


def subtract(a: object, b: object) -> object:
    """`a sub b`: as `add`, and the duration between two times."""
    if isinstance(a, Instant) and isinstance(b, Instant):
        return Duration(a.s - b.s)
    if isinstance(b, Duration):
        return add(a, Duration(-b.s))
    return _numbers(a, b, lambda x, y: x - y)


def multiply(a: object, b: object) -> object:
    """`a mul b`: numbers, or a duration and a number."""
    if isinstance(a, Duration) and _is_number(b):
        return Duration(a.s * float(b))  # type: ignore[arg-type]
    if isinstance(b, Duration):
        return multiply(b, a) if _is_number(a) else None
    return _numbers(a, b, lambda x, y: x * y)


def divide(a: object, b: object) -> object:
    """`a div b`; null where b is 0."""
    if isinstance(a, Duration) and _is_number(b):
        return Duration(a.s / float(b)) if b else None  # type: ignore[arg-type]
    return None if b == 0 else _numbers(a, b, lambda x, y: x / y)


def modulo(a: object, b: object) -> object:
    """`a mod b`, with the sign of a; null where b is 0."""
    return None if b == 0 else _numbers(a, b, math.fmod)


def negate(a: object) -> object:
    """`-a`."""
    if isinstance(a, Duration):
        return Duration(-a.s)
    return -a if _is_number(a) else None  # type: ignore[operator]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers(a: object, b: object, operate: Callable[[float, float], float]) -> float | None:
    if not (_is_number(a) and _is_number(b)):
        return None
    try:
        return operate(a, b)  # type: ignore[arg-type]
    except (OverflowError, ValueError):
        return None


ARITHMETIC: Mapping[str, Callable[[object, object], object]] = MappingProxyType(
    {"add": add, "sub": subtract, "mul": multiply, "div": divide, "mod": modulo}
)
