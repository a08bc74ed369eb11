"""Each driver against the model of its chip, at the level of registers, frames, pulses and volts, with their timing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from on_board import run
from watching import watch

from devices.driver import load_drivers
from devices.pinout import load_pinouts
from devices.recipe import load_recipes

# BME280


def air(temperature: float = 20.0, humidity: float = 50.0, pressure: float = 1013.0, **more: Any) -> dict[str, Any]:
    """The air at one moment."""
    return {"temperature": temperature, "humidity": humidity, "pressure": pressure, **more}


def test_bme280_compensates_as_the_data_sheet_does(tmp_path: Path) -> None:
    """The worked example of Bosch's data sheets: raw 519888 is 25.08 degrees, raw 415148 is 100653.27 Pa, to a digit."""
    code = """
from girouette.drivers.bme280 import air_pressure, fine_temperature
fine = fine_temperature(519888, (27504, 26435, -1000))
p = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
result = [fine, (fine * 5 + 128) >> 8, air_pressure(415148, fine, p)]
"""
    fine, hundredths, pressure = run(code, tmp_path)

    assert fine == 128422
    assert hundredths == 2508
    assert pressure / 256 == pytest.approx(100653.27, abs=0.03)


def test_bme280_coefficients_that_make_no_sense_arrived_spoilt(tmp_path: Path) -> None:
    """The pressure would be divided by nothing: the word is one that has its sentence, and the next start reads them again."""
    code = """
from girouette.drivers.bme280 import air_pressure
from girouette.sensor import PASSING
try:
    air_pressure(415148, 128422, (0,) * 9)
except OSError as error:
    result = [str(error), str(error) in PASSING]
"""
    assert run(code, tmp_path) == ["checksum", False]


def test_bme280_humidity_follows_the_floating_point_formula(tmp_path: Path) -> None:
    """The whole-number humidity of 4.2.3 lies within 0.01 % of the floating-point one of 8.1, from frost to heat."""
    h = (75, 370, 0, 313, 50, 30)
    fines = [int(t * 5120) for t in (-20.0, 0.0, 25.0, 60.0)]
    cases = [(raw, fine) for raw in range(20000, 46000, 500) for fine in fines]
    code = """
from girouette.drivers.bme280 import relative_humidity
cases, h = given
result = [relative_humidity(raw, fine, h) / 1024 for raw, fine in cases]
"""

    for (raw, fine), found in zip(cases, run(code, tmp_path, [cases, h]), strict=True):
        v = fine - 76800.0
        v = (raw - (h[3] * 64.0 + h[4] / 16384.0 * v)) * (
            h[1] / 65536.0 * (1.0 + h[5] / 67108864.0 * v * (1.0 + h[2] / 67108864.0 * v))
        )
        expected = min(max(v * (1.0 - h[0] * v / 524288.0), 0.0), 100.0)
        assert found == pytest.approx(expected, abs=0.01)


def test_bme280_reads_what_is_there_now(tmp_path: Path) -> None:
    """Each reading is of its own moment: the chip's 9 ms are waited for, and no value of the one before is taken."""
    weather = [air(-15.0, 20.0, 950.0), air(0.0, 99.0, 1013.25), air(21.37, 43.2, 1031.9), air(45.0, 5.0, 890.0)]

    read = watch(tmp_path, "air", "bme280", weather)

    for expected, (found, fault) in zip(weather, read, strict=True):
        assert fault is None
        assert found["temperature"] == pytest.approx(expected["temperature"], abs=0.011)
        assert found["humidity"] == pytest.approx(expected["humidity"], abs=0.05)
        assert found["pressure"] == pytest.approx(expected["pressure"], abs=0.02)


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ({"sampling": False}, ["bus", "absent"]),
        ({"fault": "nack"}, ["bus", "absent"]),
        ({"fault": "timeout"}, ["timeout", "timeout"]),
    ],
)
def test_bme280_tells_what_is_wrong_and_recovers(tmp_path: Path, trouble: dict[str, Any], words: list[str]) -> None:
    """A chip that goes, refuses or never finishes gives no value, and its word in `health`; when it is back, it reads."""
    read = watch(tmp_path, "air", "bme280", [air(), air(**trouble), air(), air(sampling=True, fault="none")])

    assert [fault for _, fault in read[1:3]] == words
    assert [found for found, _ in read[1:3]] == [{}, {}]
    assert read[3][1] is None
    assert read[3][0]["temperature"] == pytest.approx(20.0, abs=0.011)


# PMS5003


def dust(pm2_5: int, pm10: int, **more: Any) -> dict[str, Any]:
    """Fine particles at one moment."""
    return {"pm2_5": pm2_5, "pm10": pm10, **more}


def test_pms5003_gives_the_mean_of_its_frames(tmp_path: Path) -> None:
    """A frame a second; a reading is the mean since the last one."""
    seconds = [dust(n, 2 * n) for n in (10, 10, 20, 30, 40, 50)]

    read = watch(tmp_path, "air", "pms5003", seconds, period=3, warm_up_s=0)

    assert [found for found, _ in read] == [
        {"pm2_5": pytest.approx(40 / 3), "pm10": pytest.approx(80 / 3)},
        {"pm2_5": pytest.approx(40), "pm10": pytest.approx(80)},
    ]


def test_pms5003_waits_for_its_fan(tmp_path: Path) -> None:
    """Nothing is told for the first 30 s (data manual V2.3), and that is no fault; what came then is not averaged in."""
    seconds = [dust(999, 999)] * 30 + [dust(12, 20)] * 4

    read = watch(tmp_path, "air", "pms5003", seconds, period=2)

    assert read[:14] == [({}, None)] * 14
    assert read[-1] == ({"pm2_5": 12, "pm10": 20}, None)


def test_pms5003_sleeps_when_told_and_warms_up_anew(tmp_path: Path) -> None:
    """Asleep, by the data manual's seven bytes, it says nothing; woken by the next start it has values after 30 s, and not before."""
    code = """
import asyncio, time
from girouette.drivers.pms5003 import SLEEP, WAKE, Driver
from machine import UART
from world import the_world
line = UART(1, baudrate=9600, rxbuf=512)
driver = Driver(line, {})
the_world.value = lambda channel: 12.0

async def seconds(count):
    read = []
    for _ in range(count):
        await asyncio.sleep_ms(1000)
        driver.tick()
        read.append(await driver.read())
    return read

async def main():
    await driver.start()
    first = await seconds(32)
    driver.rest()
    line.read(512)
    time.sleep_ms(600000)
    asleep = line.any()
    await driver.start()
    return [first, asleep, await seconds(32)]

result = [list(SLEEP), list(WAKE)] + asyncio.run(main())
"""
    bus = {"kind": "uart", "id": 1, "baud": 9600, "tx": 1, "rx": 2}
    config = {"sensors": [{"driver": "pms5003", "bus": bus, "channels": [{"n": "pm2_5", "key": "pm2_5"}]}]}

    sleep, wake, first, asleep, again = run(code, tmp_path, config=config, virtual=True)

    assert sleep == [0x42, 0x4D, 0xE4, 0, 0, 0x01, 0x73]
    assert wake == [0x42, 0x4D, 0xE4, 0, 1, 0x01, 0x74]
    assert asleep == 0
    assert again == first
    assert not any(again[:29])
    assert again[-1]["pm2_5"] == 12


def test_pms5003_refuses_a_frame_whose_sum_is_wrong(tmp_path: Path) -> None:
    """Spoilt frames give no value and the word `checksum`; whole ones among them are taken."""
    spoilt, whole = dust(10, 20, fault="checksum"), dust(30, 40, fault="none")

    read = watch(tmp_path, "air", "pms5003", [spoilt, spoilt, spoilt, whole, whole, whole], period=2, warm_up_s=0)

    assert read[0] == ({}, "checksum")
    assert read[1][0] == {"pm2_5": 30, "pm10": 40}
    assert read[2] == ({"pm2_5": 30, "pm10": 40}, None)


def test_pms5003_tells_of_a_silent_line(tmp_path: Path) -> None:
    """Without a frame for 5 s the sensor is absent."""
    read = watch(tmp_path, "air", "pms5003", [dust(1, 2)] * 2 + [dust(1, 2, sampling=False)] * 9, period=1, warm_up_s=0)

    assert read[1] == ({"pm2_5": 1, "pm10": 2}, None)
    assert read[3] == ({}, None)
    assert read[-1] == ({}, "absent")


def test_pms5003_finds_the_next_frame_in_any_noise(tmp_path: Path) -> None:
    """Bytes before, between and inside frames cost those frames only, and the buffer never grows beyond what a tick takes."""
    code = """
from girouette.drivers.pms5003 import Driver

class Line:
    def __init__(self):
        self.content = b""
    def any(self):
        return len(self.content)
    def read(self, count):
        found, self.content = self.content[:count], self.content[count:]
        return found
    def write(self, content):
        pass

def frame(pm2_5):
    body = b"\\x42\\x4d\\x00\\x1c" + bytes(8) + bytes((0, pm2_5, 0, 2 * pm2_5)) + bytes(14)
    return body + bytes((sum(body) >> 8, sum(body) & 255))

line = Line()
driver = Driver(line, {"warm_up_s": 0})
import asyncio
asyncio.run(driver.start())
line.content = b"\\x42" + frame(10) + b"\\x42\\x4d\\x00\\x1c\\x01" + frame(20)[:30] + frame(30) + b"BM" * 9 + frame(40)
longest = 0
while line.any():
    driver.tick()
    longest = max(longest, len(driver._buffer))
line.content = b"\\x42\\x4d\\x00\\x1c" * 200
while line.any():
    driver.tick()
    longest = max(longest, len(driver._buffer))
result = [driver._frames, driver._sums, longest]
"""
    frames, sums, longest = run(code, tmp_path)

    assert (frames, sums) == (3, [80, 160])
    assert longest <= 32 + 96


# Wind and rain


@pytest.mark.parametrize("speed", [0.0, 0.4, 6.67, 33.35])
def test_anemometer_counts_turns(tmp_path: Path, speed: float) -> None:
    """Over 30 s the mean lies within a turn a sample of the wind (0.667 m/s at 1 Hz), and a steady wind's gust is the mean."""
    read = watch(tmp_path, "weather", "anemometer", [{"wind_speed": speed}] * 30, period=10)

    for found, fault in read:
        assert fault is None
        assert found["speed"] == pytest.approx(speed, abs=0.667 * 0.21)
        assert found["gust"] == pytest.approx(speed, abs=0.667 * 0.4)


def test_anemometer_keeps_the_strongest_three_seconds(tmp_path: Path) -> None:
    """Four seconds of 20 m/s in a minute of 5 m/s are the gust, and add one to the mean."""
    winds = [{"wind_speed": 20.0 if 20 <= second < 24 else 5.0} for second in range(60)]

    [(found, _)] = watch(tmp_path, "weather", "anemometer", winds, period=60)

    assert found["gust"] == pytest.approx(20.0, abs=0.667)
    assert found["speed"] == pytest.approx(6.0, abs=0.1)


def test_a_contact_that_bounces_counts_once(tmp_path: Path) -> None:
    """Closures within the quiet time after one are the same closure, over the wrap of the counter too."""
    code = """
import time
from girouette import pulses as module

class Clock:
    now = (1 << 30) - 20
    def ticks_ms(self):
        return self.now % (1 << 30)
    def ticks_diff(self, later, earlier):
        return (later - earlier + (1 << 29)) % (1 << 30) - (1 << 29)

class Pin:
    IRQ_FALLING = 4
    def irq(self, handler, trigger):
        self.close = handler
    def value(self):
        return 0

module.time = clock = Clock()
pin = Pin()
pulses = module.Pulses(pin)
pulses.start(5)
for wait in (10, 1, 1, 10, 4, 1, 20):
    clock.now += wait
    pin.close(pin)
result = pulses.read()
"""
    count, closed = run(code, tmp_path)

    assert count == 4
    assert closed is True


@pytest.mark.parametrize("board", load_recipes()["weather"].boards)
def test_vane_tells_sixteen_directions(tmp_path: Path, board: str) -> None:
    """Each contact's voltage is nearest to its own entry of the data sheet's table, on every board that the recipe names."""
    directions = [n * 22.5 for n in range(16)]

    read = watch(
        tmp_path, f"weather on {board}", "wind_vane", [{"wind_direction": direction} for direction in directions]
    )

    for direction, (found, fault) in zip(directions, read, strict=True):
        assert fault is None
        assert math.cos(math.radians(found["direction"] - direction)) == pytest.approx(1.0, abs=1e-9)


def test_vane_averages_round_the_circle(tmp_path: Path) -> None:
    """Half the time 337.5 and half 22.5 degrees is north, not south; opposite winds give the latest one."""
    about_north = [{"wind_direction": 337.5 if n % 2 else 22.5} for n in range(10)]
    opposite = [{"wind_direction": 90.0 if n % 2 else 270.0} for n in range(10)]

    north, latest = watch(tmp_path, "weather", "wind_vane", about_north + opposite, period=10)

    assert math.cos(math.radians(north[0]["direction"])) == pytest.approx(1.0, abs=1e-9)
    assert latest[0] == {"direction": 90.0}


def test_vane_stays_where_every_converter_reads_straight() -> None:
    """Between its two resistors all directions, and a cut cable, lie above the 0.15 V and below the 2.45 V of the ESP32."""
    (up, _), (down, _) = load_drivers()["wind_vane"].resistors
    across = [1 / (1 / ohm + 1 / down) for ohm in (688, 120000)]  # the least and the greatest of the data sheet's table
    lowest, highest, cut = (3300 * ohm / (ohm + up) for ohm in (*across, down))

    assert lowest > 200
    assert highest + 100 < cut
    assert all(cut + 100 < board.adc_mv for board in load_pinouts().values())


@pytest.mark.parametrize("board", load_recipes()["weather"].boards)
def test_vane_with_its_cable_cut_is_absent(tmp_path: Path, board: str) -> None:
    """Its two resistors alone make a voltage that is no direction, on every board."""
    seconds = [{"wind_direction": 90.0}, {"wind_direction": 90.0, "sampling": False}]
    read = watch(tmp_path, f"weather on {board}", "wind_vane", seconds)

    assert read == [({"direction": pytest.approx(90.0)}, None), ({}, "absent")]


def test_rain_is_a_total_that_only_grows(tmp_path: Path) -> None:
    """A reading that is lost loses no rain: 36 mm/h for a minute are two tips, 0.5588 mm, however often it is read."""
    read = watch(tmp_path, "weather", "rain_gauge", [{"rain": 36.0}] * 60 + [{"rain": 0.0}] * 10, period=10)

    totals = [found["rain"] for found, _ in read]
    assert totals == sorted(totals)
    assert totals[-1] == pytest.approx(2 * 0.2794)
    assert totals[-1] == totals[-2]


def test_a_bucket_that_hangs_is_stuck(tmp_path: Path) -> None:
    """A contact closed for more than 30 s is a fault, not a dry day; when it opens the total goes on."""
    seconds = [{"rain": 0.0, "fault": "hangs"}] * 40 + [{"rain": 0.0, "fault": "none"}] * 10

    read = watch(tmp_path, "weather", "rain_gauge", seconds, period=10)

    assert read[0] == ({"rain": 0.0}, None)
    assert read[3] == ({}, "stuck")
    assert read[4] == ({"rain": 0.0}, None)


# Noise


def test_laeq_is_the_mean_of_energy(tmp_path: Path) -> None:
    """Half a minute of 60 dBA and half of 70 dBA are 67.4 dBA (IEC 61672-1), within the converter's steps of 0.04 dB."""
    levels = [{"noise_level": 60.0 if n < 30 else 70.0} for n in range(60)]

    [(found, fault)] = watch(tmp_path, "noise", "dba_meter", levels, period=60)

    assert fault is None
    assert found["laeq"] == pytest.approx(10 * math.log10((10**6 + 10**7) / 2), abs=0.05)


@pytest.mark.parametrize("board", load_recipes()["noise"].boards)
def test_a_level_beyond_what_the_converter_reads_is_saturated(tmp_path: Path, board: str) -> None:
    """120 dBA are told on every board; of 135 none says what its converter or the meter ends at."""
    read = watch(
        tmp_path,
        f"noise on {board}",
        "dba_meter",
        [{"noise_level": 120.0}] * 2 + [{"noise_level": 135.0}] * 2,
        period=2,
    )

    assert read == [({"laeq": pytest.approx(120.0, abs=0.05)}, None), ({}, "saturated")]


def test_a_missing_meter_is_absent(tmp_path: Path) -> None:
    """A pin at ground is no silence: 30 dBA are 0.6 V."""
    quiet, gone = {"noise_level": 30.0}, {"noise_level": 30.0, "sampling": False}

    read = watch(tmp_path, "noise", "dba_meter", [quiet, gone, {"noise_level": 30.0, "sampling": True}, quiet])

    assert read[0] == ({"laeq": pytest.approx(30.0, abs=0.05)}, None)
    assert read[1] == ({}, "absent")
    assert read[3] == ({"laeq": pytest.approx(30.0, abs=0.05)}, None)
