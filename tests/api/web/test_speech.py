"""How numbers, ages and times are said to people."""

from __future__ import annotations

import math
from zoneinfo import ZoneInfo

import pytest

from api.web.speech import Speech, alphabetical
from devices.quantity import load_quantities

RENNES = ZoneInfo("Europe/Paris")
FR, EN = Speech("fr", RENNES), Speech("en", RENNES)
NOON_S = 1_795_604_400
"""2026-11-25T11:00:00Z: noon in Rennes."""


@pytest.mark.parametrize(
    ("slug", "value", "fr", "en"),
    [
        ("temperature", 21.46, "21,5\u202f°C", "21.5\u202f°C"),
        ("temperature", -0.04, "0,0\u202f°C", "0.0\u202f°C"),
        ("pressure", 1013.25, "1\u202f013,2\u202fhPa", "1,013.2\u202fhPa"),
        ("wind_direction", 359.6, "N (0°)", "N (0°)"),
        ("wind_direction", 230, "SO (230°)", "SW (230°)"),
        ("pm2_5", math.nan, "–", "–"),
    ],
)
def test_values_have_units_and_the_signs_of_the_language(slug: str, value: float, fr: str, en: str) -> None:
    """Decimal comma in French, winds by their names."""
    quantity = load_quantities()[slug]

    assert (FR.value(value, quantity), EN.value(value, quantity)) == (fr, en)


def test_times_are_local(city: object) -> None:
    """Noon UTC is one o'clock in Rennes in winter; another day is named."""
    assert FR.moment(NOON_S, NOON_S) == "12:00:00"
    assert FR.moment(NOON_S, NOON_S + 86_400).startswith("25 nov")
    assert (FR.hour(NOON_S), EN.hour(NOON_S)) == ("12\u202fh", "12:00")
    assert "25" in FR.day(NOON_S)
    assert FR.weekday(NOON_S) == "mer. 25"


def test_ages_are_told_as_people_do() -> None:
    """Seconds, then minutes, then hours."""
    assert [FR.age(s) for s in (2, 90, 7200)] == ["il y a 2\xa0s", "il y a 2\xa0min", "il y a 2\xa0h"]
    assert EN.age(0.2).endswith("ago")


def test_two_series_of_one_quantity_are_told_apart() -> None:
    """By where they are measured at their place; one thing is singular."""
    quantity = load_quantities()["temperature"]

    assert FR.series(quantity, "indoor.temperature") == "Température de l’air (indoor)"
    assert FR.series(quantity, "temperature") == "Température de l’air"
    assert (FR.many("series", 1), EN.many("places", 2)) == ("1 série de mesures", "2 places")


def test_names_are_sorted_as_in_a_dictionary() -> None:
    """Accents and capitals come after letters; equal letters keep an order."""
    names = ["Villejean", "Étangs d’Apigné", "Particules PM10", "Particules fines", "gare", "Gare"]

    assert sorted(names, key=alphabetical) == [
        "Étangs d’Apigné", "Gare", "gare", "Particules fines", "Particules PM10", "Villejean",
    ]  # fmt: skip
