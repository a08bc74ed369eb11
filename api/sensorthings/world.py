"""The model filled: what an audience may see, as entities. Observations stay in the store."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from functools import partial

import numpy as np

from api.catalogue import Shown, Span, View
from api.corrected import corrections_json
from api.licences import licence_url
from api.sensorthings.model import Entity, Kind, observation_id
from api.sensorthings.moments import Instant, Interval, iso
from devices.words import say
from gateway.numerics.columns import GOOD
from gateway.registry import Device

Extent = Callable[[Shown], Span | None]
FLAG_NAMES = {1: "good", 2: "not evaluated", 3: "suspect", 4: "fail", 9: "missing"}


class World:
    """All entities of one view but the Observations, by kind and id."""

    def __init__(self, view: View, extent: Extent) -> None:
        self.view = view
        self._extent = extent
        made = [*self._places(), *self._historical(), *self._streams(), *self._devices(), *self._properties()]
        self._entities: dict[Kind, dict[int, Entity]] = {kind: {} for kind in Kind}
        for entity in sorted(made, key=lambda e: e.id):
            self._entities[entity.kind][entity.id] = entity

    def all(self, kind: Kind) -> Mapping[int, Entity]:
        """Every entity of a kind, in the order of ids."""
        return self._entities[kind]

    def related(self, entity: Entity, relation: str, kind: Kind) -> list[Entity]:
        """The entities that a relation leads to, in the order of ids."""
        found = self._entities[kind]
        return [found[i] for i in sorted(entity.links.get(relation, ())) if i in found]

    def observation(self, row: np.void) -> Entity:
        """The Observation of one stored reading."""
        shown = self.view.shown[int(row["series"])]
        return observation(shown, int(row["time_s"]), float(row["value"]), int(row["flag"]))

    def _places(self) -> Iterable[Entity]:
        for place in self.view.places.values():
            of = self.view.by_place[place.id]
            series = tuple(s.id for s in of)
            where = {"name": place.name, "description": f"{place.name}: where its sensors stand", "properties": {}}
            point = {"type": "Point", "coordinates": [place.lon, place.lat]}
            thing = {"name": place.name, "description": f"{place.name}, a place of the pilot {of[0].pilot.name}"}
            here = (place.id,)
            yield Entity(
                Kind.THING,
                place.id,
                {**thing, "properties": _place_properties(of[0])},
                {"Datastreams": series, "Locations": here, "HistoricalLocations": here},
            )
            geo = {"encodingType": "application/geo+json"}
            yield Entity(
                Kind.LOCATION,
                place.id,
                {**where, **geo, "location": point},
                {"Things": here, "HistoricalLocations": here},
            )
            yield Entity(Kind.FEATURE, place.id, {**where, **geo, "feature": point}, {}, series)

    def _historical(self) -> Iterable[Entity]:
        for place in self.view.places.values():
            links = {"Thing": (place.id,), "Locations": (place.id,)}
            since = Instant(self.view.since[place.id])
            yield Entity(Kind.HISTORICAL_LOCATION, place.id, {"time": since}, links)

    def _streams(self) -> Iterable[Entity]:
        for shown in self.view.shown.values():
            sensor = self.view.numbers.get(shown.device.id) if shown.device is not None else None
            links = {
                "Thing": (shown.place.id,),
                "Sensor": () if sensor is None else (sensor,),
                "ObservedProperties": (property_id(shown.quantity.slug),),
            }
            span = partial(self._span, shown)
            fields = {**_stream_fields(shown), "phenomenonTime": span, "resultTime": span}
            yield Entity(Kind.DATASTREAM, shown.id, fields, links, (shown.id,))

    def _span(self, shown: Shown) -> Interval | None:
        extent = self._extent(shown)
        return None if extent is None else Interval(*extent)

    def _devices(self) -> Iterable[Entity]:
        devices = {s.device.id: s.device for s in self.view.shown.values() if s.device is not None}
        for name, device in devices.items():
            streams = tuple(s.id for s in self.view.shown.values() if s.device is not None and s.device.id == name)
            yield Entity(Kind.SENSOR, self.view.numbers[name], _sensor_fields(device), {"Datastreams": streams})

    def _properties(self) -> Iterable[Entity]:
        quantities = {s.quantity.slug: s.quantity for s in self.view.shown.values()}
        for slug, quantity in quantities.items():
            streams = tuple(s.id for s in self.view.shown.values() if s.quantity.slug == slug)
            fields = {
                "name": quantity.name_en,
                "definition": quantity.definition,
                "description": f"{quantity.name_en} ({quantity.name_fr}), in {quantity.unit_text}",
                "properties": {"slug": slug, "name_fr": quantity.name_fr, "aggregate": quantity.aggregate},
            }
            yield Entity(Kind.OBSERVED_PROPERTY, property_id(slug), fields, {"Datastreams": streams})


def property_id(slug: str) -> int:
    """The id of a quantity, the same on every server: the CRC-32 of its slug without the highest bit.

    >>> property_id("temperature")
    1830603246
    """
    return zlib.crc32(slug.encode()) & 0x7FFFFFFF


def observation(shown: Shown, time_s: int, value: float, flag: int) -> Entity:
    """The Observation of one reading."""
    fields = {
        "phenomenonTime": Instant(time_s),
        "resultTime": Instant(time_s),
        "result": value if value == value else None,  # noqa: PLR0124 - NaN has no JSON
        "resultQuality": {"scheme": "QARTOD", "flag": flag, "meaning": FLAG_NAMES.get(flag, "unknown")},
        "validTime": None,
        "properties": {"generated": shown.generated(time_s), "usable": flag <= GOOD + 1},
    }
    links = {"Datastream": (shown.id,), "ProximateFeatureOfInterest": (shown.place.id,)}
    return Entity(Kind.OBSERVATION, observation_id(shown.id, time_s), fields, links)


def _place_properties(shown: Shown) -> dict[str, object]:
    pilot = shown.pilot
    return {
        "pilot": pilot.slug,
        "licence": licence_url(pilot.licence) or pilot.licence,
        "attribution": pilot.attribution,
        "timezone": pilot.timezone,
        "demonstration": pilot.demo,
        "notice": say("pages.indicative", "en"),
        "notice_fr": say("pages.indicative", "fr"),
    }


def _stream_fields(shown: Shown) -> dict[str, object]:
    quantity, place = shown.quantity, shown.place
    return {
        "name": f"{quantity.name_en}, {place.name}",
        "description": f"{quantity.name_en} ({shown.series.channel}) measured at {place.name}",
        "resultType": {
            "type": "Quantity",
            "label": quantity.name_en,
            "uom": {"code": quantity.unit_ucum, "label": quantity.unit_text},
        },
        "observedArea": {"type": "Point", "coordinates": [place.lon, place.lat]},
        "properties": {
            "series": shown.id,
            "channel": shown.series.channel,
            "quantity": quantity.slug,
            "period_s": shown.series.period_s,
            "aggregate": quantity.aggregate,
            "generated_until": iso(shown.series.generated_until_s) if shown.series.generated_until_s else None,
            "licence": licence_url(shown.pilot.licence) or shown.pilot.licence,
            "attribution": shown.pilot.attribution,
            "corrections": corrections_json(shown),
        },
    }


def _sensor_fields(device: Device) -> dict[str, object]:
    return {
        "name": device.id,
        "description": f"{device.id}, a low-cost sensor board of the recipe {device.recipe}; indicative, not regulatory",
        "encodingType": "text/plain",
        "metadata": f"Girouette recipe {device.recipe}",
        "properties": {"recipe": device.recipe, "period_s": device.period_s},
    }
