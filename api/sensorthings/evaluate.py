"""What a filter's tree is worth on one entity: true, false, or null where something is missing."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from api.problems import Malformed
from api.sensorthings import v11
from api.sensorthings.functions import ARITHMETIC, FUNCTIONS, check_call, negate, text_of
from api.sensorthings.grammar import Binary, Call, Literal, Node, Path, Unary
from api.sensorthings.model import Entity, Kind
from api.sensorthings.moments import (
    Duration,
    Instant,
    Interval,
    Moment,
    earlier,
    end_of,
    later,
    read_instant,
    same,
    start_of,
)
from api.sensorthings.world import World

Order = Callable[[Any, Any], bool]
_ORDERS: Mapping[str, Order] = MappingProxyType(
    {"eq": operator.eq, "ne": operator.ne, "gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
)


@dataclass(frozen=True, slots=True)
class Many:
    """What a path through several entities gives: a comparison holds when it holds for one of them."""

    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Lens:
    """What evaluation needs besides the entity: its world and the time that `now()` tells."""

    world: World
    now_s: float


def check(node: Node, kind: Kind) -> None:
    """Afterwards every function exists and every path begins with a name that the kind has; nothing was read."""
    match node:
        case Path(steps):
            _check_path(steps, kind)
        case Call(name, arguments):
            check_call(name, len(arguments))
            for argument in arguments:
                check(argument, kind)
        case Unary(_, operand):
            check(operand, kind)
        case Binary(_, left, right):
            check(left, kind)
            check(right, kind)


def _check_path(steps: tuple[str | int, ...], kind: Kind) -> None:
    at = kind
    for step in steps:
        name = str(step)
        if not v11.knows(at, name):
            raise Malformed(v11.unknown(at, name))
        if name not in v11.NAVIGATION[at]:
            return
        at = v11.NAVIGATION[at][name].kind
        if at is Kind.OBSERVATION:
            raise Malformed("a filter cannot walk through Observations; ask /Observations, and filter there")


def passes(node: Node, entity: Entity, lens: Lens) -> bool:
    """Is the filter true, and not false or null?"""
    return worth(node, entity, lens) is True


def worth(node: Node, entity: Entity, lens: Lens) -> object:
    """The value of a tree on one entity."""
    match node:
        case Literal(value):
            return value
        case Path(steps):
            return walk(steps, entity, lens)
        case Unary(name, operand):
            return _unary(name, worth(operand, entity, lens))
        case Call(name, arguments):
            return _call(name, [worth(a, entity, lens) for a in arguments], lens)
        case Binary("and" | "or" as name, left, right):
            return _logic(name, worth(left, entity, lens), lambda: worth(right, entity, lens))
        case Binary(name, left, right):
            return _binary(name, worth(left, entity, lens), worth(right, entity, lens))


def _unary(name: str, value: object) -> object:
    if name == "-":
        return negate(_single(value))
    return (not value) if isinstance(value, bool) else None


def walk(steps: Iterable[str | int], entity: Entity, lens: Lens) -> object:
    """Where a path leads from an entity: a value, null, or several values."""
    at: object = entity
    for step in steps:
        at = Many(tuple(_step(v, step, lens) for v in _flat(at))) if isinstance(at, Many) else _step(at, step, lens)
    return Many(tuple(_flat(at))) if isinstance(at, Many) else at


def _flat(many: Many) -> Iterable[object]:
    for value in many.values:
        yield from _flat(value) if isinstance(value, Many) else (value,)


def _step(at: object, step: str | int, lens: Lens) -> object:
    if isinstance(at, Entity):
        name = str(step)
        found = v11.NAVIGATION[at.kind].get(name)
        if found is None:
            return v11.value_of(at, name)
        related = lens.world.related(at, found.relation, found.kind)
        return Many(tuple(related)) if found.many else next(iter(related), None)
    if isinstance(at, dict):
        return at.get(step)
    if isinstance(at, list) and isinstance(step, int):
        return at[step] if step < len(at) else None
    return None


def _single(value: object) -> object:
    """One value of several, for what takes only one."""
    return next(iter(value.values), None) if isinstance(value, Many) else value


def _call(name: str, arguments: list[object], lens: Lens) -> object:
    if name == "now":
        return Instant(lens.now_s)
    values = [_single(a) for a in arguments]
    return None if any(v is None for v in values) else FUNCTIONS[name][2](*values)


def _logic(name: str, left: object, right: Callable[[], object]) -> bool | None:
    decides = name == "or"
    if left is decides:
        return decides
    other = right()
    if other is decides:
        return decides
    return (not decides) if isinstance(left, bool) and isinstance(other, bool) else None


def _binary(name: str, left: object, right: object) -> object:
    if name in ARITHMETIC:
        a, b = _single(left), _single(right)
        return None if a is None or b is None else ARITHMETIC[name](a, b)
    if isinstance(left, Many) or isinstance(right, Many):
        lefts = left.values if isinstance(left, Many) else (left,)
        rights = right.values if isinstance(right, Many) else (right,)
        return any(_binary(name, a, b) is True for a in lefts for b in rights)
    if name == "in":
        return _among(left, right)
    if left is None or right is None:
        return _with_null(name, left, right)
    if name in _ORDERS:
        return _compare(name, left, right)
    return _RELATIONS[name](_moment(left), _moment(right))


def _with_null(name: str, left: object, right: object) -> bool | None:
    if name == "eq":
        return left is None and right is None
    return (left is None) != (right is None) if name == "ne" else None


def _among(left: object, right: object) -> bool | None:
    if not isinstance(right, tuple | list):
        return None
    return left is not None and any(v is not None and _compare("eq", left, v) is True for v in right)


def _compare(name: str, left: object, right: object) -> bool | None:
    if isinstance(left, Instant | Interval) or isinstance(right, Instant | Interval):
        return _compare_moments(name, left, right)
    if isinstance(left, str) != isinstance(right, str):
        # A quoted number compares as text: '10' < '9'.
        if not all(isinstance(v, str | int | float) for v in (left, right)):
            return None
        return _ORDERS[name](text_of(left), text_of(right))
    if isinstance(left, bool) != isinstance(right, bool) or isinstance(left, Duration) != isinstance(right, Duration):
        return name == "ne"
    if isinstance(left, dict | list | Entity) or isinstance(right, dict | list | Entity):
        return (left == right) is (name == "eq") if name in {"eq", "ne"} else None
    return _ORDERS[name](left, right)


def _compare_moments(name: str, left: object, right: object) -> bool | None:
    if not all(
        isinstance(v, Instant | Interval | str | int | float) and not isinstance(v, bool) for v in (left, right)
    ):
        return None
    return _ORDERS_OF_TIME[name](_moment(left), _moment(right))


def _moment(value: object) -> Moment:
    if isinstance(value, Instant | Interval):
        return value
    if isinstance(value, str):
        return read_instant(value)
    raise Malformed(f"a time is compared with {text_of(value)!r}, which is none")


def _during(a: Moment, b: Moment) -> bool:
    """A half-open interval holds what begins in it; another interval must end with it too."""
    inside = end_of(a) < end_of(b) or (isinstance(a, Interval) and end_of(a) <= end_of(b))
    return start_of(a) >= start_of(b) and inside


Relation = Callable[[Moment, Moment], bool]
_ORDERS_OF_TIME: Mapping[str, Relation] = MappingProxyType(
    {
        "eq": same,
        "ne": lambda a, b: not same(a, b),
        "lt": earlier,
        "gt": later,
        "le": lambda a, b: earlier(a, b) or same(a, b),
        "ge": lambda a, b: later(a, b) or same(a, b),
    }
)
_RELATIONS: Mapping[str, Relation] = MappingProxyType(
    {
        "before": earlier,
        "after": later,
        "during": _during,
        "overlaps": lambda a, b: start_of(a) <= end_of(b) and start_of(b) <= end_of(a),
        "meets": lambda a, b: end_of(a) == start_of(b) or end_of(b) == start_of(a),
        "starts": lambda a, b: start_of(a) == start_of(b),
        "finishes": lambda a, b: end_of(a) == end_of(b),
    }
)
"""The relations between times that the reference server adds to the standard's."""
