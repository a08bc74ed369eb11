"""What looks at water and soil: a probe on one wire, an ultrasonic transducer, and a voltage, each against its model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from on_board import run
from watching import watch

from devices.recipe import load_recipes


def water(celsius: float, **more: Any) -> dict[str, Any]:
    """Water of this temperature."""
    return {"water_temperature": celsius, **more}


@pytest.mark.slow
@pytest.mark.parametrize("celsius", [-10.0, -0.0625, 0.0, 21.4375, 84.0])
def test_a_probe_tells_sixteenths_of_a_degree(tmp_path: Path, celsius: float) -> None:
    """The driver waits for the conversion, which takes 740 ms, and gives what the probe has now."""
    read = watch(tmp_path, "water-temperature", "ds18b20", [water(5.0), water(celsius)])

    assert read[1] == ({"probe": celsius}, None)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        ({"sampling": False}, "absent"),
        ({"fault": "checksum"}, "checksum"),
        ({"fault": "timeout"}, "timeout"),
        ({"fault": "brown-out"}, "skipped"),
        ({"fault": "shorted"}, "bus"),
    ],
)
def test_a_probe_tells_what_is_wrong_and_recovers(tmp_path: Path, trouble: dict[str, Any], word: str) -> None:
    """Nobody there, spoilt bytes, no end of conversion, the 85 degrees of power-on, a wire at ground whose zeros would be 0 degrees."""
    fine = water(12.0, sampling=True, fault="none")

    read = watch(tmp_path, "water-temperature", "ds18b20", [fine, fine | trouble, fine | trouble, fine, fine])

    assert read[0] == ({"probe": 12.0}, None)
    assert [found for found, _ in read[1:3]] == [{}, {}]
    assert word in {fault for _, fault in read[1:3]}
    assert read[4] == ({"probe": 12.0}, None)


def test_another_chip_on_the_wire_is_told(tmp_path: Path) -> None:
    """A DS18S20 has the family code 10h and another scratchpad: it is refused, not misread."""
    code = """
import asyncio
import onewire
import models.ds18b20 as model
from girouette.drivers.ds18b20 import Driver
from machine import Pin
model.ROM = b"\\x10" + model.ROM[1:]
try:
    asyncio.run(Driver(onewire.OneWire(Pin(20)), {}).start())
except OSError as error:
    result = str(error)
"""
    config = {
        "sensors": [
            {"driver": "ds18b20", "bus": {"kind": "onewire", "pin": 20}, "channels": [{"n": "t", "key": "probe"}]}
        ]
    }

    assert run(code, tmp_path, config=config, virtual=True) == "wrong-chip"


@pytest.mark.slow
def test_the_wire_has_the_check_value_of_the_data_sheet(tmp_path: Path) -> None:
    """A ROM code printed in Maxim's application note 27, 02 1C B8 01 00 00 00, has the check value A2."""
    code = "from onewire import crc8\nresult = [crc8(bytes(given)), crc8(bytes(given + [0xA2]))]"

    assert run(code, tmp_path, [0x02, 0x1C, 0xB8, 0x01, 0, 0, 0]) == [0xA2, 0]


# Level


def level(height_m: float, **more: Any) -> dict[str, Any]:
    """Water so high above the zero, under a transducer at 3 m."""
    return {"water_level": height_m, "distance": 3.0 - height_m, **more}


@pytest.mark.slow
def test_a_level_is_the_height_less_the_distance(tmp_path: Path) -> None:
    """The median of a period's pings within 2 mm, from the lowest water to 30 cm under the transducer."""
    heights = [0.0, 0.8, 1.5, 2.7]

    read = watch(tmp_path, "water-level", "jsn_sr04t", [level(h) for h in heights for _ in range(5)], period=5)

    for height, (found, fault) in zip(heights, read, strict=True):
        assert fault is None
        assert found["level"] == pytest.approx(height, abs=0.002)
        assert found["distance"] == pytest.approx(3.0 - height, abs=0.002)


@pytest.mark.slow
def test_a_ripple_or_a_fly_changes_nothing(tmp_path: Path) -> None:
    """Every third ping comes back from something else: the median stays."""
    seconds = [level(0.8 if n % 3 else 2.4) for n in range(30)]

    assert watch(tmp_path, "water-level", "jsn_sr04t", seconds, period=30)[0][0]["level"] == pytest.approx(
        0.8, abs=0.002
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "word"),
    [
        (level(2.9), "range"),
        ({"distance": 5.0}, "range"),
        ({"sampling": False}, "absent"),
        ({"fault": "stuck"}, "stuck"),
    ],
)
def test_a_transducer_tells_what_is_wrong_and_recovers(tmp_path: Path, trouble: dict[str, Any], word: str) -> None:
    """Water in its blind zone or out of reach, nobody there, an answer that never ends: a word, and no level."""
    fine = level(0.8, sampling=True, fault="none")

    read = watch(tmp_path, "water-level", "jsn_sr04t", [*[fine] * 5, *[fine | trouble] * 10, *[fine] * 10], period=5)

    assert read[2] == ({}, word)
    assert read[4][1] is None
    assert read[4][0]["level"] == pytest.approx(0.8, abs=0.002)


@pytest.mark.slow
def test_a_thermometer_beside_it_corrects_the_speed_of_sound(tmp_path: Path) -> None:
    """At 35 degrees sound is 3.6 % faster than at 15: the same answer is farther away by as much."""
    code = """
from girouette.drivers.jsn_sr04t import Driver
import asyncio

class Bus:
    def took_us(self):
        return 10000
    def risen(self):
        return True
    def ask(self, us):
        return True

async def measured(heard):
    driver = Driver(Bus(), {})
    driver.hear(heard)
    for _ in range(3):
        driver.tick()
    return (await driver.read())["distance"]

result = [asyncio.run(measured(heard)) for heard in ({}, {"temperature": 35.0}, {"probe": 35.0})]
"""
    without, warm, other = run(code, tmp_path)

    assert without == pytest.approx(10000e-6 * (331.3 + 0.606 * 15) / 2)
    assert warm / without == pytest.approx((331.3 + 0.606 * 35) / (331.3 + 0.606 * 15))
    assert other == without


def test_both_edges_of_an_answer_are_timed_by_the_interrupt(tmp_path: Path) -> None:
    """How long it is high, over the wrap of the counter too; -1 until it falls; no ping while it is high."""
    code = """
from girouette import echo as module

class Clock:
    now = (1 << 30) - 300
    def ticks_us(self):
        return self.now % (1 << 30)
    def ticks_diff(self, later, earlier):
        return (later - earlier + (1 << 29)) % (1 << 30) - (1 << 29)
    def sleep_us(self, us):
        self.now += us

class Pin:
    level = 0
    def irq(self, handler, trigger):
        self.handler = handler
    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
    def edge(self, level):
        self.level = level
        self.handler(self)

module.time = clock = Clock()
trigger, answer = Pin(), Pin()
echo = module.Echo(trigger, answer)
echo.start()
result = [echo.ask(20), echo.took_us(), echo.risen()]
answer.edge(1)
clock.now += 5831
result += [echo.risen(), echo.took_us(), echo.ask(20)]
answer.edge(0)
result += [echo.took_us(), trigger.level, echo.ask(20), echo.took_us()]
"""
    assert run(code, tmp_path) == [True, -1, False, True, -1, False, 5831, 0, True, -1]


# Soil


@pytest.mark.slow
@pytest.mark.parametrize(
    ("moisture", "expected"), [(0.0, 0.0), (37.0, 37.0), (100.0, 100.0), (-8.0, 0.0), (110.0, 100.0)]
)
@pytest.mark.parametrize("board", load_recipes()["soil"].boards)
def test_soil_is_told_between_air_and_water(tmp_path: Path, board: str, moisture: float, expected: float) -> None:
    """Within the converter's steps of 0.8 mV in 1.3 V; a little beyond either end is that end, on every board that the recipe names."""
    [(found, fault)] = watch(tmp_path, f"soil on {board}", "sen0193", [{"soil_moisture": moisture}] * 5, period=5)

    assert fault is None
    assert found["moisture"] == pytest.approx(expected, abs=0.15)


def test_its_two_points_are_the_probes_own(tmp_path: Path) -> None:
    """A probe that gives 2.3 V in air is at 25 % where the recipe says that its air is 2.6 V and its water 1.4 V."""
    dry = [{"soil_moisture": 0.0}] * 2

    [(found, _)] = watch(tmp_path, "soil", "sen0193", dry, period=2, dry_uv=2600000, wet_uv=1400000)

    assert found["moisture"] == pytest.approx(25.0, abs=0.15)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "word"),
    [({"sampling": False}, "absent"), ({"fault": "stuck"}, "stuck"), ({"soil_moisture": 130.0}, "range")],
)
@pytest.mark.parametrize("board", load_recipes()["soil"].boards)
def test_a_sen0193_tells_what_is_wrong_and_recovers(
    tmp_path: Path, board: str, trouble: dict[str, Any], word: str
) -> None:
    """A pin at ground is no probe, one at 3V3 a short; beyond its two points by more than 15 % they are another probe's."""
    fine = {"soil_moisture": 40.0, "sampling": True, "fault": "none"}

    read = watch(tmp_path, f"soil on {board}", "sen0193", [*[fine] * 2, *[fine | trouble] * 4, *[fine] * 4], period=2)

    assert read[2] == ({}, word)
    assert read[4] == ({"moisture": pytest.approx(40.0, abs=0.15)}, None)
