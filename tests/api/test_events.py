"""Events of a series, asked of the application."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from api.bounds import Bounds
from api.catalogue import Catalogue
from api.events import COLUMNS, events
from api.readings import Readings
from devices.quantity import load_quantities
from gateway.numerics.watch.events import EVENT, KINDS
from gateway.store.port import Batch

START_S = 1_795_594_200
"""2026-11-25T08:10:00Z."""


@pytest.fixture
def eventful(own_city: Any) -> Any:
    """A jump that neighbours saw and a sensor that is stuck still at the quay; one event in the park while it was hidden."""
    rows = np.zeros(3, EVENT)
    rows["series"] = [own_city.series("Quai ouest", "temperature")] * 2 + [own_city.series("Parc", "noise_level")]
    rows["start_s"] = [START_S, START_S + 3600, START_S]
    rows["told_s"] = rows["start_s"] + 300
    rows["end_s"] = [START_S + 1800, 0, START_S + 60]
    rows["kind"] = [KINDS.index("jump"), KINDS.index("stuck"), KINDS.index("spike")]
    rows["size"], rows["against"] = [2.5, 36, 666.125], [1.0, 5, 1]
    rows["compared"], rows["agreeing"] = [4, 0, 2], [3, 0, 0]
    own_city.store.write(Batch(events=rows))
    return own_city


def test_events_say_what_since_when_and_who_saw_it_too(eventful: Any, asker: Callable[[Any], Any]) -> None:
    """Kind, start, end or null while it lasts, a sentence in both languages, and what neighbours make of it."""
    ask = asker(eventful.app())

    jump, stuck = ask.json("/api/series/1/events.json")["events"]

    assert (jump["kind"], jump["start"], jump["end"]) == ("jump", "2026-11-25T08:10:00Z", "2026-11-25T08:40:00Z")
    assert (jump["neighbours"], jump["compared"], jump["agreeing"]) == ("news", 4, 3)
    assert "un saut de" in f"un {jump['sentence']['fr']}"
    assert "3 of the 4 places nearby saw it too" in jump["sentence"]["en"]
    assert (stuck["kind"], stuck["end"], stuck["neighbours"]) == ("stuck", None, "nobody")


@pytest.mark.slow
def test_a_table_says_the_same(eventful: Any, asker: Callable[[Any], Any]) -> None:
    """A row an event, with its licence; an empty cell while it lasts."""
    rows = list(csv.DictReader(io.StringIO(asker(eventful.app())("/api/series/1/events.csv").text, newline="")))

    assert tuple(rows[0]) == COLUMNS
    assert [(row["kind"], row["end"]) for row in rows] == [("jump", "2026-11-25T08:40:00Z"), ("stuck", "")]
    assert {row["attribution"] for row in rows} == {"Ville de Rennes"}


@pytest.mark.slow
def test_bounds_and_refusals_are_those_of_readings(eventful: Any, asker: Callable[[Any], Any]) -> None:
    """[from, to) by the beginning of an event; what is not ours is refused in the one form."""
    ask = asker(eventful.app())

    assert [e["kind"] for e in ask.json("/api/series/1/events.json?from=2026-11-25T09:00:00Z")["events"]] == ["stuck"]
    assert ask.json("/api/series/1/events.json?to=2026-11-25T08:10:00Z")["events"] == []
    refused = [
        ask(f"/api/series/{asked}") for asked in ("1/events.json?tier=h1", "1/events.csv?from=x", "999/events.json")
    ]
    assert [told.status_code for told in refused] == [400, 400, 404]
    assert {told.headers["content-type"] for told in refused} == {"application/problem+json"}


def test_an_event_of_a_hidden_time_is_hidden(eventful: Any, asker: Callable[[Any], Any]) -> None:
    """It is not told; one that goes on into a hidden time ends for the public where that begins."""
    park = eventful.series("Parc", "noise_level")
    told = asker(eventful.app())(f"/api/series/{park}/events.json")
    eventful.registry.set_stage("air-1", "retired", at_s=START_S + 7200)
    shown = Catalogue(eventful.registry, load_quantities()).view().series(1)

    assert told.json()["events"] == []
    assert "666" not in told.text
    assert [one.end_s for one in events(Readings(eventful.store), shown, Bounds())] == [START_S + 1800, START_S + 7200]
