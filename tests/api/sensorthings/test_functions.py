"""Functions and arithmetic of `$filter`."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Malformed, NotOffered
from api.sensorthings.functions import (
    FUNCTIONS,
    GEOMETRY,
    add,
    check_call,
    divide,
    modulo,
    multiply,
    negate,
    subtract,
    text_of,
)
from api.sensorthings.moments import Duration, Instant

NOON = Instant(1795608000 + 0.25, 60)
"""2026-11-25T13:00:00.25+01:00."""


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("substringof", ["enn", "Rennes"], True),
        ("contains", ["Rennes", "enn"], True),
        ("startswith", ["Rennes", "Re"], True),
        ("endswith", ["Rennes", "es"], True),
        ("length", ["Rennes"], 6),
        ("indexof", ["Rennes", "nn"], 2),
        ("indexof", ["Rennes", "x"], -1),
        ("substring", ["Rennes", 1], "ennes"),
        ("substring", ["Rennes", 1, 3], "enn"),
        ("substring", ["Rennes", 9], ""),
        ("tolower", ["Rennes"], "rennes"),
        ("toupper", ["Rennes"], "RENNES"),
        ("trim", [" a "], "a"),
        ("concat", ["a", 4.0], "a4"),
        ("year", [NOON], 2026),
        ("month", [NOON], 11),
        ("day", [NOON], 25),
        ("hour", [NOON], 13),
        ("hour", ["2026-11-25T12:00:00Z"], 12),
        ("minute", [NOON], 0),
        ("second", [NOON], 0),
        ("fractionalseconds", [NOON], 0.25),
        ("date", [NOON], "2026-11-25"),
        ("time", [NOON], "13:00:00.250000"),
        ("totaloffsetminutes", [NOON], 60),
        ("round", [2.5], 3),
        ("round", [-2.5], -2),
        ("floor", [-2.5], -3),
        ("ceiling", [-2.5], -2),
    ],
)
def test_each_function_gives_what_the_standard_says(name: str, arguments: list[object], value: object) -> None:
    """One example a function; substring counts from 0, hours are those of the offset that was written."""
    assert FUNCTIONS[name][2](*arguments) == value


def test_the_ends_of_time_are_moments() -> None:
    """`mindatetime()` is before `maxdatetime()`."""
    assert FUNCTIONS["mindatetime"][2]().s < FUNCTIONS["maxdatetime"][2]().s


def test_geometry_is_refused_as_not_offered() -> None:
    """All twelve functions of geometry are legal, and not implemented: 501."""
    for name in GEOMETRY:
        with pytest.raises(NotOffered):
            check_call(name, 2)


def test_unknown_functions_and_wrong_counts_are_malformed() -> None:
    """The sentence names those there are, or how many arguments one takes."""
    with pytest.raises(Malformed, match="there are"):
        check_call("sqrt", 1)
    with pytest.raises(Malformed, match="takes 1"):
        check_call("year", 2)
    with pytest.raises(Malformed, match="2 or 3"):
        check_call("substring", 1)
    check_call("now", 0)


@pytest.mark.parametrize("name", ["year", "round"])
def test_a_function_of_time_or_number_wants_one(name: str) -> None:
    """Text that is none is malformed, never a crash."""
    with pytest.raises(Malformed):
        FUNCTIONS[name][2]("Rennes")


def test_times_and_durations_add_up() -> None:
    """A time and a duration give a time, two times a duration, a duration and a number a duration."""
    hour = Duration(3600)
    assert add(Instant(0), hour) == Instant(3600)
    assert add(hour, Instant(0)) == Instant(3600)
    assert add(hour, hour) == Duration(7200)
    assert subtract(Instant(7200), Instant(3600)) == hour
    assert subtract(Instant(7200), hour) == Instant(3600)
    assert multiply(hour, 2) == multiply(2, hour) == Duration(7200)
    assert divide(hour, 2) == Duration(1800)
    assert negate(hour) == Duration(-3600)
    assert multiply("x", hour) is None


NUMBERS = st.floats(-1e6, 1e6) | st.integers(-1000, 1000)


@given(NUMBERS, NUMBERS)
def test_numbers_reckon_as_numbers(a: float, b: float) -> None:
    """The five operations are Python's; by zero is null, and mod has the sign of its left side."""
    assert add(a, b) == a + b
    assert subtract(a, b) == a - b
    assert multiply(a, b) == a * b
    assert divide(a, b) == (None if b == 0 else a / b)
    assert modulo(a, b) == (None if b == 0 else math.fmod(a, b))


@pytest.mark.parametrize("wrong", ["x", True, None, [1]])
def test_arithmetic_with_anything_else_is_null(wrong: object) -> None:
    """Texts and truths have no sum."""
    assert add(1, wrong) is None
    assert modulo(wrong, 2) is None
    assert negate(wrong) is None


def test_too_large_is_null() -> None:
    """An overflow is null, not a crash."""
    assert multiply(10**400, 1.5) is None
    assert modulo(math.inf, 2.0) is None


def test_whole_numbers_read_without_a_point() -> None:
    """4.0 is the text 4."""
    assert [text_of(v) for v in (4.0, 4, 4.5, "x")] == ["4", "4", "4.5", "x"]
