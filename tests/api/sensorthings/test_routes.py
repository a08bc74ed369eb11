"""The routes of SensorThings 1.1."""

from __future__ import annotations

from typing import Any

import pytest

from api.sensorthings.options import read_options
from api.sensorthings.resource import read_resource
from api.sensorthings.routes import CONFORMANCE, is_light


@pytest.mark.slow
def test_the_root_names_eight_sets_and_what_is_implemented(ask: Any) -> None:
    """With and without the last slash."""
    told = ask.json("/v1.1")

    assert told == ask.json("/v1.1/")
    assert len(told["value"]) == 8
    assert len(told["serverSettings"]["conformance"]) == len(CONFORMANCE)
    assert {ask(s["url"]).status_code for s in told["value"]} == {200}


def test_a_property_and_its_value(city: Any, ask: Any) -> None:
    """As JSON under its name, and raw."""
    place = city.places["Quai ouest"].id

    assert ask.json(f"/v1.1/Things({place})/name") == {"name": "Quai ouest"}
    raw = ask(f"/v1.1/Things({place})/name/$value")
    assert (raw.text, raw.headers["content-type"]) == ("Quai ouest", "text/plain; charset=utf-8")
    part = ask(f"/v1.1/Things({place})/properties/pilot/$value")
    assert part.text == "rennes"
    assert ask(f"/v1.1/Things({place})/$value").status_code == 400
    assert (
        ask(f"/v1.1/Observations({(city.series('Port', 'rain') << 32) | 1_795_593_600})/validTime").status_code == 204
    )


def test_a_map_program_draws_what_lies_in_its_window(city: Any, ask: Any) -> None:
    """QGIS asks for a kind of geometry and for its window at once, and counts first."""
    port = city.places["Port"]
    kind = "(location/type eq 'Point' or location/geometry/type eq 'Point')"

    def asked(more: str, lon: float) -> Any:
        w, s, e, n = lon - 0.01, port.lat - 0.01, lon + 0.01, port.lat + 0.01
        area = f"geography'Polygon (({w} {s}, {e} {s}, {e} {n}, {w} {n}, {w} {s}))'"
        return ask.json(f"/v1.1/Locations?{more}&$filter={kind} and (geo.intersects(location, {area}))")

    assert [row["name"] for row in asked("$top=200&$count=false", port.lon)["value"]] == ["Port"]
    assert asked("$top=0&$count=true", port.lon)["@iot.count"] == 1
    assert asked("$top=200&$count=false", port.lon + 90)["value"] == []


def test_a_count_is_a_plain_number(ask: Any) -> None:
    """Of a set, never of one entity."""
    assert ask("/v1.1/Things/$count").text == "5"
    assert ask("/v1.1/Things(1)/$count").status_code == 404


@pytest.mark.parametrize(
    ("asked", "light"),
    [
        ("Things", True),
        ("Things(1)/Datastreams", True),
        ("Datastreams(1)/Observations?$top=10", True),
        ("Observations", False),
        ("Things?$filter=id eq 1", False),
        ("Things?$orderby=name", False),
        ("Things?$count=true", False),
        ("Things?$expand=Datastreams($expand=Observations)", False),
        ("Things?$expand=Datastreams", True),
    ],
)
def test_only_what_is_surely_short_runs_in_the_loop(asked: str, light: bool) -> None:
    """Everything else goes to the reader thread."""
    path, _, query = asked.partition("?")

    assert is_light(read_resource(path), read_options(query)) is light


def test_an_answer_is_tagged_and_linked_to_its_licences(ask: Any) -> None:
    """304 for who holds it; both pilots' licences in `Link`."""
    told = ask("/v1.1/Things")

    assert ask("/v1.1/Things", headers={"if-none-match": told.headers["etag"]}).status_code == 304
    assert told.headers["link"].count('rel="license"') == 2
