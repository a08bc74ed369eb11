"""Pilots, places, devices, installations and series: the relational catalogue, in SQLite or PostgreSQL."""

from gateway.registry.calibrations import Wanted
from gateway.registry.registry import Registry
from gateway.registry.rows import (
    STAGES,
    Calibration,
    Device,
    Installation,
    Pilot,
    Place,
    RegistryAway,
    RegistryError,
    RegistryMismatch,
    RegistryRefusal,
    RegistryUnknown,
    Series,
    Update,
)

__all__ = [
    "STAGES",
    "Calibration",
    "Device",
    "Installation",
    "Pilot",
    "Place",
    "Registry",
    "RegistryAway",
    "RegistryError",
    "RegistryMismatch",
    "RegistryRefusal",
    "RegistryUnknown",
    "Series",
    "Update",
    "Wanted",
]
