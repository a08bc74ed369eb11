"""What a board saw of its wiring, told in sentences: each sensor of its recipes, what is wrong with it, and what to try.

The board tells codes and numbers (`devices/firmware/girouette/look.py`); what ought to be there is in the recipes.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from devices.driver import load_drivers
from devices.recipe import Recipe
from devices.sensor import Sensor
from devices.wires import module_name
from devices.words import catalogue, decimal, say

CHIPS = Path(__file__).parent / "chips.toml"
GROUND_MV, SUPPLY_MV = 100, 2200
"""Below and above these no sensor of ours leaves a pin; the converter of every board reads as far, and a vane with its cable cut gives 2270."""
DRAWN = ("absent", "stuck")
"""What a driver says of a voltage that its sensor cannot give."""
SILENT = {"uart": "uart_silent", "onewire": "onewire_silent", "echo": "echo_silent", "i2s": "i2s_silent"}
"""Kind of bus -> what is said of a sensor on it that gives no sign of life."""
GONE = ("absent", "timeout")
VOLTS = {"3V3": "3.3", "5V": "5"}
"""What a pin that feeds modules gives."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say of one sensor."""

    recipe: Recipe
    sensor: Sensor
    key: str
    """Of `words/wiring.toml`."""
    values: Mapping[str, Any]

    @property
    def fine(self) -> bool:
        """Is nothing wrong?"""
        return self.key == "fine"

    def said(self, lang: str) -> str:
        """The sentence."""
        feed = feed_of(self.sensor)
        values = {"feed": feed, "volts": decimal(VOLTS.get(feed, ""), lang), **self.values}
        if self.key == "failing":
            values["why"] = why(str(values.pop("word")), lang)
        return say(f"wiring.{self.key}", lang, module=module_name(self.sensor, self.recipe, lang), **values)


def feed_of(sensor: Sensor) -> str:
    """The pin of the board that feeds a sensor's module; empty for a contact, which nothing feeds."""
    return next((to for to in load_drivers()[sensor.driver].pins.values() if to in VOLTS), "")


def why(word: str, lang: str) -> str:
    """What a word of `health` means, and what to try."""
    key = f"wiring.word_{word}"
    return say(key, lang) if key in catalogue() else say("wiring.word_other", lang, word=word)


def diagnose(told: Mapping[str, Any], recipes: Sequence[Recipe]) -> list[Finding]:
    """A finding a sensor, in the order of the recipes; of a board that told something else, what can be said all the same."""
    expected = {s.bus["addr"] for r in recipes for s in r.sensors if s.bus["kind"] == "i2c"}
    return [Finding(r, s, *judged(s, told, expected)) for r in recipes for s in r.sensors]


def judged(sensor: Sensor, told: Mapping[str, Any], expected: set[int]) -> tuple[str, Mapping[str, Any]]:
    """Key and values of the sentence about one sensor."""
    kind, word = sensor.bus["kind"], told.get("faults", {}).get(sensor.driver)
    if kind == "i2c":
        seen = told.get("i2c", {}).get(str(sensor.bus["id"]))
        wrong = None if seen is None else on_i2c(sensor, seen, expected)
    else:
        wrong = elsewhere(sensor, told, word)
    if wrong is not None:
        return wrong
    return ("fine", {}) if word in {None, "warm-up"} else ("failing", {"word": word})


def on_i2c(sensor: Sensor, seen: Mapping[str, Any], expected: set[int]) -> tuple[str, Mapping[str, Any]] | None:
    """What the answers on its I2C bus say against a sensor; None where it answers as what it ought to be."""
    addr, found = sensor.bus["addr"], set(seen["found"])
    if addr in found:
        return as_chip(sensor, seen.get("ids", {}).get(str(addr)))
    if not found:
        return ("crossed" if seen.get("crossed") else "bus_silent"), {}
    others = found & set(load_drivers()[sensor.driver].addresses) - expected
    if others:
        return "moved", {"addr": hex(addr), "found": hex(min(others))}
    return "missing", {"addr": hex(addr), "found": ", ".join(map(hex, sorted(found)))}


def as_chip(sensor: Sensor, number: int | None) -> tuple[str, Mapping[str, Any]] | None:
    """What the number that a chip says it is tells against it."""
    row = known_chips().get(sensor.driver)
    if row is None or number is None or number in row["is"]:
        return None
    for name, numbers in row.get("others", {}).items():
        if number in numbers:
            return "other_chip", {"other": name}
    return "unknown_chip", {"addr": hex(sensor.bus["addr"]), "id": hex(number)}


def elsewhere(sensor: Sensor, told: Mapping[str, Any], word: str | None) -> tuple[str, Mapping[str, Any]] | None:
    """What speaks against a sensor that is on no I2C bus: a voltage, or a line on which nothing comes."""
    kind, mv = sensor.bus["kind"], told.get("mv", {}).get(sensor.driver)
    if word in DRAWN and kind == "adc" and mv is not None:
        if mv < GROUND_MV:
            return "ground", {"mv": mv}
        if mv > SUPPLY_MV:
            return "supply", {"mv": mv}
    if kind == "uart" and word == "checksum":
        return "uart_noise", {}
    return (SILENT[kind], {}) if word in GONE and kind in SILENT else None


@cache
def known_chips() -> Mapping[str, Mapping[str, Any]]:
    """The rows of chips.toml, by driver."""
    return tomllib.loads(CHIPS.read_text(encoding="utf-8"))
