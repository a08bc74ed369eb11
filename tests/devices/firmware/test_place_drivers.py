"""Drivers of places: light, distance, a battery's current and a parked vehicle, each against the model of its chip."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from on_board import run
from watching import watch

# BH1750


@pytest.mark.parametrize("lux", [0.0, 0.3, 3.7, 150.0, 199.0, 201.0, 28067.0, 54000.0, 70000.0, 118000.0])
def test_bh1750_finds_its_range(tmp_path: Path, lux: float) -> None:
    """From starlight to the sun a reading lies within a step of the range that fits: 0.11 lx below 200, 1.9 above 54600."""
    [(found, fault)] = watch(tmp_path, "light", "bh1750", [{"illuminance": lux}])

    assert fault is None
    assert found["illuminance"] == pytest.approx(lux, abs=0.12 if lux < 200 else 0.9 if lux < 54612 else 1.9)


def test_bh1750_counts_as_the_data_sheet_does(tmp_path: Path) -> None:
    """Its example: the bytes 1000 0011 1001 0000 of a measurement in H-resolution are 28067 lx."""
    code = """
import asyncio
from girouette.drivers.bh1750 import Driver

class Chip:
    told = []
    def writeto(self, address, content):
        self.told.append(content[0])
    def readfrom(self, address, count):
        return b"\\x83\\x90"

result = [asyncio.run(Driver(Chip(), {"addr": 0x23}).read())["illuminance"], Chip.told]
"""
    lux, told = run(code, tmp_path)

    assert lux == pytest.approx(28067, abs=0.5)
    assert told == [0x01, 0x42, 0x65, 0x20]


def test_bh1750_gives_the_count_before_to_who_does_not_wait(tmp_path: Path) -> None:
    """179 ms are too few: the model of the chip gives what it counted before, and a driver that is too quick is found out."""
    config = {
        "sensors": [
            {
                "driver": "bh1750",
                "bus": {"kind": "i2c", "id": 0, "addr": 35},
                "channels": [{"n": "lux", "key": "illuminance"}],
            }
        ]
    }
    code = """
import time
from machine import I2C, Pin
bus, result = I2C(0, scl=Pin(7), sda=Pin(6)), []
for wait_ms in (179, 180):
    bus.writeto(35, b"\\x01")
    bus.writeto(35, b"\\x20")
    time.sleep_ms(wait_ms)
    result.append(bus.readfrom(35, 2) == b"\\x00\\x00")
"""
    around = {"signals": {"lux": {"base": 500.0}}}

    assert run(code, tmp_path, config=config, around=around, virtual=True) == [True, False]


# VEML7700


@pytest.mark.parametrize("lux", [0.0, 0.05, 1.3, 99.0, 101.0, 1200.0, 9000.0, 40000.0, 110000.0])
def test_veml7700_reads_the_night_and_bears_the_day(tmp_path: Path, lux: float) -> None:
    """Below 100 lx within a step of 0.0084; above, corrected, within what one count of the small gain makes."""
    [(found, fault)] = watch(tmp_path, "street-light", "veml7700", [{"street.illuminance": lux}])

    assert fault is None
    assert found["illuminance"] == pytest.approx(lux, abs=0.009 if lux < 100 else 0.6 + lux * 3e-4)


def test_veml7700_corrects_as_the_application_note_does(tmp_path: Path) -> None:
    """Its example: 1500 lx by a small gain are 1658 lx; the counts and their lux are those of its table."""
    code = """
from girouette.drivers.veml7700 import BRIGHT, DIM, corrected
result = [corrected(1500.0), BRIGHT, DIM]
"""
    lux, bright, dim = run(code, tmp_path)

    assert lux == pytest.approx(1658, abs=0.5)
    for settings, ms, a_count in (bright, dim):
        gain = {1: 2.0, 2: 0.125}[settings >> 11]
        assert a_count == pytest.approx(0.0042 * 2 * 800 / gain / ms)


def test_veml7700_gives_the_count_before_to_who_does_not_wait(tmp_path: Path) -> None:
    """The model's clock is a tenth slow, as a chip's may be: 100 ms after waking there is no new count, after 114 there is."""
    config = {
        "sensors": [
            {
                "driver": "veml7700",
                "bus": {"kind": "i2c", "id": 0, "addr": 16},
                "channels": [{"n": "lux", "key": "illuminance"}],
            }
        ]
    }
    code = """
import time
from machine import I2C, Pin
bus, result = I2C(0, scl=Pin(7), sda=Pin(6)), []
bus.writeto_mem(16, 0, b"\\x00\\x10")
for wait_ms in (100, 14):
    time.sleep_ms(wait_ms)
    result.append(bus.readfrom_mem(16, 4, 2) == b"\\x00\\x00")
"""
    around = {"signals": {"lux": {"base": 500.0}}}

    assert run(code, tmp_path, config=config, around=around, virtual=True) == [True, False]


# VL53L1X


def bin_at(metres: float, **more: Any) -> dict[str, Any]:
    """A bin whose content lies so far below its lid."""
    return {"distance": metres, "fill_level": 0.0, **more}


def test_vl53l1x_turns_a_distance_into_a_level(tmp_path: Path) -> None:
    """1.1 m is empty and 0.2 m is full, as the recipe says; beyond both it stays at 0 and 100."""
    read = watch(tmp_path, "bin-level", "vl53l1x", [bin_at(m) for m in (1.1, 0.65, 0.2, 0.1, 2.5)])

    assert [found["distance"] for found, _ in read] == pytest.approx([1.1, 0.65, 0.2, 0.1, 2.5], abs=0.0005)
    assert [found["level"] for found, _ in read] == pytest.approx([0, 50, 100, 100, 0], abs=0.06)


@pytest.mark.slow
def test_vl53l1x_gives_the_middle_of_three_shots(tmp_path: Path) -> None:
    """One shot that got lost and one on a falling bag change nothing; three that got lost are `range`."""
    code = """
import asyncio
from girouette.drivers import vl53l1x

class Chip:
    def readfrom_mem(self, address, register, count, addrsize):
        if register == 0x0089:
            return bytes((shots[0][0],))
        if register == 0x0096:
            return shots.pop(0)[1].to_bytes(2, "big")
        return b"\\x01"
    def writeto_mem(self, address, register, content, addrsize):
        pass

result = []
for shots in given:
    try:
        result.append(asyncio.run(vl53l1x.Driver(Chip(), {"addr": 0x29}).read())["distance"])
    except OSError as error:
        result.append(str(error))
"""
    given = [[[9, 700], [9, 250], [9, 705]], [[4, 8190], [9, 700], [9, 702]], [[4, 8190], [7, 100], [2, 0]]]

    assert run(code, tmp_path, given) == [0.7, 0.702, "range"]


def test_vl53l1x_is_not_ranging_without_its_settings(tmp_path: Path) -> None:
    """A model that was told to start, but not how, never has a shot ready: a driver that forgets its settings is found out."""
    config = {
        "sensors": [
            {
                "driver": "vl53l1x",
                "bus": {"kind": "i2c", "id": 0, "addr": 41},
                "channels": [{"n": "d", "key": "distance"}],
            }
        ]
    }
    code = """
import asyncio
from machine import I2C, Pin
from girouette.drivers import vl53l1x
result = []
for settings in (vl53l1x.SETTINGS[:2], vl53l1x.SETTINGS):
    vl53l1x.SETTINGS = settings
    driver = vl53l1x.Driver(I2C(0, scl=Pin(7), sda=Pin(6)), {"addr": 41})
    try:
        asyncio.run(driver.start())
        result.append(asyncio.run(driver.read())["distance"])
    except OSError as error:
        result.append(str(error))
result.append([sum(map(len, vl53l1x.SETTINGS)), max(map(len, vl53l1x.SETTINGS))])
"""
    found = run(code, tmp_path, config=config, around={"signals": {"d": {"base": 0.5}}}, virtual=True)

    assert found == ["timeout", 0.5, [0x87 - 0x2D + 1, 31]]


# INA219


def test_ina219_is_calibrated_as_the_data_sheet_does(tmp_path: Path) -> None:
    """Its example (8.5.1): 1 mA a bit over 2 mOhm is 20480; bus 5D98 is 11.98 V, current 2710 is 10 A, so 119.8 W."""
    code = """
import asyncio
from girouette.drivers import ina219

class Chip:
    words = {0x00: b"\\x39\\x9f", 0x01: b"\\x07\\xd0", 0x02: b"\\x5d\\x9a", 0x04: b"\\x27\\x10"}
    def readfrom_mem(self, address, register, count):
        return self.words[register]
    def writeto_mem(self, address, register, content):
        pass

driver = ina219.Driver(Chip(), {"addr": 0x40, "shunt_mohm": 10})
result = [ina219.calibration(1000, 2), ina219.calibration(ina219.least_ua(100), 100), asyncio.run(driver.read())]
"""
    example, module, found = run(code, tmp_path)

    assert (example, module) == (20480, 4096)
    assert found == pytest.approx({"voltage": 11.98, "current": 10.0, "power": 119.8})


@pytest.mark.parametrize(("volt", "ampere"), [(4.2, 0.0), (3.7, 0.0801), (3.3, 3.1), (4.05, -0.5), (24.0, 1.0)])
def test_ina219_measures_both_ways(tmp_path: Path, volt: float, ampere: float) -> None:
    """Out of the battery is positive, into it negative; steps are 4 mV and 0.1 mA."""
    [(found, fault)] = watch(tmp_path, "battery", "ina219", [{"voltage": volt, "current": ampere, "power": 0.0}])

    assert fault is None
    assert found["voltage"] == pytest.approx(volt, abs=0.0021)
    assert found["current"] == pytest.approx(ampere, abs=0.00011)
    assert found["power"] == pytest.approx(found["voltage"] * found["current"], abs=1e-5)


def test_ina219_that_lost_its_calibration_is_told_again(tmp_path: Path) -> None:
    """A chip without calibration says 0 A: after a dip of its supply, between two readings, the next one is right."""
    used = {"voltage": 3.7, "current": 0.25, "power": 0.0}

    read = watch(tmp_path, "battery", "ina219", [used, {**used, "sampling": False}, {**used, "sampling": True}, used])

    assert [found.get("current") for found, _ in read] == [0.25, None, 0.25, 0.25]


# LIS3MDL


def place(taken: bool, **more: Any) -> dict[str, Any]:
    """A parking place at one moment."""
    return {"occupancy": 1.0 if taken else 0.0, "magnetic_field": 0.0, **more}


def test_lis3mdl_tells_a_vehicle_from_the_earth(tmp_path: Path) -> None:
    """The empty field is learnt in 8 s; a vehicle is told after 5 s of its field, and gone after 5 s without it."""
    seconds = [place(False)] * 60 + [place(True)] * 20 + [place(False)] * 20

    read = watch(tmp_path, "parking", "lis3mdl", seconds)
    states = [found.get("occupied") for found, _ in read]

    assert [fault for _, fault in read[:7]] == ["warm-up"] * 7
    assert states[8:64] == [0] * 56
    assert states[65:84] == [1] * 19
    assert states[85:] == [0] * 15
    assert read[20][0]["field"] == pytest.approx(1e-6 * math.hypot(14.0, -12.0, 44.0), abs=2e-8)


def test_lis3mdl_keeps_what_it_learnt_when_its_plug_was_out(tmp_path: Path) -> None:
    """The place is taken while the sensor is away and comes back: the empty field is not learnt from the vehicle."""
    gone = place(True, sampling=False)
    seconds = [place(False)] * 40 + [gone] * 5 + [place(True, sampling=True)] * 10

    read = watch(tmp_path, "parking", "lis3mdl", seconds)

    assert read[42][1] == "absent"
    assert read[-1][0]["occupied"] == 1


@pytest.mark.slow
def test_lis3mdl_follows_the_empty_place_slowly(tmp_path: Path) -> None:
    """A drift of 20 uT over 20 hours leaves the place free; the same within a minute is a vehicle, and is not learnt."""
    code = """
import asyncio, struct
from girouette.drivers.lis3mdl import Driver

class Chip:
    x = 0.0
    def readfrom_mem(self, address, register, count):
        if register == 0x0F:
            return b"\\x3d"
        if register == 0x27:
            return b"\\x0f"
        return struct.pack("<hhh", int(self.x), -800, 3000)
    def writeto_mem(self, address, register, content):
        pass

def live(counts, seconds):
    step = counts / seconds
    for _ in range(seconds):
        chip.x += step
        driver.tick()
    return asyncio.run(driver.read())["occupied"]

chip = Chip()
driver = Driver(chip, {"addr": 0x1C, "threshold_ut": 8})
asyncio.run(driver.start())
result = [live(0, 20), live(1368, 72000), live(1368, 60), live(0, 20000), live(-1368, 60)]
"""
    assert run(code, tmp_path) == [0, 0, 1, 1, 0]


def test_lis3mdl_knows_the_empty_place_that_it_was_told(tmp_path: Path) -> None:
    """With the empty field as options a restart beside a vehicle is not learnt from; the state is what holds for 5 s."""
    seconds = [place(True)] * 50
    earth = {"empty_x_ut": 14.0, "empty_y_ut": -12.0, "empty_z_ut": 44.0}

    read = watch(tmp_path, "parking", "lis3mdl", seconds, **earth)

    assert [fault for _, fault in read[:4]] == ["warm-up"] * 4
    assert read[5] == ({"field": pytest.approx(4.77e-5, abs=2e-7), "occupied": 0}, None)
    assert read[-1][0]["occupied"] == 1


# Rest


@pytest.mark.parametrize(
    ("driver", "address", "told"),
    [
        ("scd41", 0x62, [0x3F, 0x86]),
        ("sps30", 0x69, [0x01, 0x04]),
        ("ens160", 0x53, [0x10, 0x00]),
        ("ina219", 0x40, [0x00, 0x3F, 0xF8]),
        ("lis3mdl", 0x1C, [0x22, 0x03]),
    ],
)
def test_what_draws_current_can_rest(tmp_path: Path, driver: str, address: int, told: list[int]) -> None:
    """Before a board on a battery sleeps, a chip that measures by itself is told to stop, by its data sheet's command."""
    code = """
name, address = given

class Chip:
    told = []
    def writeto(self, address, content):
        self.told.append([address] + list(content))
    def writeto_mem(self, address, register, content):
        self.told.append([address, register] + list(content))

__import__("girouette.drivers." + name, None, None, ("Driver",)).Driver(Chip(), {"addr": address}).rest()
result = Chip.told
"""
    assert run(code, tmp_path, [driver, address]) == [[address, *told]]
