"""Who is there: held against a real registry."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.fleet import MOST_FIELDS, Fleet, figures_of

NOW_S = 1_795_615_200.0


def fleet_of(town: Any, **heard_s: float) -> Fleet:
    """The fleet of a town, of which some devices were heard."""
    made = Fleet({name.replace("_", "-"): at_s for name, at_s in heard_s.items()})
    made.know(town.registry)
    return made


def online(fleet: Fleet, now_s: float) -> dict[str, float]:
    """Device -> is it there."""
    return {p.tags["device"]: p.fields["online"] for p in fleet.points(now_s) if p.measurement == "fleet"}


def test_every_device_has_a_point_the_silent_one_too(town: Any) -> None:
    """One was heard a moment ago, the other one never: its silence counts from its registration."""
    points = fleet_of(town, air_0=NOW_S - 2).points(NOW_S)

    assert [(p.tags["device"], p.fields) for p in points] == [
        ("air-0", {"online": 1.0, "age_s": 2.0}),
        ("air-1", {"online": 0.0, "age_s": NOW_S - 1000}),
    ]
    where = {"device": "air-0", "pilot": "rennes", "place": "1", "recipe": "air", "stage": "atelier"}
    assert points[0].tags == where | {"firmware": ""}


def test_three_periods_of_silence_are_too_many(town: Any) -> None:
    """A board that measures each second says that it is there each minute: 180 s are allowed, 181 not."""
    fleet = fleet_of(town, air_0=NOW_S)

    assert (online(fleet, NOW_S + 180)["air-0"], online(fleet, NOW_S + 181)["air-0"]) == (1.0, 0.0)


def test_the_last_will_counts_at_once_and_any_message_undoes_it(town: Any) -> None:
    """`online: false` is believed until something is heard again."""
    fleet = fleet_of(town, air_0=NOW_S)
    fleet.told("air-0", "state", {"online": False}, NOW_S)
    assert online(fleet, NOW_S)["air-0"] == 0.0

    fleet.hear(["air-0"], NOW_S + 1)
    assert online(fleet, NOW_S + 1)["air-0"] == 1.0


def test_what_the_broker_kept_makes_nobody_present(town: Any) -> None:
    """A retained `online: true` may be years old; a retained last will still says that the board is gone."""
    fleet = fleet_of(town, air_1=NOW_S)
    fleet.told("air-0", "state", {"online": True}, NOW_S, live=False)
    fleet.told("air-1", "state", {"online": False}, NOW_S, live=False)

    assert online(fleet, NOW_S) == {"air-0": 0.0, "air-1": 0.0}


def test_a_board_that_sleeps_as_it_said_is_there(town: Any) -> None:
    """Until the end of its sleep and three periods more; not when it stays away."""
    fleet = fleet_of(town)
    fleet.told("air-0", "state", {"asleep_until": NOW_S + 3600}, NOW_S)

    assert [online(fleet, NOW_S + s)["air-0"] for s in (600, 3600 + 179, 3600 + 181)] == [1.0, 1.0, 0.0]


def test_health_is_told_once_and_a_retired_device_no_more(town: Any) -> None:
    """A health message becomes one point; who is retired has none of either kind."""
    fleet = fleet_of(town)
    for device in town.devices:
        fleet.told(device, "health", {"free": 41_000, "signal": -61}, NOW_S)
    town.registry.retire("air-1", at_s=int(NOW_S))
    fleet.know(town.registry)

    told = [(p.measurement, p.tags["device"]) for p in fleet.points(NOW_S)]
    assert told == [("fleet", "air-0"), ("health", "air-0")]
    assert [p.measurement for p in fleet.points(NOW_S)] == ["fleet"]


@given(
    st.dictionaries(
        st.text(max_size=3), st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.none())
    )
)
def test_whatever_a_board_says_becomes_finite_numbers(body: dict[str, Any]) -> None:
    """No body of a message makes a field that a store could not keep."""
    assert all(math.isfinite(value) for value in figures_of(body).values())


def test_fields_are_bounded() -> None:
    """A board cannot fill the store with names."""
    assert len(figures_of({f"n{n}": n for n in range(1000)})) == MOST_FIELDS


def test_what_boards_run_is_written_down_where_it_changed(town: Any) -> None:
    """From `state`, once; strange words and strangers are left out; afterwards it is a tag of their points."""
    fleet = fleet_of(town, air_0=NOW_S)
    registry = town.registry
    fleet.told("air-0", "state", {"online": True, "firmware": "0123abcd"}, NOW_S)
    fleet.told("air-1", "state", {"online": True, "firmware": "no version\n"}, NOW_S)
    fleet.told("stranger", "state", {"online": True, "firmware": "0123abcd"}, NOW_S)

    fleet.note_versions(registry)
    revision = registry.revision()
    fleet.note_versions(registry)
    fleet.know(registry)
    fleet.told("air-0", "state", {"online": True, "firmware": "0123abcd"}, NOW_S)
    fleet.note_versions(registry)

    assert [d.firmware for d in registry.devices()][:2] == ["0123abcd", ""]
    assert registry.revision() == revision
    assert [p.tags["firmware"] for p in fleet.points(NOW_S)][:2] == ["0123abcd", ""]
