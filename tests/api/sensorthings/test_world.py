"""The model filled with what an audience may see."""

from __future__ import annotations

import math
from typing import Any

import pytest

from api.catalogue import Catalogue, View
from api.sensorthings.model import Kind
from api.sensorthings.world import World, observation, property_id
from devices.quantity import load_quantities


@pytest.fixture
def view(city: Any) -> View:
    """What the public sees of the city."""
    return Catalogue(city.registry, load_quantities()).view()


def test_every_link_leads_somewhere_and_back(view: View) -> None:
    """No entity names one that is not there."""
    world = World(view, lambda _: (0, 1))
    kinds = {
        "Datastreams": Kind.DATASTREAM, "Locations": Kind.LOCATION, "HistoricalLocations": Kind.HISTORICAL_LOCATION,
        "Things": Kind.THING, "Thing": Kind.THING, "Sensor": Kind.SENSOR, "ObservedProperties": Kind.OBSERVED_PROPERTY,
    }  # fmt: skip
    for kind in Kind:
        for entity in world.all(kind).values():
            for relation, ids in entity.links.items():
                assert len(world.related(entity, relation, kinds[relation])) == len(ids), (kind, relation)
    assert len(world.all(Kind.THING)) == len(view.places)
    assert len(world.all(Kind.DATASTREAM)) == len(view.shown)


def test_an_extent_is_read_only_when_it_is_asked_for(view: View) -> None:
    """It costs a read of the store."""
    asked: list[int] = []

    def extent(shown: Any) -> None:
        asked.append(shown.id)

    world = World(view, extent)
    assert asked == []
    stream = next(iter(world.all(Kind.DATASTREAM).values()))
    span = stream.fields["phenomenonTime"]
    assert callable(span)
    assert span() is None
    assert asked == [stream.id]


def test_an_observation_says_how_good_it_is(view: View) -> None:
    """Its QARTOD flag by name; no number is null; usable means good or not evaluated."""
    shown = next(iter(view.shown.values()))

    good, failed = observation(shown, 1000, 21.5, 1), observation(shown, 1001, math.nan, 9)

    assert good.fields["resultQuality"] == {"scheme": "QARTOD", "flag": 1, "meaning": "good"}
    assert failed.fields["result"] is None
    assert [e.fields["properties"]["usable"] for e in (good, failed)] == [True, False]  # type: ignore[index]


def test_quantities_have_the_same_id_everywhere() -> None:
    """No two of the catalogue collide."""
    ids = {property_id(slug) for slug in load_quantities()}

    assert len(ids) == len(load_quantities())
    assert all(0 < i < 1 << 31 for i in ids)
