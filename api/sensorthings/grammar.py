"""A `$filter` as a tree: a Pratt parser over the tokens, with OData's precedence and caps on depth and hops.

`not a lt b` is not(a lt b), as the reference server has it.
"""

from __future__ import annotations

from dataclasses import dataclass

from api.problems import Malformed
from api.sensorthings.geometry import Area, read_area
from api.sensorthings.moments import Duration, Instant, Interval, end_of, read_duration, read_instant
from api.sensorthings.tokens import Token, tokens

MAX_DEPTH = 32
MAX_HOPS = 10
MAX_OPERATORS = 128
POWER = {
    "or": 1, "and": 2,
    "eq": 4, "ne": 4, "gt": 4, "ge": 4, "lt": 4, "le": 4, "in": 4,
    "before": 4, "after": 4, "during": 4, "overlaps": 4, "meets": 4, "starts": 4, "finishes": 4,
    "add": 5, "sub": 5, "mul": 6, "div": 6, "mod": 6,
}  # fmt: skip
"""Binary operators and how tightly they bind; `not` stands between `and` and the comparisons."""
NOT_POWER = 3
NEGATIVE_POWER = 7
LITERALS = {"true": True, "false": False, "null": None}

Constant = None | bool | int | float | str | Instant | Interval | Duration | Area


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the filter."""

    value: Constant | tuple[Constant, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """Steps to a property: `Datastream/Thing/properties/pilot`, `parameters/x[1]`."""

    steps: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x` or `-x`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: Node
    right: Node


Node = Literal | Path | Call | Unary | Binary


def parse(text: str) -> Node:
    """The tree of a `$filter`. Raises Malformed with a sentence."""
    reader = _Reader(list(tokens(text)))
    tree = reader.expression(0)
    reader.take("end")
    return tree


def parse_path(text: str) -> Path:
    """The tree of one path, as `$orderby` and `$select` have them."""
    reader = _Reader(list(tokens(text)))
    tree = reader.expression(NEGATIVE_POWER)
    reader.take("end")
    if not isinstance(tree, Path):
        raise Malformed(f"{text!r} is not the path of a property")
    return tree


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, words: list[Token]) -> None:
        self.words = words
        self.at = 0
        self.depth = 0
        self.operators = 0

    @property
    def next(self) -> Token:
        return self.words[self.at]

    def step(self) -> Token:
        token = self.words[self.at]
        self.at = min(self.at + 1, len(self.words) - 1)
        return token

    def take(self, kind: str) -> Token:
        if self.next.kind != kind:
            found = self.next.text or "its end"
            wanted = "an operator" if kind == "end" else f"{kind!r}"
            raise Malformed(f"$filter has {found!r} at character {self.next.at + 1}, where {wanted} should stand")
        return self.step()

    def expression(self, power: int) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Malformed(f"$filter is nested deeper than {MAX_DEPTH}")
        left = self.operand()
        while self.next.kind == "name" and (tight := POWER.get(self.next.text.lower(), 0)) > power:
            operator = self.step().text.lower()
            self.operators += 1
            if self.operators > MAX_OPERATORS:
                raise Malformed(f"$filter has more than {MAX_OPERATORS} operators")
            right = self.choices() if operator == "in" else self.expression(tight)
            left = Binary(operator, left, right)
        self.depth -= 1
        return left

    def choices(self) -> Node:
        """What stands to the right of `in`: a list of literals, or a path to one."""
        if self.next.kind != "(":
            return self.expression(POWER["in"])
        values = self.arguments()
        if not all(isinstance(v, Literal) for v in values):
            raise Malformed("the list after `in` holds values only: in ('a','b')")
        return Literal(tuple(v.value for v in values if isinstance(v, Literal) and not isinstance(v.value, tuple)))

    def operand(self) -> Node:
        token = self.step()
        match token.kind:
            case "(":
                inner = self.expression(0)
                self.take(")")
                return inner
            case "-":
                return _negative(self.expression(NEGATIVE_POWER))
            case "number" | "text" | "time" | "interval" | "duration":
                return Literal(_constant(token))
            case "geo":
                return Literal(read_area(token.text[len("geography'") : -1]))
            case "name":
                return self.name(token)
        raise Malformed(f"$filter breaks off at {token.text or 'its end'!r} (character {token.at + 1})")

    def name(self, token: Token) -> Node:
        lower = token.text.lower()
        if lower in LITERALS:
            return Literal(LITERALS[lower])
        if lower == "not":
            return Unary("not", self.expression(NOT_POWER))
        if self.next.kind == "(":
            return Call(lower, self.arguments())
        return self.path(token)

    def arguments(self) -> tuple[Node, ...]:
        self.take("(")
        found: list[Node] = []
        while self.next.kind != ")":
            if found:
                self.take(",")
            found.append(self.expression(0))
        self.take(")")
        return tuple(found)

    def path(self, token: Token) -> Path:
        steps: list[str | int] = [token.text]
        while self.next.kind in {"/", "["}:
            if self.step().kind == "/":
                steps.append(self.take("name").text)
            else:
                steps.append(self.position())
        if len(steps) > MAX_HOPS:
            raise Malformed(f"a path of $filter has more than {MAX_HOPS} steps")
        return Path(tuple(steps))

    def position(self) -> int:
        """What stands in the brackets of `x[1]`."""
        number = self.take("number").text
        if not number.isdecimal():
            raise Malformed(f"a position in brackets is a whole number, not {number}")
        self.take("]")
        return int(number)


def _negative(node: Node) -> Node:
    if isinstance(node, Literal) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return Literal(-node.value)
    return Unary("-", node)


def _constant(token: Token) -> Constant:
    match token.kind:
        case "number":
            return float(token.text) if any(c in token.text for c in ".eE") else int(token.text)
        case "text":
            return token.text[1:-1].replace("''", "'")
        case "duration":
            return read_duration(token.text[len("duration'") : -1])
        case "interval":
            return _interval(token.text)
    return read_instant(token.text)


def _interval(text: str) -> Interval:
    first, _, second = text.partition("/")
    start = read_instant(first)
    end = start.s + read_duration(second).s if second[:1] in "Pp" else end_of(read_instant(second))
    if end < start.s:
        raise Malformed(f"the interval {text!r} ends before it begins")
    return Interval(start.s, end)
