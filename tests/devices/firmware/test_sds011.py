"""The SDS011 against its model: commands, frames, a fan that warms up and a laser that sleeps."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from on_board import run
from watching import watch

from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes


def dust(pm2_5: float, pm10: float, **more: Any) -> dict[str, Any]:
    """Particles at one moment."""
    return {"pm2_5": pm2_5, "pm10": pm10, **more}


@pytest.mark.slow
def test_it_gives_the_mean_of_its_frames_in_tenths(tmp_path: Path) -> None:
    """After its fan's 30 s; what came before, much too low, is in no mean."""
    seconds = [dust(12.3, 20.1)] * 30 + [dust(12.3, 20.1), dust(14.3, 30.1)] * 5

    read = watch(tmp_path, "particles-sds011", "sds011", seconds, period=10)

    assert [found for found, _ in read[:2]] == [{}, {}]
    assert read[3] == ({"pm2_5": pytest.approx(13.3, abs=0.25), "pm10": pytest.approx(25.1, abs=1.2)}, None)


@pytest.mark.slow
def test_its_laser_sleeps_between_readings_that_are_far_apart(tmp_path: Path) -> None:
    """Of twelve periods of five minutes it works for 45 s each after the first: 15 %, and every reading has its values."""
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883)
    config = build_image([load_recipes()["particles-sds011"]], identity).told
    code = """
import asyncio
from wiring import model_of
from world import the_world
from girouette.buses import Buses
from girouette.config import Wiring
from girouette.sensor import Sensor

raw = the_world.config["sensors"][0]
sensor = Sensor(Wiring(raw), Buses())

async def main():
    found, worked = [], []
    await sensor.read()
    for second in range(3600):
        await asyncio.sleep_ms(1000)
        sensor.tick()
        if second % 300 == 299:
            found.append(sorted(await sensor.read()))
            worked.append(model_of(raw).worked_ms // 1000)
    return [found, worked]

result = asyncio.run(main())
"""
    found, worked = run(code, tmp_path, config=config, virtual=True)

    assert found == [["pm10", "pm2_5"]] * 12
    spans = [later - earlier for earlier, later in pairwise(worked)]
    assert worked[0] > 290
    assert all(43 <= span <= 47 for span in spans)


@pytest.mark.slow
def test_a_reading_out_of_turn_finds_it_asleep_and_harms_nothing(tmp_path: Path) -> None:
    """`girouette cmd sample` between two readings gets no value, which is no fault; the next one in turn has its own."""
    code = """
import asyncio
from girouette.drivers.sds011 import Driver
from wiring import model_of
from world import the_world
from machine import UART
driver = Driver(UART(1, baudrate=9600, rxbuf=512), {})

async def main():
    await driver.start()
    read = []
    for second in range(1, 901):
        await asyncio.sleep_ms(1000)
        driver.tick()
        if second % 300 == 0 or second == 400:
            read.append([second, sorted(await driver.read())])
    return read

result = asyncio.run(main())
"""
    bus = {"kind": "uart", "id": 1, "baud": 9600, "tx": 1, "rx": 2}
    config = {"sensors": [{"driver": "sds011", "bus": bus, "channels": [{"n": "pm2_5", "key": "pm2_5"}]}]}

    read = run(code, tmp_path, config=config, virtual=True)

    assert read == [[300, ["pm10", "pm2_5"]], [400, []], [600, ["pm10", "pm2_5"]], [900, ["pm10", "pm2_5"]]]


@pytest.mark.slow
def test_spoilt_frames_and_a_silent_line_are_told(tmp_path: Path) -> None:
    """A wrong sum is `checksum`, five seconds of silence `absent`; when it is back it warms up anew and gives values."""
    fine = dust(10.0, 20.0, sampling=True, fault="none")
    seconds = [
        *[fine] * 40,
        *[fine | {"fault": "checksum"}] * 10,
        *[fine] * 50,
        *[fine | {"sampling": False}] * 20,
        *[fine] * 50,
    ]

    read = watch(tmp_path, "particles-sds011", "sds011", seconds, period=10)

    assert read[3][0] == {"pm2_5": 10.0, "pm10": 20.0}
    assert read[4] == ({}, "checksum")
    assert read[9] == ({"pm2_5": 10.0, "pm10": 20.0}, None)
    assert read[11] == ({}, "absent")
    assert read[-1] == ({"pm2_5": 10.0, "pm10": 20.0}, None)


def test_its_commands_are_those_of_the_protocol(tmp_path: Path) -> None:
    """Nineteen bytes each, as printed in the protocol's examples: report by itself, work all the time, sleep, work."""
    code = """
import asyncio
from girouette.drivers.sds011 import SLEEP, Driver

class Line:
    said = []
    def write(self, content):
        self.said.append(content)

driver = Driver(Line(), {})
asyncio.run(driver.start())
driver._order(SLEEP)
result = [list(order) for order in Line.said]
"""
    tail = [0] * 10 + [0xFF, 0xFF]

    assert run(code, tmp_path) == [
        [0xAA, 0xB4, 6, 1, 1, *tail, 6, 0xAB],
        [0xAA, 0xB4, 2, 1, 0, *tail, 1, 0xAB],
        [0xAA, 0xB4, 8, 1, 0, *tail, 7, 0xAB],
        [0xAA, 0xB4, 6, 1, 0, *tail, 5, 0xAB],
    ]
