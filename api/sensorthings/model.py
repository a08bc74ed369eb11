"""The entities of SensorThings, in 2.0's shape: versions of the standard are views of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The eight kinds of entity."""

    THING = "Thing"
    LOCATION = "Location"
    HISTORICAL_LOCATION = "HistoricalLocation"
    DATASTREAM = "Datastream"
    SENSOR = "Sensor"
    OBSERVED_PROPERTY = "ObservedProperty"
    OBSERVATION = "Observation"
    FEATURE = "Feature"


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity: fields by 2.0's names (a callable is read when it is asked for), and ids of what it is related to.

    Observations are too many to be listed: an entity related to them names their series in `series`.
    """

    kind: Kind
    id: int
    fields: Mapping[str, object]
    links: Mapping[str, tuple[int, ...]]
    series: tuple[int, ...] = ()


TIME_BITS = 32
MAX_SERIES = 1 << 21


def observation_id(series: int, time_s: int) -> int:
    """The id of an Observation: `series * 2^32 + time`, below 2^53 for series < 2^21 and times before 2106.

    >>> observation_id(12, 1795615200)
    53335222752
    """
    return (series << TIME_BITS) | time_s


def observation_of(number: int) -> tuple[int, int]:
    """The series and time that an Observation's id names: the inverse of `observation_id`.

    >>> observation_of(53335222752)
    (12, 1795615200)
    """
    return number >> TIME_BITS, number & ((1 << TIME_BITS) - 1)
