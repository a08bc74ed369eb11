"""What of a filter on Observations the store can do: bounds in time and choice of series; the rest is asked of each row."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from api.catalogue import FOR_EVER_S, Shown
from api.sensorthings.evaluate import Lens, passes
from api.sensorthings.grammar import Binary, Call, Literal, Node, Path, Unary
from api.sensorthings.model import observation_of
from api.sensorthings.moments import Instant, Interval, read_instant
from api.sensorthings.world import observation

TIMES = {("phenomenonTime",), ("resultTime",)}
IDS = {("id",), ("@iot.id",)}
PER_SERIES = {"Datastream", "FeatureOfInterest"}
MIRROR = {"lt": "gt", "gt": "lt", "le": "ge", "ge": "le", "eq": "eq", "ne": "ne"}
MOST_FLOAT = 1e300
COMPARE = {
    "eq": np.equal,
    "ne": np.not_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "lt": np.less,
    "le": np.less_equal,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """Which series, between which times, and what is left to ask of each row."""

    shown: tuple[Shown, ...]
    start_s: int = 0
    end_s: int = FOR_EVER_S
    on_result: tuple[tuple[str, float], ...] = ()
    rest: tuple[Node, ...] = ()

    @property
    def exact(self) -> bool:
        """Is every row in the bounds wanted?"""
        return not self.on_result and not self.rest

    def mask(self, values: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which results pass the comparisons with numbers; a missing one only differs (`ne`) from them."""
        passed = np.ones(len(values), np.bool_)
        for name, limit in self.on_result:
            passed &= COMPARE[name](values, limit)
        return passed


def plan(tree: Node | None, shown: Sequence[Shown], lens: Lens) -> Plan:
    """The cheapest way to answer a filter: conjunct by conjunct."""
    start_s, end_s = 0, FOR_EVER_S
    on_result: list[tuple[str, float]] = []
    rest: list[Node] = []
    wanted = list(shown)
    for conjunct in _conjuncts(tree):
        if _per_series(conjunct):
            wanted = [s for s in wanted if passes(conjunct, observation(s, 0, 0.0, 2), lens)]
        elif (named := _named(conjunct)) is not None:
            series, time_s = observation_of(named)
            wanted = [s for s in wanted if s.id == series]
            start_s, end_s = max(start_s, time_s), min(end_s, time_s + 1)
        elif (bounds := _bounds(conjunct)) is not None:
            start_s, end_s = max(start_s, bounds[0]), min(end_s, bounds[1])
            if _is_during(conjunct):
                rest.append(conjunct)
        elif (limit := _on_result(conjunct)) is not None:
            on_result.append(limit)
        else:
            rest.append(conjunct)
    return Plan(tuple(wanted), start_s, max(start_s, end_s), tuple(on_result), tuple(rest))


def _conjuncts(tree: Node | None) -> Iterator[Node]:
    if isinstance(tree, Binary) and tree.operator == "and":
        yield from _conjuncts(tree.left)
        yield from _conjuncts(tree.right)
    elif tree is not None:
        yield tree


def _paths(node: Node) -> Iterator[Path]:
    match node:
        case Path():
            yield node
        case Unary(_, operand):
            yield from _paths(operand)
        case Binary(_, left, right):
            yield from _paths(left)
            yield from _paths(right)
        case Call(_, arguments):
            for argument in arguments:
                yield from _paths(argument)


def _per_series(node: Node) -> bool:
    """Is it the same for all readings of a series?"""
    paths = list(_paths(node))
    return bool(paths) and all(p.steps[0] in PER_SERIES for p in paths)


def _sided(node: Node) -> tuple[str, tuple[str | int, ...], object] | None:
    """A comparison of one path with one value, with the path on the left."""
    match node:
        case Binary(name, Path(steps), Literal(value)):
            return name, steps, value
        case Binary(name, Literal(value), Path(steps)) if name in MIRROR:
            return MIRROR[name], steps, value
    return None


def _named(node: Node) -> int | None:
    sided = _sided(node)
    if sided is None or sided[0] != "eq" or sided[1] not in IDS or not isinstance(sided[2], int):
        return None
    return max(0, sided[2])


def _is_during(node: Node) -> bool:
    return isinstance(node, Binary) and node.operator == "during"


def _bounds(node: Node) -> tuple[int, int] | None:
    sided = _sided(node)
    if sided is None or sided[1] not in TIMES:
        return None
    name, _, value = sided
    if isinstance(value, str):
        value = read_instant(value)
    if name == "during" and isinstance(value, Interval):
        return math.floor(value.start_s), math.ceil(value.end_s) + 1
    if not isinstance(value, Instant):
        return None
    at = value.s
    found = {
        "lt": (0, math.ceil(at)),
        "le": (0, math.floor(at) + 1),
        "gt": (math.floor(at) + 1, FOR_EVER_S),
        "ge": (math.ceil(at), FOR_EVER_S),
        "eq": (math.ceil(at), math.floor(at) + 1),
    }.get(name)
    return None if found is None else (max(0, found[0]), max(0, found[1]))


def _on_result(node: Node) -> tuple[str, float] | None:
    sided = _sided(node)
    if sided is None or sided[1] != ("result",) or sided[0] not in COMPARE:
        return None
    limit = sided[2]
    if isinstance(limit, bool) or not isinstance(limit, int | float) or abs(limit) > MOST_FLOAT:
        return None
    return sided[0], float(limit)
