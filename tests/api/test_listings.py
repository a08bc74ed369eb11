"""Places, series and quantities as plain JSON."""

from __future__ import annotations

from typing import Any


def test_a_series_says_what_it_is_and_where_to_read_on(city: Any, ask: Any) -> None:
    """Unit, names in both languages, the open intervals, until when it was generated."""
    number = city.series("Quai ouest", "temperature")
    (told,) = [s for s in ask.json("/api/series")["series"] if s["id"] == number]

    assert told["name"] == {"fr": "Température de l’air", "en": "Air temperature"}
    assert (told["unit"], told["aggregate"], told["period_s"]) == ("Cel", "mean", 60)
    assert told["public"] == [["2026-11-25T08:00:00Z", None]]
    assert told["generated_until"] == "2026-11-25T09:00:00Z"
    assert told["csv"] == f"http://girouette.test/api/series/{number}.csv"


def test_an_interval_that_closed_has_an_end(city: Any, ask: Any) -> None:
    """A place that a public device has left."""
    number = city.series("Toit", "wind_speed")
    (told,) = [s for s in ask.json("/api/series")["series"] if s["id"] == number]

    assert told["public"] == [["2026-11-25T08:00:00Z", "2026-11-25T11:00:00Z"]]


def test_a_demonstration_is_called_one(ask: Any) -> None:
    """So that nobody takes simulated values for measured ones."""
    told = {p["slug"]: p["demonstration"] for p in ask.json("/api/places")["pilots"]}

    assert told == {"rennes": True, "brest": False}


def test_a_quantity_tells_its_thresholds(ask: Any) -> None:
    """What the flags rest on is public."""
    told = {q["slug"]: q for q in ask.json("/api/quantities")["quantities"]}

    assert told["temperature"]["quality"]["fail_high"] == 60
    assert told["wind_direction"]["aggregate"] == "circular"
