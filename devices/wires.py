"""The wires of a recipe on one board: from what is printed on a module to what is printed on the board, in which colour."""

from __future__ import annotations

from dataclasses import dataclass

from devices.driver import load_drivers
from devices.recipe import Recipe
from devices.sensor import Sensor

POWER = {"3V3": "red", "5V": "orange", "GND": "black"}
"""What feeds a module -> the colour of its wire."""
SIGNALS = ("blue", "green", "violet", "yellow", "grey", "brown", "pink", "turquoise")
"""Colours of the other wires, in this order, a colour a pin of the board."""


@dataclass(frozen=True, slots=True)
class Wire:
    """One wire."""

    sensor: int
    """Which sensor of the recipe, from 0."""
    terminal: str
    """What is printed on the module."""
    pin: str
    """What is printed on the board: a GPIO's number, 3V3, 5V or GND."""
    colour: str
    resistors: tuple[tuple[int, str], ...] = ()
    """Ohms, and 3V3 or GND, of each resistor between this wire and one of these."""


def wires_of(recipe: Recipe) -> tuple[Wire, ...]:
    """All wires of a recipe on the board that it is placed on, sensor by sensor; what shares a pin shares its colour."""
    colours: dict[str, str] = dict(POWER)
    found: list[Wire] = []
    for number, sensor in enumerate(recipe.sensors):
        driver = load_drivers()[sensor.driver]
        for terminal, to in driver.pins.items():
            pin = to if to in POWER else str(sensor.bus[to])
            colour = colours.setdefault(pin, SIGNALS[(len(colours) - len(POWER)) % len(SIGNALS)])
            found.append(Wire(number, terminal, pin, colour, () if to in POWER else driver.resistors))
    return tuple(found)


def module_name(sensor: Sensor, recipe: Recipe, lang: str) -> str:
    """What people call the part; with its address where the recipe has two of the kind."""
    name = load_drivers()[sensor.driver].name(lang)
    alike = [s for s in recipe.sensors if s.driver == sensor.driver]
    if len(alike) == 1:
        return name
    return f"{name} ({sensor.bus['addr']:#x})" if "addr" in sensor.bus else f"{name} {alike.index(sensor) + 1}"


def ohms(ohm: int) -> str:
    """A resistor's value as it is written on its bag.

    >>> ohms(10000), ohms(470)
    ('10 kΩ', '470 Ω')
    """
    return f"{ohm / 1000:g} kΩ" if ohm >= 1000 else f"{ohm} Ω"
