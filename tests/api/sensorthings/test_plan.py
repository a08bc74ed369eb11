"""What of a filter the store can do: the plan and a naive evaluation choose the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.catalogue import Catalogue, View
from api.sensorthings.evaluate import Lens, passes
from api.sensorthings.grammar import parse
from api.sensorthings.model import observation_id
from api.sensorthings.plan import plan
from api.sensorthings.world import World, observation
from devices.quantity import load_quantities

NOON_S = 1795608000
AT = st.integers(NOON_S - 3, NOON_S + 3).map(
    lambda s: f"2026-11-25T{'12' if s >= NOON_S else '11'}:{(s - NOON_S) % 3600 // 60:02d}:{(s - NOON_S) % 60:02d}Z"
)
CONJUNCT = st.one_of(
    st.tuples(st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne"]), AT).map(lambda t: f"phenomenonTime {t[0]} {t[1]}"),
    st.tuples(st.sampled_from(["lt", "le", "gt", "ge", "eq"]), AT).map(lambda t: f"{t[1]} {t[0]} resultTime"),
    st.tuples(st.sampled_from(["lt", "ge", "ne"]), st.integers(-2, 2)).map(lambda t: f"result {t[0]} {t[1]}"),
    st.sampled_from(["Datastream/id eq 1", "not (result gt 0 or result lt -1)", "second(phenomenonTime) lt 30"]),
)  # fmt: skip


@pytest.fixture
def lens(city: Any) -> Lens:
    """The public's world at noon."""
    view = Catalogue(city.registry, load_quantities()).view()
    return Lens(World(view, lambda _: None), NOON_S)


def view_of(lens: Lens) -> View:
    """Its view."""
    return lens.world.view


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.lists(CONJUNCT, min_size=1, max_size=3))
def test_a_plan_chooses_what_the_filter_chooses(lens: Lens, conjuncts: list[str]) -> None:
    """Bounds, comparisons of the result and what is left, together, are the filter."""
    tree = parse(" and ".join(conjuncts))
    shown = list(view_of(lens).shown.values())[:2]
    wanted = plan(tree, shown, lens)

    for one in shown:
        for time_s in range(NOON_S - 5, NOON_S + 6):
            for value in (-1.5, 0.0, 1.0):
                row = observation(one, time_s, value, 1)
                chosen = (
                    one in wanted.shown
                    and wanted.start_s <= time_s < wanted.end_s
                    and bool(wanted.mask(np.array([value]))[0])
                    and all(passes(node, row, lens) for node in wanted.rest)
                )
                assert chosen == passes(tree, row, lens), (conjuncts, time_s, value)


def test_bounds_in_time_leave_nothing_to_ask(lens: Lens) -> None:
    """What the store does by itself is exact: it can be counted without being read."""
    wanted = plan(parse("phenomenonTime ge 2026-11-25T12:00:00Z and phenomenonTime lt 2026-11-25T13:00:00Z"), [], lens)

    assert (wanted.start_s, wanted.end_s, wanted.exact) == (NOON_S, NOON_S + 3600, True)
    assert plan(None, [], lens).exact
    assert not plan(parse("result gt 3"), [], lens).exact


def test_an_id_names_one_series_and_one_second(lens: Lens) -> None:
    """Nothing else is read for it."""
    shown = list(view_of(lens).shown.values())

    wanted = plan(parse(f"id eq {observation_id(shown[1].id, NOON_S)}"), shown, lens)

    assert [s.id for s in wanted.shown] == [shown[1].id]
    assert (wanted.start_s, wanted.end_s) == (NOON_S, NOON_S + 1)
