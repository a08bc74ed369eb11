"""SensorThings 1.1 as a view of the model: its sets, its names, its properties."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from api.problems import Malformed
from api.sensorthings.model import Entity, Kind

VERSION = "v1.1"
SETS: Mapping[str, Kind] = MappingProxyType(
    {
        "Things": Kind.THING,
        "Locations": Kind.LOCATION,
        "HistoricalLocations": Kind.HISTORICAL_LOCATION,
        "Datastreams": Kind.DATASTREAM,
        "Sensors": Kind.SENSOR,
        "ObservedProperties": Kind.OBSERVED_PROPERTY,
        "Observations": Kind.OBSERVATION,
        "FeaturesOfInterest": Kind.FEATURE,
    }
)
SET_OF: Mapping[Kind, str] = MappingProxyType({kind: name for name, kind in SETS.items()})


@dataclass(frozen=True, slots=True)
class Navigation:
    """Where a navigation property leads: the model's relation, the kind at its end, and whether there are many."""

    relation: str
    kind: Kind
    many: bool


def _many(kind: Kind) -> Navigation:
    return Navigation(SET_OF[kind], kind, many=True)


def _one(kind: Kind, relation: str = "") -> Navigation:
    return Navigation(relation or kind.value, kind, many=False)


NAVIGATION: Mapping[Kind, Mapping[str, Navigation]] = MappingProxyType(
    {
        Kind.THING: {
            "Datastreams": _many(Kind.DATASTREAM),
            "Locations": _many(Kind.LOCATION),
            "HistoricalLocations": _many(Kind.HISTORICAL_LOCATION),
        },
        Kind.LOCATION: {"Things": _many(Kind.THING), "HistoricalLocations": _many(Kind.HISTORICAL_LOCATION)},
        Kind.HISTORICAL_LOCATION: {"Thing": _one(Kind.THING), "Locations": _many(Kind.LOCATION)},
        Kind.DATASTREAM: {
            "Thing": _one(Kind.THING),
            "Sensor": _one(Kind.SENSOR),
            "ObservedProperty": _one(Kind.OBSERVED_PROPERTY, "ObservedProperties"),
            "Observations": _many(Kind.OBSERVATION),
        },
        Kind.SENSOR: {"Datastreams": _many(Kind.DATASTREAM)},
        Kind.OBSERVED_PROPERTY: {"Datastreams": _many(Kind.DATASTREAM)},
        Kind.OBSERVATION: {
            "Datastream": _one(Kind.DATASTREAM),
            "FeatureOfInterest": _one(Kind.FEATURE, "ProximateFeatureOfInterest"),
        },
        Kind.FEATURE: {"Observations": _many(Kind.OBSERVATION)},
    }
)

Read = Callable[[Entity], object]


def _field(name: str) -> Read:
    def read(entity: Entity) -> object:
        value = entity.fields.get(name)
        return value() if callable(value) else value

    return read


def _unit(entity: Entity) -> object:
    result_type = entity.fields["resultType"]
    uom = result_type["uom"] if isinstance(result_type, dict) else {}
    return {"name": uom["label"], "symbol": uom["label"], "definition": f"ucum:{uom['code']}"}


def _measurement(_: Entity) -> object:
    return "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"


def _fields(*names: str) -> dict[str, Read]:
    return {name: _field(name) for name in names}


_DESCRIBED = ("name", "description")
PROPERTIES: Mapping[Kind, Mapping[str, Read]] = MappingProxyType(
    {
        Kind.THING: _fields(*_DESCRIBED, "properties"),
        Kind.LOCATION: _fields(*_DESCRIBED, "encodingType", "location", "properties"),
        Kind.HISTORICAL_LOCATION: _fields("time"),
        Kind.DATASTREAM: {
            **_fields(*_DESCRIBED),
            "observationType": _measurement,
            "unitOfMeasurement": _unit,
            **_fields("observedArea", "phenomenonTime", "resultTime", "properties"),
        },
        Kind.SENSOR: _fields(*_DESCRIBED, "encodingType", "metadata", "properties"),
        Kind.OBSERVED_PROPERTY: _fields("name", "definition", "description", "properties"),
        Kind.OBSERVATION: {
            **_fields("phenomenonTime", "resultTime", "result", "resultQuality", "validTime"),
            "parameters": _field("properties"),
        },
        Kind.FEATURE: _fields(*_DESCRIBED, "encodingType", "feature", "properties"),
    }
)
ID_NAMES = ("id", "@iot.id")


def value_of(entity: Entity, name: str) -> object:
    """The value of a property by its 1.1 name. Raises Malformed where the kind has none of this name."""
    if name in ID_NAMES:
        return entity.id
    read = PROPERTIES[entity.kind].get(name)
    if read is None:
        raise Malformed(unknown(entity.kind, name))
    return read(entity)


def unknown(kind: Kind, name: str) -> str:
    """The sentence that refuses a name, with those there are."""
    known = ", ".join(["id", *PROPERTIES[kind], *NAVIGATION[kind]])
    return f"{kind.value} has no property {name!r}; it has {known}"


def knows(kind: Kind, name: str) -> bool:
    """Is this a property or a navigation of the kind?"""
    return name in ID_NAMES or name in PROPERTIES[kind] or name in NAVIGATION[kind]
