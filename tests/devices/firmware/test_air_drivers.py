"""Drivers of what air holds: Sensirion's by their commands, and the ENS160 by its registers, each with its data sheet's examples."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from on_board import run
from watching import watch

RAW = """
import asyncio

class Chip:
    # Says what the data sheet's example says, and keeps what it was told.
    def __init__(self, answers):
        self.answers, self.told = [bytes(a) for a in answers], []
    def writeto(self, address, content):
        self.told.append(list(content))
    def readfrom(self, address, count):
        return self.answers.pop(0)
    def readfrom_mem(self, address, register, count):
        return self.answers.pop(0)
    def writeto_mem(self, address, register, content):
        self.told.append([register] + list(content))

chip = Chip(given)
"""


# What Sensirion's chips share


def test_check_bytes_are_those_of_the_data_sheets(tmp_path: Path) -> None:
    """0xBEEF has 0x92; the words of the SCD4x's and SPS30's examples have theirs, in the driver and in the model alike."""
    pairs = {
        0xBEEF: 0x92,
        0x01F4: 0x33,
        0x6667: 0xA2,
        0x5EB9: 0x3C,
        0x07E6: 0x48,
        0x03DB: 0x42,
        0x0300: 0xAC,
        0xF896: 0x31,
    }
    code = """
from girouette.sensirion import crc8
from models.sensirion import check_byte
result = [[f(bytes((word >> 8, word & 255))) for word in given] for f in (crc8, check_byte)]
"""
    assert run(code, tmp_path, list(pairs)) == [list(pairs.values())] * 2


def test_one_wrong_bit_is_found_wherever_it_is(tmp_path: Path) -> None:
    """Each of the 48 bits of two words with their check bytes, turned over, is a `checksum`; none of them is a value."""
    code = """
from girouette.sensirion import checked
from girouette.sensor import SensorError
whole, result = bytes(given), [list(checked(bytes(given)))]
for bit in range(48):
    spoilt = bytearray(whole)
    spoilt[bit // 8] ^= 1 << bit % 8
    try:
        result.append(list(checked(spoilt)))
    except SensorError as error:
        result.append(str(error))
"""
    whole, *spoilt = run(code, tmp_path, [0x01, 0xF4, 0x33, 0x66, 0x67, 0xA2])

    assert whole == [0x01, 0xF4, 0x66, 0x67]
    assert spoilt == ["checksum"] * 48


# SHT4x


def warm(temperature: float = 21.0, humidity: float = 45.0, **more: Any) -> dict[str, Any]:
    """The air of a room at one moment."""
    return {"indoor.temperature": temperature, "indoor.humidity": humidity, "co2": 600.0, "tvoc": 120.0, **more}


def test_sht4x_reads_what_is_there_now(tmp_path: Path) -> None:
    """Each reading is of its own moment, within half a step of 175/65535 degree and 125/65535 %; humidity ends at 0 and 100."""
    air = [warm(-20.0, 5.0), warm(0.0, 100.0), warm(21.5, 48.0), warm(60.0, 0.0)]

    for expected, (found, fault) in zip(air, watch(tmp_path, "indoor-air", "sht4x", air), strict=True):
        assert fault is None
        assert found["temperature"] == pytest.approx(expected["indoor.temperature"], abs=0.002)
        assert found["humidity"] == pytest.approx(expected["indoor.humidity"], abs=0.001)


def test_sht4x_converts_as_the_data_sheet_does(tmp_path: Path) -> None:
    """0 and 65535 are the ends of the scales, -45 and 130 degrees; -6 and 119 % are held at 0 and 100."""
    code = (
        RAW
        + """
from girouette.drivers.sht4x import Driver
driver = Driver(chip, {"addr": 0x44})
result = [asyncio.run(driver.read()), asyncio.run(driver.read()), chip.told]
"""
    )
    low, high, told = run(code, tmp_path, [[0, 0, 0x81] * 2, [0xFF, 0xFF, 0xAC] * 2])

    assert low == {"temperature": pytest.approx(-45), "humidity": 0}
    assert high == {"temperature": pytest.approx(130), "humidity": 100}
    assert told == [[0xFD], [0xFD]]


# SCD41


def test_scd41_converts_the_data_sheets_example(tmp_path: Path) -> None:
    """The words 01F4 6667 5EB9 of `read_measurement` are 500 ppm, 25 degrees and 37 %."""
    code = (
        RAW
        + """
from girouette.drivers.scd41 import Driver
driver = Driver(chip, {"addr": 0x62})
driver.hear({"pressure": 987.0})
result = [asyncio.run(driver.read()), chip.told]
"""
    )
    found, told = run(code, tmp_path, [[0x80, 0x06, 0x04], [0x01, 0xF4, 0x33, 0x66, 0x67, 0xA2, 0x5E, 0xB9, 0x3C]])

    assert found == {
        "co2": 500, "temperature": pytest.approx(25, abs=0.01), "humidity": pytest.approx(37, abs=0.01),
    }  # fmt: skip
    assert told == [[0xE0, 0x00, 0x03, 0xDB, 0x42], [0xE4, 0xB8], [0xEC, 0x05]]


@pytest.mark.slow
def test_scd41_tells_the_chip_where_it_is(tmp_path: Path) -> None:
    """1950 m is 079E with 0x09, as in the data sheet; the self-calibration is said on each start, for it may have been changed."""
    code = (
        RAW
        + """
from girouette.drivers.scd41 import Driver
asyncio.run(Driver(chip, {"addr": 0x62, "altitude_m": 1950, "self_calibration": 0}).start())
result = chip.told
"""
    )
    assert run(code, tmp_path, []) == [
        [0x3F, 0x86], [0x24, 0x27, 0x07, 0x9E, 0x09], [0x24, 0x16, 0x00, 0x00, 0x81], [0x21, 0xB1],
    ]  # fmt: skip


def test_scd41_gives_each_measurement_once(tmp_path: Path) -> None:
    """Asked each second it has a value each 5 s, `warm-up` before the first, and no fault in between."""
    read = watch(tmp_path, "indoor-air", "scd41", [warm(co2=425.0)] * 12)

    assert [fault for _, fault in read[:4]] == ["warm-up"] * 4
    assert [found.get("co2") for found, _ in read if found] == [425, 425]
    assert {fault for _, fault in read[5:]} == {None}


def test_scd41_that_is_hurried_is_refused(tmp_path: Path) -> None:
    """The 500 ms of the stop left out, the chip acknowledges nothing: the driver's own waits are what makes it start."""
    config = {
        "sensors": [
            {"driver": "scd41", "bus": {"kind": "i2c", "id": 0, "addr": 98}, "channels": [{"n": "co2", "key": "co2"}]}
        ]
    }
    code = """
import asyncio
from machine import I2C, Pin
from girouette.drivers import scd41

class Hasty:
    def __getattr__(self, name):
        return getattr(asyncio, name)
    def sleep_ms(self, ms):
        return asyncio.sleep_ms(min(ms, given))

scd41.asyncio = Hasty()
driver = scd41.Driver(I2C(0, scl=Pin(7), sda=Pin(6)), {"addr": 98})
try:
    asyncio.run(driver.start())
    result = "started"
except OSError as error:
    result = error.errno
"""
    assert run(code, tmp_path, 400, config=config, virtual=True) == 19
    assert run(code, tmp_path, 500, config=config, virtual=True) == "started"


def test_sensors_beside_it_correct_a_sensor(tmp_path: Path) -> None:
    """A reading of one sensor is heard by those after it in the recipe, as the VOC sensor hears temperature and humidity."""
    code = """
import asyncio
from girouette.sampler import Sampler

class Sensor:
    channels = ()
    def __init__(self, values):
        self.values, self.heard = values, None
    async def read(self):
        return self.values
    def hear(self, values):
        self.heard = dict(values)

class Uptime:
    def s(self):
        return 1

sensors = [Sensor({"temperature": 21.5}), Sensor({"humidity": 40.0}), Sensor({})]
asyncio.run(Sampler(sensors, 60, Uptime(), None).sample(lambda: None))
result = [sensor.heard for sensor in sensors]
"""
    assert run(code, tmp_path) == [{}, {"temperature": 21.5}, {"temperature": 21.5, "humidity": 40.0}]


# SPS30


def dust(pm1: float, pm2_5: float, pm10: float, **more: Any) -> dict[str, Any]:
    """Particles at one moment."""
    return {"pm1": pm1, "pm2_5": pm2_5, "pm10": pm10, **more}


def test_sps30_gives_the_mean_of_what_came(tmp_path: Path) -> None:
    """A value every other second, in single precision; the mean of ten seconds lies between what they were."""
    seconds = [dust(1.5, 2.5, 4.25)] * 20 + [dust(3.5, 4.5, 8.25)] * 20

    read = watch(tmp_path, "particles-sps30", "sps30", seconds, period=10, warm_up_s=0)

    assert read[1] == ({"pm1": 1.5, "pm2_5": 2.5, "pm10": 4.25}, None)
    assert read[3] == ({"pm1": 3.5, "pm2_5": 4.5, "pm10": 8.25}, None)
    assert all(fault is None for _, fault in read)


def test_sps30_warms_up_once_and_cleans_its_fan_in_peace(tmp_path: Path) -> None:
    """Nothing is told for 30 s from power-on; ten seconds without a value, while the fan cleans itself, are no fault."""
    quiet = [dust(1, 2, 3, fault="timeout")] * 10
    seconds = [dust(1, 2, 3)] * 40 + quiet + [dust(1, 2, 3, fault="none")] * 10

    read = watch(tmp_path, "particles-sps30", "sps30", seconds, period=2)

    assert [fault for _, fault in read[:14]] == ["warm-up"] * 14
    assert {fault for _, fault in read[15:]} == {None}
    assert read[-1][0] == {"pm1": 1, "pm2_5": 2, "pm10": 3}


def test_sps30_starts_with_the_data_sheets_bytes(tmp_path: Path) -> None:
    """Measuring in floats is 0010 0300 AC; a firmware before 2.2 is not asked for the status that it does not know."""
    code = (
        RAW
        + """
from girouette.drivers.sps30 import Driver
driver = Driver(chip, {"addr": 0x69, "warm_up_s": 0})
asyncio.run(driver.start())
result = [chip.told, asyncio.run(driver.read())]
"""
    )
    told, found = run(code, tmp_path, [[0x02, 0x01, 0x69]])

    assert told == [[0x01, 0x04], [0xD1, 0x00], [0x00, 0x10, 0x03, 0x00, 0xAC]]
    assert found == {}


# ENS160


def test_ens160_says_nothing_before_it_vouches_for_it(tmp_path: Path) -> None:
    """Three minutes of `warm-up`, then whole ppb; `range` where the chip calls its own output invalid."""
    seconds = [warm(tvoc=310.0)] * 183 + [warm(tvoc=310.0, fault="range")] * 2 + [warm(tvoc=95.0, fault="none")] * 2

    read = watch(tmp_path, "voc", "ens160", seconds)

    assert {fault for _, fault in read[:178]} == {"warm-up"}
    assert read[182] == ({"tvoc": 310, "eco2": 710, "aqi": 2}, None)
    assert [fault for _, fault in read[183:185]] == ["range"] * 2
    assert read[-1][0]["tvoc"] == 95


def test_ens160_is_told_the_air_that_it_stands_in(tmp_path: Path) -> None:
    """25 degrees are 4A89 of 1/64 K, 50 % are 6400 of 1/512 %, least byte first, as in the data sheet's encoding."""
    code = (
        RAW
        + """
from girouette.drivers.ens160 import Driver
driver = Driver(chip, {"addr": 0x53})
asyncio.run(driver.read())
driver.hear({"temperature": -10.0, "humidity": 100.0, "pressure": 1000.0})
result = [asyncio.run(driver.read()), chip.told]
"""
    )
    found, told = run(code, tmp_path, [[0x82, 1, 10, 0, 0x90, 1], [0x82, 3, 0x2C, 1, 0x4C, 4]])

    assert found == {"tvoc": 300, "eco2": 1100, "aqi": 3}
    assert told == [[0x13, 0x89, 0x4A, 0x00, 0x64], [0x13, 0xC9, 0x41, 0x00, 0xC8]]
