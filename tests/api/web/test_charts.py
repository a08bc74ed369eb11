"""One series over a stretch: its plot, what the plot says in words, and the same as a table."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from api.catalogue import Catalogue
from api.readings import Readings
from api.web.charts import STRETCHES, Chart, chart
from api.web.speech import Speech
from devices.quantity import load_quantities

NOW_S = 1_795_615_200


def made(city: Any, place: str, channel: str, stretch: str = "24h", lang: str = "fr") -> Chart:
    """The chart of one series of the city."""
    view = Catalogue(city.registry, load_quantities()).view()
    speech = Speech(lang, ZoneInfo("Europe/Paris"))
    return chart(Readings(city.store), view.series(city.series(place, channel)), STRETCHES[stretch], speech, NOW_S)


@pytest.mark.parametrize("stretch", STRETCHES)
@pytest.mark.parametrize(
    ("place", "channel"),
    [("Quai ouest", "temperature"), ("Gare", "wind_direction"), ("Port", "rain"), ("Parc", "noise_level")],
)
def test_every_quantity_has_a_plot_a_summary_and_a_table(city: Any, stretch: str, place: str, channel: str) -> None:
    """The drawing is well-formed and says its text to who cannot see it."""
    told = made(city, place, channel, stretch)

    drawn = ET.fromstring(str(told.svg))
    assert drawn.get("role") == "img"
    assert told.summary in "".join(drawn.itertext())
    assert bool(told.rows) is (stretch != "1y"), "this town has been public for less than a day"
    assert told.caption


def test_the_table_counts_hours_then_days(city: Any) -> None:
    """Newest first; of a day by hours, of a month by days."""
    hours, days = made(city, "Quai ouest", "temperature"), made(city, "Quai ouest", "temperature", "30d")

    assert hours.rows[0].datetime[:13] == "2026-11-25T14"
    assert len(hours.rows) == 6
    assert [r.datetime for r in days.rows] == ["2026-11-25"]


def test_generated_readings_are_named(city: Any) -> None:
    """Until when, beside the plot."""
    assert any("10:00" in note for note in made(city, "Quai ouest", "temperature").notes)
    assert not any("10:00" in note for note in made(city, "Port", "rain").notes)


def test_a_sum_is_told_as_one(city: Any) -> None:
    """Rain of the stretch, not its mean; a temperature has a mean."""
    assert "au total" in made(city, "Port", "rain").summary
    assert "au total" not in made(city, "Quai ouest", "temperature").summary


def test_the_end_of_a_stretch_is_told(city: Any) -> None:
    """A ramp rises; what does not move is stable, whatever its last binary digit."""
    assert "hausse" in made(city, "Quai ouest", "temperature").summary
    assert "Stable" in made(city, "Quai ouest", "indoor.temperature").summary
