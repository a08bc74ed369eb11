"""A sensor of the board: which of its faults make it start its driver anew, and what it is told of those beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from on_board import run

from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes

LIFE = """
import asyncio, sys
from girouette import sensor as module
from girouette.sensor import Sensor, SensorError

told = []

class Driver:
    def __init__(self, bus, options):
        told.append("made")
    async def start(self):
        told.append("started")
    async def read(self):
        word = given.pop(0)
        if word == "":
            return {"value": 1}
        raise OSError(19) if word == "bus" else SensorError(word)

class Wiring:
    driver, channels, bus, options = "mine", (), {}, {}

class Buses:
    def open(self, bus):
        return None

class Module:
    pass

Module.Driver = Driver
sys.modules["girouette.drivers.mine"] = Module
sensor, faults = Sensor(Wiring(), Buses()), []
while given:
    asyncio.run(sensor.read())
    faults.append(sensor.fault)
result = [told.count("started"), faults]
"""


@pytest.mark.parametrize("word", ["warm-up", "saturated", "range"])
def test_what_is_no_fault_of_the_sensor_does_not_start_it_again(tmp_path: Path, word: str) -> None:
    """A sensor that warms up would never be warm, one that is saturated would measure no better: told, and left to work."""
    assert run(LIFE, tmp_path, ["", word, word, ""]) == [1, [None, word, word, None]]


@pytest.mark.parametrize("word", ["timeout", "checksum", "stuck", "bus"])
def test_what_is_wrong_with_a_sensor_starts_it_again(tmp_path: Path, word: str) -> None:
    """After each failed reading it is started at once, so that the next one finds it at work."""
    assert run(LIFE, tmp_path, ["", word, word, ""]) == [3, [None, word, word, None]]


def test_a_bus_that_cannot_be_had_is_its_sensors_fault_alone(tmp_path: Path) -> None:
    """The board starts without it, health says `bus`, and the sensor works as soon as its bus can be opened."""
    code = """
import asyncio
from girouette.config import Wiring
from girouette.sensor import Sensor
from girouette.buses import Buses
from world import the_world

class Reluctant(Buses):
    refuses = True
    def open(self, bus):
        if self.refuses:
            raise OSError(12)
        return super().open(bus)

buses = Reluctant()
raw = the_world.config["sensors"][0]
sensor = Sensor(Wiring(raw), buses)
found = [sensor.fault]
found.append(asyncio.run(sensor.read()))
found.append(sensor.fault)
buses.refuses = False
asyncio.run(sensor.read())
found.append(sorted(asyncio.run(sensor.read())))
found.append(sensor.fault)
result = found
"""
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883)
    config = build_image([load_recipes()["climate"]], identity).told

    found = run(code, tmp_path, config=config, virtual=True)

    assert found == ["bus", {}, "bus", ["humidity", "pressure", "temperature"], None]
