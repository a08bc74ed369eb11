"""The wires of a recipe: from what is printed on a module to what is printed on the board."""

from __future__ import annotations

import doctest
from collections.abc import Callable
from pathlib import Path

import pytest

import devices.wires
from devices.quantity import load_quantities
from devices.recipe import load_recipes, read_recipe
from devices.wires import POWER, Wire, module_name, wires_of


def test_air_is_wired_as_its_data_sheets_say() -> None:
    """On an ESP32-DevKitC the BME280 hangs on the I2C pins at 3.3 V, the PMS5003 on the second serial port at 5 V."""
    assert wires_of(load_recipes()["air"].on("esp32")) == (
        Wire(0, "VIN", "3V3", "red"),
        Wire(0, "GND", "GND", "black"),
        Wire(0, "SCL", "22", "blue"),
        Wire(0, "SDA", "21", "green"),
        Wire(1, "1 VCC", "5V", "orange"),
        Wire(1, "2 GND", "GND", "black"),
        Wire(1, "4 RXD", "17", "violet"),
        Wire(1, "5 TXD", "16", "yellow"),
    )


def test_another_board_has_other_pins_and_the_same_colours() -> None:
    """Placed on an S3 the same wires in the same colours go to that board's pins; only the vane has resistors."""
    weather = load_recipes()["weather"]
    here, there = wires_of(weather), wires_of(weather.on("s3"))

    assert [(w.terminal, w.colour) for w in here] == [(w.terminal, w.colour) for w in there]
    assert [w.pin for w in there if w.pin not in POWER] == ["5", "6", "7"]
    assert {w.terminal: w.resistors for w in here if w.resistors} == {"RJ11 1": ((10000, "3V3"), (22000, "GND"))}


def test_two_chips_of_a_kind_share_the_bus_and_are_told_apart(own_recipe: Callable[..., Path]) -> None:
    """Wires that share a pin share its colour; the chips are called by their addresses."""
    second = '[[sensors]]\ndriver = "bme280"\nbus = "i2c"\naddr = 0x77\nchannels = { temperature = "temperature" }\n\n[[parts]]'
    signal = '["cellar.temperature"]\nbase = 12\n["cellar.humidity"]\nbase = 80\n[temperature]\nbase = 9\n'
    recipe = read_recipe(own_recipe(("[[parts]]", second), signal=signal), load_quantities())
    wires = wires_of(recipe)

    assert [(w.pin, w.colour) for w in wires[:4]] == [(w.pin, w.colour) for w in wires[4:]]
    assert [module_name(s, recipe, "fr") for s in recipe.sensors] == ["BME280 (0x76)", "BME280 (0x77)"]


@pytest.mark.parametrize(("lang", "name"), [("fr", "Girouette"), ("en", "Wind vane")])
def test_a_module_is_called_as_people_call_it(lang: str, name: str) -> None:
    """The vane is a girouette in French."""
    weather = load_recipes()["weather"]

    assert module_name(weather.sensors[0], weather, lang) == name


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(devices.wires).failed == 0
