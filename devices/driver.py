"""What a recipe may ask of each driver of the firmware: its bus, what it gives in which unit, its wires and options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from devices.pinout import PINS_OF
from devices.refusal import RecipeError
from devices.table import Table, read_table

DRIVERS = Path(__file__).parent / "drivers.toml"
RESISTORS = {"pull_up": "3V3", "pull_down": "GND"}
"""Word of drivers.toml -> where its resistor leads, from the bus's pin."""


@dataclass(frozen=True, slots=True)
class Driver:
    """One driver, as drivers.toml describes it."""

    slug: str
    name_fr: str
    name_en: str
    bus: str
    keys: Mapping[str, str]
    """What it gives -> in which wire unit."""
    pins: Mapping[str, str]
    """What is printed on the module -> 3V3, 5V, GND, or a pin of the bus."""
    addresses: tuple[int, ...]
    baud: int | None
    options: Mapping[str, tuple[float, float]]
    resistors: tuple[tuple[int, str], ...]
    """Ohms, and where to: 3V3 or GND, of each resistor that the bus's pin wants."""

    def name(self, lang: str) -> str:
        """What people call the part."""
        return self.name_fr if lang == "fr" else self.name_en


@cache
def load_drivers() -> Mapping[str, Driver]:
    """All drivers by the name of their firmware module."""
    rows = read_table(DRIVERS, DRIVERS.name, RecipeError)
    return MappingProxyType({slug: read_driver(slug, rows.table(slug)) for slug in rows.written()})


def read_driver(slug: str, row: Table) -> Driver:
    """One driver."""
    fr, en = row.both("name")
    keys, pins, options = row.table("keys"), row.table("pins"), row.table("options")
    found = Driver(
        slug=slug,
        name_fr=fr,
        name_en=en,
        bus=row.among("bus", PINS_OF),
        keys=MappingProxyType({key: keys.text(key) for key in keys.written()}),
        pins=MappingProxyType({pin: pins.text(pin) for pin in pins.written()}),
        addresses=tuple(row.raw("addr")) if row.has("addr") else (),
        baud=row.whole("baud", 1200, 1000000) if row.has("baud") else None,
        options=MappingProxyType({name: tuple(options.raw(name)) for name in options.written()}),
        resistors=tuple((row.whole(key, 100, 1000000), to) for key, to in RESISTORS.items() if row.has(key)),
    )
    row.close()
    return found
