"""Paths and options in, JSON values out."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def quay(city: Any) -> int:
    """The number of a place with three series."""
    return int(city.places["Quai ouest"].id)


def test_every_entity_has_its_id_links_and_properties(ask: Any) -> None:
    """Each set's first entity; its own address gives the same, and each of its links answers."""
    for name in ask.json("/v1.1")["value"]:
        page = ask.json(f"{name['url']}?$top=1&$count=true")
        entity = page["value"][0]
        assert page["@iot.count"] >= 1
        assert ask.json(entity["@iot.selfLink"]) == entity
        for key, link in entity.items():
            if key.endswith("@iot.navigationLink"):
                assert ask(link).status_code == 200, link


@pytest.mark.parametrize(
    "path",
    ["Things({id})/Datastreams", "Locations({id})/Things({id})", "Things({id})/Locations({id})/HistoricalLocations"],
)
def test_navigation_follows_the_links(ask: Any, quay: int, path: str) -> None:
    """Through one entity after another."""
    assert ask("/v1.1/" + path.format(id=quay)).status_code == 200


def test_expand_fills_in_by_its_own_options(ask: Any, quay: int) -> None:
    """Nested, each with its own page, order and choice of properties."""
    told = ask.json(
        f"/v1.1/Things({quay})?$select=name&$expand=Datastreams($top=2;$count=true;$select=name;"
        "$expand=Observations($top=1;$orderby=phenomenonTime desc;$select=result),ObservedProperty($select=name))"
    )

    assert set(told) == {"name", "Datastreams", "Datastreams@iot.count", "Datastreams@iot.nextLink"}
    assert told["Datastreams@iot.count"] == 3
    first = told["Datastreams"][0]
    assert first["Observations"] == [{"result": 45.5}]
    assert first["ObservedProperty"] == {"name": "Air temperature"}
    assert len(ask.json(told["Datastreams@iot.nextLink"])["value"]) == 1


def test_filter_and_order_walk_along_navigation(ask: Any) -> None:
    """Datastreams by the name of their place, and by their unit."""
    told = ask.json(
        "/v1.1/Datastreams?$filter=Thing/name eq 'Quai ouest' and unitOfMeasurement/symbol eq '°C'&$orderby=name desc"
    )

    names = [d["name"] for d in told["value"]]
    assert len(names) == 2
    assert names == sorted(names, reverse=True)


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("Nothings", 404, "there is no set"),
        ("Things(999999)", 404, "there is no Things(999999)"),
        ("Things/name", 404, "choose one by its id"),
        ("Things({id})/nmae", 404, "has no property"),
        ("Things({id})/name/x", 404, ""),
        ("Datastreams(1)/Thing(1)", 400, "takes no id"),
        ("Things?$select=nmae", 400, "has no property 'nmae'"),
        ("Things?$expand=Sensors", 400, "has no property 'Sensors'"),
        ("Things?$orderby=nmae", 400, "has no property 'nmae'"),
        ("Things?$filter=nmae eq 1", 400, "has no property 'nmae'"),
        ("Things({id})?$top=3", 400, "$top asks for several"),
        ("Things?$skiptoken=1.1", 400, "belongs to the nextLink"),
        ("Things?$expand=Datastreams($expand=Observations($top=1000)),Locations", 200, ""),
    ],
)
def test_refusals_say_what_is_wrong(ask: Any, quay: int, path: str, status: int, said: str) -> None:
    """Never 500, and always a sentence."""
    told = ask("/v1.1/" + path.format(id=quay))

    assert told.status_code == status, told.text
    assert status == 200 or said in told.json()["detail"]


def test_references_are_links_alone(ask: Any, quay: int) -> None:
    """Of a set and of one entity."""
    assert set(ask.json("/v1.1/Things/$ref")["value"][0]) == {"@iot.selfLink"}
    assert set(ask.json(f"/v1.1/Things({quay})/$ref")) == {"@iot.selfLink"}
    assert ask(f"/v1.1/Things({quay})/name/$ref").status_code == 404
