"""What each page shows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from api.catalogue import Catalogue
from api.readings import Readings
from api.web.charts import STRETCHES
from api.web.pages import choices, place_parts, sections
from api.web.speech import Speech, alphabetical
from devices.quantity import load_quantities

NOW_S = 1_795_615_200


def test_a_section_a_pilot_with_its_places_by_name(city: Any) -> None:
    """Each with its map; a chosen quantity leaves only who measures it."""
    view = Catalogue(city.registry, load_quantities()).view()
    latest = Readings(city.store).latest(list(view.shown.values()))

    rennes, brest = sections(view, latest, lang="fr", now_s=NOW_S, base="", chosen=None)
    (windy,) = sections(view, latest, lang="fr", now_s=NOW_S, base="", chosen="wind_speed")

    assert [c.place.name for c in rennes.cards] == ["Gare", "Parc", "Quai ouest", "Toit"]
    assert [c.place.name for c in brest.cards] == ["Port"]
    assert {c.place.name for c in windy.cards} == {"Gare", "Toit"}
    assert "<svg" in str(rennes.map)
    assert sum(rows for _, _, rows in rennes.rows) == rennes.series == len(rennes.rows)
    states = {c.place.name: c.state for c in rennes.cards}
    assert states == {"Gare": "fail", "Parc": "good", "Quai ouest": "suspect", "Toit": "stale"}


def test_quantities_to_choose_from_are_those_that_are_measured(city: Any) -> None:
    """By name, with the chosen one marked."""
    view = Catalogue(city.registry, load_quantities()).view()

    offered = choices(view, Speech("fr", ZoneInfo("UTC")), "rain")

    assert [c.name for c in offered] == sorted((c.name for c in offered), key=alphabetical)
    assert [c.slug for c in offered if c.chosen] == ["rain"]
    assert "pressure" not in {c.slug for c in offered}


def test_places_stand_as_in_a_dictionary(city: Any) -> None:
    """An accent or a capital sends no place to the end, and the map writes its degrees with a comma in French."""
    view = Catalogue(city.registry, load_quantities()).view()
    renamed = {
        i: replace(s, place=replace(s.place, name="Étang" if s.place.name == "Quai ouest" else s.place.name))
        for i, s in view.shown.items()
    }

    rennes, _ = sections(replace(view, shown=renamed), {}, lang="fr", now_s=NOW_S, base="", chosen=None)

    assert [c.place.name for c in rennes.cards] == ["Étang", "Gare", "Parc", "Toit"]
    degrees = re.findall(r'class="degree"[^>]*>([^<]*°[^<]*)<', str(rennes.map))
    assert any("," in text for text in degrees)
    assert not any("." in text for text in degrees)


def test_a_part_a_series(city: Any) -> None:
    """In the order of their numbers, each with its newest reading and its chart."""
    view = Catalogue(city.registry, load_quantities()).view()
    place = city.places["Quai ouest"]
    speech = Speech("en", ZoneInfo("Europe/Paris"))

    parts = place_parts(view, place, Readings(city.store), speech=speech, stretch=STRETCHES["24h"], now_s=NOW_S)

    assert [p.told.shown.series.channel for p in parts] == ["temperature", "pm2_5", "indoor.temperature"]
    assert all(p.chart.rows for p in parts)
