"""Words of a `$filter`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Malformed
from api.sensorthings.tokens import MAX_TEXT, tokens


def kinds(text: str) -> list[tuple[str, str]]:
    """Kind and text of each token but the last."""
    return [(t.kind, t.text) for t in tokens(text)][:-1]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2026-11-24T10:00:00Z", "time"),
        ("2026-11-24T10:00:00+02:00", "time"),
        ("2026-11-24T10:00:00 02:00", "time"),
        ("2026-11-24T10:00:00.250Z", "time"),
        ("2026-11-24", "time"),
        ("2026-11-24T10:00:00Z/2026-11-24T11:00:00Z", "interval"),
        ("2026-11-24/P1D", "interval"),
        ("duration'PT1H'", "duration"),
        ("'it''s'", "text"),
        ("3.5e-2", "number"),
        ("@iot.id", "name"),
        ("geo.distance", "name"),
        ("qualité-air", "name"),
        ("geography'POINT(1 2)'", "geo"),
    ],
)
def test_each_word_has_its_kind(text: str, kind: str) -> None:
    """Times, intervals, durations, texts, numbers and names are told apart, dashes and accents included."""
    assert kinds(text) == [(kind, text)]


def test_marks_stand_for_themselves() -> None:
    """Brackets, commas and slashes are their own kind."""
    assert [k for k, _ in kinds("f(a/b,c[1])")] == [
        "name",
        "(",
        "name",
        "/",
        "name",
        ",",
        "name",
        "[",
        "number",
        "]",
        ")",
    ]


@pytest.mark.parametrize("text", ["a = b", "a gt #", "'never closed", "a\x00b", "5abc"])
def test_what_cannot_begin_a_word_is_refused_where_it_stands(text: str) -> None:
    """The sentence says at which character."""
    with pytest.raises(Malformed, match="character"):
        list(tokens(text))


def test_a_long_filter_is_refused_before_it_is_read() -> None:
    """Four kilobytes are the most."""
    with pytest.raises(Malformed, match=str(MAX_TEXT)):
        list(tokens("a" * (MAX_TEXT + 1)))


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Whatever comes, there are tokens up to an end, or a Malformed; nothing else is raised."""
    try:
        found = list(tokens(text))
    except Malformed:
        return
    assert found[-1].kind == "end"
