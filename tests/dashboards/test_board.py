"""Dashboards as Grafana reads them: what the SDK leaves out is there, nothing is misspelt, both languages differ in words only."""

from __future__ import annotations

import doctest
import json
from collections.abc import Mapping
from typing import Any

import pytest

import dashboards.board
from dashboards.board import Town, fleet_board, listed, quantity_board
from dashboards.panels import PLACES_OF_QUANTITY
from dashboards.sdk import JSONEncoder, dashboard
from devices.quantity import load_quantities

TOWN = Town(load_quantities(), {3: "Place du Parlement", 12: "École, rue de l’Alma : cour"}, "Europe/Paris")
NAMELESS = Town(load_quantities())
BOARDS = [(make, lang) for make in (fleet_board, quantity_board) for lang in ("fr", "en")]
EVERY = pytest.mark.parametrize(("make", "lang"), BOARDS, ids=[f"{m.__name__}-{lang}" for m, lang in BOARDS])


def read(board: dashboard.Dashboard) -> dict[str, Any]:
    """The dashboard as JSON."""
    found: dict[str, Any] = json.loads(json.dumps(board, cls=JSONEncoder))
    return found


@EVERY
def test_panels_are_numbered_and_do_not_overlap(make: Any, lang: str) -> None:
    """Each panel has its own id (without one Grafana fails) and its own place on the 24 columns."""
    panels = read(make(TOWN, lang))["panels"]
    cells = [
        (x, y)
        for p in panels
        for x in range(p["gridPos"]["x"], p["gridPos"]["x"] + p["gridPos"]["w"])
        for y in range(p["gridPos"]["y"], p["gridPos"]["y"] + p["gridPos"]["h"])
    ]

    assert [p["id"] for p in panels] == list(range(1, len(panels) + 1))
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


@EVERY
def test_variables_are_asked_for_again(make: Any, lang: str) -> None:
    """A variable that InfluxDB answers is asked when the time changes (without this Grafana leaves it empty)."""
    variables = {v["name"]: v for v in read(make(NAMELESS, lang))["templating"]["list"]}

    assert {v["refresh"] for v in variables.values() if v["type"] == "query"} == {2}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["datasource"]["query"] == "influxdb"
    assert variables["pilot"]["allValue"] == ".*"


@EVERY
def test_every_panel_says_what_it_shows(make: Any, lang: str) -> None:
    """Title, description, data source by variable, letters of questions in order, an answer for nothing."""
    for panel in read(make(TOWN, lang))["panels"]:
        assert panel["title"]
        assert panel["description"]
        assert panel["fieldConfig"]["defaults"]["noValue"]
        assert panel["datasource"] == {"type": "influxdb", "uid": "${datasource}"}
        assert [t["refId"] for t in panel["targets"]] == list("ABCDEFGH"[: len(panel["targets"])])
        assert {t["datasource"]["uid"] for t in panel["targets"]} == {"${datasource}"}
        assert {t["rawQuery"] for t in panel["targets"]} == {True}


@EVERY
def test_nothing_is_misspelt(make: Any, lang: str) -> None:
    """The SDK's model of Grafana's schema, which drops every key that it does not know, gives the same JSON back."""
    from grafana_foundation_sdk.cog import plugins

    plugins.register_default_plugins()
    ours = read(make(TOWN, lang))

    assert read(dashboard.Dashboard.from_json(ours)) == ours


@EVERY
def test_times_are_the_towns_and_nobody_edits(make: Any, lang: str) -> None:
    """The pilot's time zone, no editing in the browser (it would be lost), an id that stays the same."""
    board = read(make(TOWN, lang))

    assert board["timezone"] == "Europe/Paris"
    assert board["editable"] is False
    assert board["uid"] == f"girouette-{make.__name__.removesuffix('_board')}-{lang}"
    assert len(board["uid"]) <= 40


@pytest.mark.parametrize("make", [fleet_board, quantity_board])
def test_both_languages_ask_the_same(make: Any) -> None:
    """French and English differ in words, not in questions or places on the page."""
    fr, en = (read(make(TOWN, lang)) for lang in ("fr", "en"))

    assert fr["title"] != en["title"]
    for ours, theirs in zip(fr["panels"], en["panels"], strict=True):
        assert [t["query"] for t in ours["targets"]] == [t["query"] for t in theirs["targets"]]
        assert ours["gridPos"] == theirs["gridPos"]


def options(variable: Mapping[str, Any]) -> dict[str, str]:
    """Texts and values of a list, as Grafana reads them."""
    import re

    entries = [e.replace("\\,", ",") for e in re.findall(r"(?:\\,|[^,])+", variable["query"])]
    pairs = [re.fullmatch(r"\s*(.+)\s:\s(.+)", entry) for entry in entries]
    return {p.group(1): p.group(2) for p in pairs if p}


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_quantity_can_be_chosen_by_its_name(lang: str) -> None:
    """Names with commas and units stay whole, and lead to the quantity's slug."""
    variables = {v["name"]: v for v in read(quantity_board(TOWN, lang))["templating"]["list"]}
    wanted = {f"{q.name(lang)} ({q.unit_text})": slug for slug, q in load_quantities().items()}

    assert options(variables["quantity"]) == wanted
    assert variables["quantity"]["current"]["value"] in wanted.values()


def test_places_are_called_by_name_where_names_are_known() -> None:
    """In the list, in legends and in tables; the questions keep the numbers, which never change."""
    board = read(quantity_board(TOWN, "fr"))
    place = next(v for v in board["templating"]["list"] if v["name"] == "place")
    panels = {p["title"]: p for p in board["panels"]}
    lines = panels["${quantity:text}"]["fieldConfig"]["overrides"]
    table = panels["Les lieux, sur toute la période"]["fieldConfig"]["overrides"]

    assert options(place) == {"Place du Parlement": "3", "École, rue de l’Alma – cour": "12"}
    assert [o["matcher"]["options"] for o in lines] == ["/^3 · /", "/^12 · /"]
    assert lines[0]["properties"][0]["value"] == "Place du Parlement · ${__field.labels.channel}"
    assert table[0]["properties"][0]["value"][0]["options"]["3"]["text"] == "Place du Parlement"


def test_without_names_places_are_asked_for() -> None:
    """Those that measured the chosen quantity, by number."""
    place = next(v for v in read(quantity_board(NAMELESS, "fr"))["templating"]["list"] if v["name"] == "place")

    assert place["type"] == "query"
    assert place["query"] == PLACES_OF_QUANTITY
    assert "'$quantity'" in PLACES_OF_QUANTITY


@EVERY
def test_units_are_grafanas(make: Any, lang: str) -> None:
    """A unit that Grafana does not know would be shown as a suffix."""
    from grafana_foundation_sdk.models import units

    known = {value for name, value in vars(units).items() if isinstance(value, str) and not name.startswith("__")}
    panels = read(make(TOWN, lang))["panels"]
    used = {p["fieldConfig"]["defaults"].get("unit", "short") for p in panels}
    used |= {
        q["value"] for p in panels for o in p["fieldConfig"]["overrides"] for q in o["properties"] if q["id"] == "unit"
    }

    assert used - known == set()


def test_lists_cannot_be_broken_by_a_name() -> None:
    """Commas and colons of names do not split or cut an entry."""
    assert listed("a, b : c") == "a\\, b – c"
    assert doctest.testmod(dashboards.board).failed == 0
