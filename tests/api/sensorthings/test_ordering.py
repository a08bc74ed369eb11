"""Sorting entities."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from api.sensorthings.grammar import Path
from api.sensorthings.model import Entity, Kind
from api.sensorthings.moments import Instant, Interval
from api.sensorthings.options import read_options
from api.sensorthings.ordering import sorted_by

VALUES = st.none() | st.integers(-3, 3) | st.floats(-3, 3) | st.booleans() | st.text(max_size=2)


def worth(entity: Entity, path: Path) -> object:
    """The field of that name."""
    return entity.fields.get(str(path.steps[0]))


def entities(values: list[tuple[object, object]]) -> list[Entity]:
    """Entities 1, 2, ... with fields a and b, shuffled."""
    made = [Entity(Kind.THING, i, {"a": a, "b": b}, {}) for i, (a, b) in enumerate(values, 1)]
    random.Random(len(made)).shuffle(made)
    return made


@given(st.lists(st.tuples(VALUES, VALUES), max_size=20))
def test_any_values_are_put_in_one_order(values: list[tuple[object, object]]) -> None:
    """Mixed kinds never fail, null comes first, and the id decides at last: the order is total and stable."""
    order = read_options("$orderby=a,b desc").order

    found = sorted_by(entities(values), order, worth)

    assert found == sorted_by(list(reversed(found)), order, worth)
    nulls = [e.fields["a"] is None for e in found]
    assert nulls == sorted(nulls, reverse=True)


def test_descending_turns_the_key_but_not_the_id() -> None:
    """Equal keys stay in the order of ids."""
    found = sorted_by(entities([(1, 0), (2, 0), (1, 0)]), read_options("$orderby=a desc").order, worth)

    assert [e.id for e in found] == [2, 1, 3]


def test_times_sort_as_times() -> None:
    """An interval goes by its start, then by its end."""
    moments = [(Interval(5, 9), 0), (Instant(4), 0), (Interval(5, 7), 0), (Instant(6), 0)]

    found = sorted_by(entities(moments), read_options("$orderby=a").order, worth)

    assert [e.id for e in found] == [2, 3, 1, 4]
