"""A `$filter` as a tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Malformed
from api.sensorthings.grammar import (
    MAX_DEPTH,
    MAX_HOPS,
    MAX_OPERATORS,
    Binary,
    Call,
    Literal,
    Node,
    Path,
    Unary,
    parse,
    parse_path,
)
from api.sensorthings.moments import Duration, Instant, Interval

A, B, C = Path(("a",)), Path(("b",)), Path(("c",))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a or b and c", Binary("or", A, Binary("and", B, C))),
        ("(a or b) and c", Binary("and", Binary("or", A, B), C)),
        ("not a lt b", Unary("not", Binary("lt", A, B))),
        ("not a and b", Binary("and", Unary("not", A), B)),
        ("not not a", Unary("not", Unary("not", A))),
        ("a add b mul c", Binary("add", A, Binary("mul", B, C))),
        ("a sub b sub c", Binary("sub", Binary("sub", A, B), C)),
        ("a add 1 gt b", Binary("gt", Binary("add", A, Literal(1)), B)),
        ("-a", Unary("-", A)),
        ("-3.5", Literal(-3.5)),
        ("a eq null", Binary("eq", A, Literal(None))),
        ("a EQ TRUE", Binary("eq", A, Literal(True))),
        ("a in (1,'x',null)", Binary("in", A, Literal((1, "x", None)))),
        ("'x' in properties/tags", Binary("in", Literal("x"), Path(("properties", "tags")))),
        ("Datastream/Thing/properties/a-b[2]", Path(("Datastream", "Thing", "properties", "a-b", 2))),
        ("concat(a,'it''s')", Call("concat", (A, Literal("it's")))),
        ("now()", Call("now", ())),
        ("a gt duration'PT1H'", Binary("gt", A, Literal(Duration(3600)))),
        ("a gt 1970-01-01T01:00:00+01:00", Binary("gt", A, Literal(Instant(0, 60)))),
        ("a during 1970-01-01/P1D", Binary("during", A, Literal(Interval(0, 86400)))),
    ],
)  # fmt: skip
def test_precedence_is_that_of_odata(text: str, tree: Node) -> None:
    """Operators bind as the standard says, and `not a lt b` is not(a lt b)."""
    assert parse(text) == tree


@pytest.mark.parametrize(
    "text",
    [
        "", "a eq", "eq 1", "a eq 1 2", "(a", "a)", "f(a", "f(a,)", "f(,a)", "a in (b)", "a in (1", "a/1", "a[x]", "a b", "'x' 'y'",
        "a during 2026-11-25/2026-11-24", "a gt 2026-13-01", "not", "and a",
    ],
)  # fmt: skip
def test_what_is_no_expression_is_refused(text: str) -> None:
    """Half an expression, or two, is Malformed, whatever is missing."""
    with pytest.raises(Malformed):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        "not " * (MAX_DEPTH + 1) + "a",
        "/".join("a" * (MAX_HOPS + 1)),
        " add ".join("a" * (MAX_OPERATORS + 2)),
    ],
)
def test_a_hostile_filter_stays_cheap(text: str) -> None:
    """Depth, hops and operators are capped."""
    with pytest.raises(Malformed):
        parse(text)


def test_a_path_alone() -> None:
    """`$orderby` takes a path and nothing else."""
    assert parse_path("Datastream/id") == Path(("Datastream", "id"))
    with pytest.raises(Malformed, match="path"):
        parse_path("1")
    with pytest.raises(Malformed):
        parse_path("a add b")


WORDS = [
    "a",
    "b",
    "not",
    "and",
    "or",
    "eq",
    "lt",
    "add",
    "in",
    "(",
    ")",
    ",",
    "'x'",
    "1",
    "-",
    "/",
    "2026-11-24",
    "now",
    "null",
]


@given(st.lists(st.sampled_from(WORDS), max_size=30))
def test_any_sequence_of_words_is_a_tree_or_malformed(words: list[str]) -> None:
    """Nothing but Malformed is ever raised."""
    try:
        parse(" ".join(words))
    except Malformed:
        return
