"""What a filter is worth on one entity, held against a naive evaluation of the same tree."""

from __future__ import annotations

import math
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Malformed, NotOffered
from api.sensorthings.evaluate import Lens, check, passes, worth
from api.sensorthings.grammar import parse
from api.sensorthings.model import Entity, Kind
from api.sensorthings.moments import Instant, Interval

NOON_S = 1795608000
FIELDS = {
    "phenomenonTime": Instant(NOON_S),
    "resultTime": Interval(NOON_S, NOON_S + 3600),
    "result": 21.5,
    "resultQuality": {"flag": 3, "nested": {"deep": "x"}, "list": [1, 2, 3], "tags": ["a", "b"], "true": True},
    "validTime": None,
    "properties": {"name": "Rennes", "qualité-air": "bonne"},
}
READING = Entity(Kind.OBSERVATION, 7, FIELDS, {})
LENS = Lens(None, NOON_S + 60)  # type: ignore[arg-type] - these filters never leave the entity


def value(text: str) -> object:
    """What an expression is worth on the reading."""
    return worth(parse(text), READING, LENS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("result gt 21", True),
        ("not result lt 20", True),
        ("result gt '3'", False),  # as text: '21.5' < '3'
        ("result add 1 eq 22.5", True),
        ("result div 0 gt 1", None),
        ("id eq 7 and @iot.id eq 7", True),
        ("validTime eq null", True),
        ("validTime ne null", False),
        ("validTime gt 2026-01-01", None),
        ("not validTime gt 2026-01-01", None),
        ("validTime gt 2026-01-01 or result gt 1", True),
        ("validTime gt 2026-01-01 and result gt 1", None),
        ("validTime gt 2026-01-01 and result lt 1", False),
        ("resultQuality/flag in (3,4)", True),
        ("resultQuality/nested/deep eq 'x'", True),
        ("resultQuality/list[1] eq 2", True),
        ("resultQuality/list[9] eq 2", False),
        ("'b' in resultQuality/tags", True),
        ("resultQuality/nothing/there eq null", True),
        ("resultQuality/true", True),
        ("resultQuality/true eq true", True),
        ("resultQuality/true eq 1", False),
        ("resultQuality/true ne 1", True),
        ("parameters/qualité-air eq 'bonne'", True),
        ("startswith(parameters/name,'Re')", True),
        ("length(validTime) eq 3", False),
        ("length(validTime) gt 3", None),
        ("phenomenonTime eq 2026-11-25T12:00:00Z", True),
        ("phenomenonTime eq '2026-11-25T13:00:00+01:00'", True),
        ("phenomenonTime lt now()", True),
        ("phenomenonTime ge 2026-11-25", True),
        ("phenomenonTime le 2026-11-25T12:00:00Z", True),
        ("phenomenonTime add duration'PT1M' eq now()", True),
        ("now() sub phenomenonTime eq duration'PT1M'", True),
        ("phenomenonTime during 2026-11-25/2026-11-26", True),
        ("resultTime during 2026-11-25T12:00:00Z/PT1H", True),
        ("phenomenonTime during 2026-11-25T11:00:00Z/2026-11-25T12:00:00Z", False),
        ("phenomenonTime before 2026-11-26", True),
        ("phenomenonTime after 2026-11-24", True),
        ("resultTime overlaps 2026-11-25T12:30:00Z/PT3H", True),
        ("resultTime meets 2026-11-25T13:00:00Z/PT3H", True),
        ("resultTime starts 2026-11-25T12:00:00Z/PT3H", True),
        ("resultTime finishes 2026-11-25T12:30:00Z/2026-11-25T13:00:00Z", True),
        ("resultTime gt 2026-11-25T12:30:00Z", False),
        ("resultTime gt 2026-11-25T12:00:00Z", True),
        ("hour(phenomenonTime) eq 12", True),
        ("-result eq -21.5", True),
        ("-parameters/name lt 1", None),
        ("parameters eq parameters", True),
        ("parameters gt parameters", None),
        ("duration'PT1H' gt duration'PT1M'", True),
        ("duration'PT1H' eq 3600", False),
        ("result in parameters/name", None),
        ("phenomenonTime gt parameters", None),
    ],
)  # fmt: skip
def test_three_valued_logic_and_every_operator(text: str, expected: object) -> None:
    """True, false, or null where something is missing; only true passes."""
    assert value(text) == expected
    assert passes(parse(text), READING, LENS) is (expected is True)


@pytest.mark.parametrize("text", ["phenomenonTime gt 'Rennes'", "year(result) eq 1", "phenomenonTime before 5"])
def test_a_time_compared_with_none_is_malformed(text: str) -> None:
    """The asker is told, instead of an empty answer."""
    with pytest.raises(Malformed):
        value(text)


def test_names_are_checked_before_anything_is_read() -> None:
    """A property that the kind has not, an unknown function, geometry, a walk through Observations."""
    check(parse("Datastream/Thing/name eq 'x' and not hour(phenomenonTime) eq -1"), Kind.OBSERVATION)
    with pytest.raises(Malformed, match="no property 'nope'"):
        check(parse("nope eq 1"), Kind.THING)
    with pytest.raises(Malformed, match="no property 'nope'"):
        check(parse("Datastream/nope eq 1"), Kind.OBSERVATION)
    with pytest.raises(Malformed, match="no function"):
        check(parse("not sqrt(result) eq 1"), Kind.OBSERVATION)
    with pytest.raises(NotOffered):
        check(parse("geo.distance(Locations/location,geography'POINT(1 2)') lt 1"), Kind.THING)
    with pytest.raises(Malformed, match="Observations"):
        check(parse("Datastreams/Observations/result gt 1"), Kind.THING)


NAMES = {"result": 21.5, "resultQuality/flag": 3, "validTime": None, "id": 7, "resultQuality/nothing": None}
COMPARISONS = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
NUMBERS = st.integers(-30, 30) | st.sampled_from([21.5, 3.0, 0.25])
LEAVES = st.one_of(NUMBERS.map(lambda n: ("number", n)), st.sampled_from(sorted(NAMES)).map(lambda n: ("name", n)))
SUMS = st.recursive(
    LEAVES, lambda s: st.tuples(st.sampled_from(["add", "sub", "mul", "div", "mod"]), s, s), max_leaves=4
)
TESTS = st.one_of(
    st.tuples(st.sampled_from(sorted(COMPARISONS)), SUMS, SUMS),
    st.tuples(st.just("in"), SUMS, st.lists(NUMBERS, min_size=1, max_size=3)),
)
TREES = st.recursive(
    TESTS,
    lambda t: st.one_of(st.tuples(st.sampled_from(["and", "or"]), t, t), st.tuples(st.just("not"), t)),
    max_leaves=6,
)


def written(tree: tuple) -> str:
    """The tree as a filter, with brackets round every operation."""
    match tree:
        case ("number", n):
            return f"{n}"
        case ("name", n):
            return n
        case ("not", a):
            return f"not ({written(a)})"
        case ("in", a, values):
            return f"({written(a)}) in ({','.join(map(str, values))})"
        case (name, a, b):
            return f"({written(a)}) {name} ({written(b)})"
    raise AssertionError(tree)


def naive(tree: tuple) -> object:
    """What the tree is worth, as simply as Python can say it: null makes null, but for eq, ne, and, or."""
    match tree:
        case ("number", n):
            return n
        case ("name", n):
            return NAMES[n]
        case ("in", a, values):
            return any(naive(a) == v for v in values)
        case ("not", a):
            return {True: False, False: True, None: None}[naive(a)]
    name, left, right = tree[0], naive(tree[1]), naive(tree[2])
    return logic(name, left, right) if name in ("and", "or", "eq", "ne") else numbers(name, left, right)


def logic(name: str, left: object, right: object) -> object:
    """What is true or false although a side may be null."""
    if name in ("eq", "ne"):
        return (left == right) is (name == "eq")
    decides = name == "or"
    return decides if decides in (left, right) else None if None in (left, right) else not decides


def numbers(name: str, left: float | None, right: float | None) -> object:
    """What is null when a side is, or when it divides by zero."""
    if left is None or right is None or (right == 0 and name in ("div", "mod")):
        return None
    reckon = {"add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv, "mod": math.fmod}
    return (COMPARISONS | reckon)[name](left, right)


@given(TREES)
def test_parsed_and_evaluated_is_what_naive_reckoning_gives(tree: tuple) -> None:
    """Any tree of comparisons, arithmetic and logic, written, parsed and evaluated, equals the naive value."""
    assert value(written(tree)) == naive(tree)
