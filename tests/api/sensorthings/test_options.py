"""Query options."""

from __future__ import annotations

from urllib.parse import quote, unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Malformed, NotOffered
from api.sensorthings.grammar import Path, parse
from api.sensorthings.options import DEFAULT_TOP, MAX_TOP, Options, next_query, read_options, split, written_query


def test_an_empty_query_asks_for_the_first_hundred() -> None:
    """No option: the default page."""
    assert read_options("") == Options(top=DEFAULT_TOP)


@pytest.mark.parametrize("query", ["$top=5", "%24top=5", "%24top=%35", "$top=+5", "key=x&$top=5", "utm=1&$top=5&"])
def test_options_are_read_however_they_are_encoded(query: str) -> None:
    """Percent signs and plus signs mean what they stand for; names without `$` are nobody's."""
    assert read_options(query).top == 5


def test_top_is_capped_silently() -> None:
    """More than the most is the most; nothing is refused."""
    assert read_options("$top=100000").top == MAX_TOP
    assert read_options("$top=0").top == 0


@pytest.mark.parametrize(
    "query",
    [
        "$top=-1", "$top=x", "$top=1.5", "$top=", "$skip=-1", "$skip=x", "$count=1", "$count=TRUE", "$count=", "$top=1&$top=2",
        "$filter=", "$filter=a eq", "$orderby=a up", "$orderby=", "$orderby=1", "$select=", "$select=a,,b", "$expand=1x",
        "$expand=", "$expand=A($top=-1)", "$expand=A($top=1", "$expand=A)", "$expand='A",
        "$expand=A($top=1),A($top=2)",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_malformed(query: str) -> None:
    """400 with a sentence, never a default instead."""
    with pytest.raises(Malformed):
        read_options(query)


@pytest.mark.parametrize(
    "query", ["$search=x", "$format=csv", "$resultFormat=dataArray", "$apply=x", "$Top=1", "$expand=A($levels=2)"]
)
def test_unknown_dollar_options_are_not_offered(query: str) -> None:
    """501, as the standard says, also inside an expand."""
    with pytest.raises(NotOffered):
        read_options(query)


def test_orders_have_a_direction() -> None:
    """Several keys, ascending where nothing is said."""
    keys = read_options("$orderby=Datastream/id desc,phenomenonTime,result asc").order

    assert [(k.path.steps, k.descending) for k in keys] == [
        (("Datastream", "id"), True),
        (("phenomenonTime",), False),
        (("result",), False),
    ]


def test_expand_nests_in_both_ways() -> None:
    """`A/B` and `A($expand=B)` are the same but for what was written, and options go to the last name."""
    (short,) = read_options("$expand=A/B($top=2;$filter=a eq ')')").expand
    (long,) = read_options("$expand=A($expand=B($top=2;$filter=a eq ')'))").expand

    assert short == long
    (inner,) = short.options.expand
    assert (short.name, inner.name, inner.options.top) == ("A", "B", 2)
    assert inner.options.filter == parse("a eq ')'")


def test_expands_of_one_name_are_put_together() -> None:
    """`A/B,A/C` fills A once, with both."""
    (a,) = read_options("$expand=A/B,A/C($top=1)").expand

    assert sorted(e.name for e in a.options.expand) == ["B", "C"]


def test_an_endless_expand_is_refused() -> None:
    """Depth and number are capped."""
    with pytest.raises(Malformed, match="deeper"):
        read_options("$expand=" + "/".join("A" * 40))
    with pytest.raises(Malformed, match="more than"):
        read_options("$expand=" + ",".join(f"A{n}" for n in range(40)))


def test_the_next_page_keeps_every_option() -> None:
    """Only `$skip` is changed; nothing is lost, and no space is left."""
    options = read_options("$filter=name eq 'a b' and 1 lt 2&$expand=A($top=1)&$orderby=id desc&$skip=4&$count=true")

    query = next_query(options, skip="8")

    assert " " not in query
    again = read_options(query)
    assert again.skip == 8
    assert (again.filter, again.expand, again.order, again.count) == (
        options.filter,
        options.expand,
        options.order,
        options.count,
    )


@given(st.dictionaries(st.sampled_from(["$select", "$orderby", "$x"]), st.text(max_size=40)))
def test_written_queries_are_read_back(pairs: dict[str, str]) -> None:
    """Whatever an option says, it survives being a link."""
    query = written_query(list(pairs.items()))

    read = [part.partition("=") for part in query.split("&") if part]
    assert [(unquote_plus(n), unquote_plus(v)) for n, _, v in read] == list(pairs.items())


@given(st.text(alphabet="ab,;()'", max_size=30))
def test_split_loses_nothing(text: str) -> None:
    """The parts and their marks are the whole, or the text is refused."""
    try:
        parts = split(text, ",")
    except Malformed:
        return
    assert ",".join(parts) == text


@given(st.text(max_size=60), st.sampled_from(["$filter", "$expand", "$orderby", "$select", "$top", "$skip", "$count"]))
def test_any_value_is_read_or_refused(value: str, name: str) -> None:
    """Nothing but a problem of ours is ever raised."""
    try:
        read_options(f"{name}={quote(value)}")
    except (Malformed, NotOffered):
        return


def test_a_path_is_kept_as_steps() -> None:
    """`$orderby=properties/a-b` goes by its path."""
    assert read_options("$orderby=properties/a-b").order[0].path == Path(("properties", "a-b"))
