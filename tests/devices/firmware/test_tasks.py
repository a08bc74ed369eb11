"""The parts that run beside one another on a board: watchdog, sampler, sensors, commands, configuration, crash notes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from on_board import run

from devices.quantity import Quantity, load_quantities

WATCHED = """
import asyncio
import time
from girouette.watchdog import Watchdog

watchdog, fed = Watchdog(10000), []

async def work(beat, falls_silent):
    while True:
        if not falls_silent or time.passed_ms() < 20000:
            beat()
        await asyncio.sleep_ms(500)

async def main():
    spawn, watch = watchdog.spawn, watchdog.watch
    for name in given["tasks"]:
        spawn(name, work(watch(name), name in given["silent"]))
    spawn("watchdog", watchdog.run(lambda: fed.append(time.passed_ms())))
    await asyncio.sleep_ms(60000)

asyncio.run(main())
result = [fed[-1], watchdog.late()]
"""


@pytest.mark.parametrize(
    ("silent", "last_s", "late"), [([], 59, []), (["sampler"], 29, ["sampler"]), (["mqtt", "led"], 29, ["mqtt", "led"])]
)
def test_the_watchdog_is_fed_only_while_every_task_checks_in(
    tmp_path: Path, silent: list[str], last_s: int, late: list[str]
) -> None:
    """One task that has been silent for 10 s is enough: the machine's watchdog is fed no more, and bites."""
    given = {"tasks": ["mqtt", "sampler", "led"], "silent": silent}

    fed_ms, found = run(WATCHED, tmp_path, given, virtual=True)

    assert last_s * 1000 <= fed_ms <= (last_s + 1) * 1000
    assert sorted(found) == sorted(late)


def test_the_longest_step_and_its_task_are_known(tmp_path: Path) -> None:
    """A task that holds the loop is named, with for how long; waiting is no holding."""
    code = """
import asyncio
import time
from girouette.watchdog import Watchdog
watchdog = Watchdog(10000)

async def holds():
    await asyncio.sleep_ms(1)
    began = time.ticks_us()
    while time.ticks_diff(time.ticks_us(), began) < 50000:
        pass

async def waits():
    await asyncio.sleep_ms(200)

async def main():
    await asyncio.gather(watchdog.spawn("holds", holds()), watchdog.spawn("waits", waits()))

asyncio.run(main())
result = [watchdog.longest_task, watchdog.longest_us]
"""
    task, longest_us = run(code, tmp_path)

    assert task == "holds"
    assert longest_us >= 50_000


SAMPLED = """
import asyncio
import time
from girouette.clock import Uptime
from girouette.sampler import Sampler

class Sensor:
    class Channel:
        key, digits = "value", 1
    channels = [Channel()]
    ticks = reads = 0
    def tick(self):
        self.ticks += 1
    def hear(self, values):
        pass
    async def read(self):
        self.reads += 1
        await asyncio.sleep_ms(given["reading_ms"])
        return {"value": self.ticks / 4} if given["alive"] else {}

sensor, kept = Sensor(), []
sampler = Sampler([sensor], given["period_s"], Uptime(), lambda up_s, text: kept.append([up_s, text]))

async def hold():
    await asyncio.sleep_ms(given["hold_at_ms"])
    time.sleep_ms(given["hold_ms"])

async def main():
    asyncio.create_task(sampler.run(lambda: None))
    asyncio.create_task(hold())
    await asyncio.sleep_ms(given["for_ms"])
    if given["ask"]:
        sampler.asked = True
        await asyncio.sleep_ms(1500)

asyncio.run(main())
result = [kept, sensor.ticks, sampler.empty]
"""


def sampled(tmp_path: Path, **given: Any) -> tuple[list[list[Any]], int, int]:
    """Samples (uptime, text), ticks and empty moments of a board in virtual time."""
    plain = {
        "period_s": 5, "alive": True, "reading_ms": 20, "hold_at_ms": 0, "hold_ms": 0, "for_ms": 21500, "ask": False,
    }  # fmt: skip
    kept, ticks, empty = run(SAMPLED, tmp_path, {**plain, **given}, virtual=True)
    return kept, ticks, empty


def test_the_first_sample_comes_in_the_first_second(tmp_path: Path) -> None:
    """A board does not wait for a whole period: it samples after one second, then each period."""
    kept, ticks, _ = sampled(tmp_path)

    assert [up_s for up_s, _ in kept] == [1, 6, 11, 16, 21]
    assert ticks == 21
    assert kept[1][1] == "1.5"


def test_ticks_that_were_missed_are_left_out(tmp_path: Path) -> None:
    """A loop held for 12 s costs the samples of that time but one, and no two are made up for it."""
    kept, _, _ = sampled(tmp_path, hold_at_ms=7500, hold_ms=12_000, for_ms=31_500)

    assert [up_s for up_s, _ in kept] == [1, 6, 19, 21, 26, 31]


def test_a_sample_that_was_asked_for_is_one_more(tmp_path: Path) -> None:
    """`cmd` sample adds a sample at the next second, and the period goes on."""
    kept, _, _ = sampled(tmp_path, for_ms=12_500, ask=True)

    assert [up_s for up_s, _ in kept] == [1, 6, 11, 13]


def test_a_moment_without_any_value_is_no_sample(tmp_path: Path) -> None:
    """Where every sensor fails nothing is numbered; the moment is counted."""
    assert sampled(tmp_path, alive=False) == ([], 21, 5)


TEXTS = [
    (21.5, 2, "21.5"), (21.0, 2, "21"), (-0.001, 2, "0"), (0.0, 0, "0"), (100.0, 0, "100"), (1013.254, 1, "1013.3"),
    (-4.26, 1, "-4.3"), (None, 1, ""), (1e39, 1, ""), (-1e39, 1, ""), (57, 1, "57"),
]  # fmt: skip


def test_a_value_is_told_once_rounded(tmp_path: Path) -> None:
    """Rounded to the quantity's decimals, without idle zeros; what is no finite number in single precision is no value."""
    code = "from girouette.sample import text_of\nresult = [text_of(value, digits) for value, digits in given]"

    told = run(code, tmp_path, [[value, digits] for value, digits, _ in TEXTS])

    assert told == [text for _, _, text in TEXTS]


SINGLE = """
import struct
from girouette.sample import text_of

def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]

class Single:
    # a number of a board: each of its operations is rounded to single precision
    def __init__(self, value):
        self.value = single(float(value))
    def __mul__(self, other):
        return Single(self.value * of(other))
    __rmul__ = __mul__
    def __truediv__(self, other):
        return Single(self.value / of(other))
    def __rtruediv__(self, other):
        return Single(of(other) / self.value)
    def __lt__(self, other):
        return self.value < of(other)
    def __gt__(self, other):
        return self.value > of(other)

def of(other):
    return other.value if isinstance(other, Single) else single(float(other))
"""
TOLD = (
    SINGLE
    + """
result = [text_of(float("nan"), 1), text_of(float("inf"), 1)]
for digits, values in given:
    told = ((n, text_of(value, digits), text_of(single(value), digits)) for n, value in enumerate(values))
    result.append([found for found in told if found[1] != found[2]])
"""
)
STEPS_MOST = 200
"""So many values of a quantity are tried, spread over all that is admitted."""
COARSE = {"illuminance", "power", "rain", "water_level", "passages", "energy"}
"""Quantities that admit more than single precision tells to their last decimal: a board rounds their greatest values itself."""


def ulp(value: float) -> float:
    """How far the numbers in single precision lie apart here."""
    return float(2.0 ** (math.frexp(value)[1] - 24))


def coarse(value: float, quantity: Quantity) -> bool:
    """Is single precision too coarse here for three tenths of a step to stay below its half?"""
    return ulp(value) / 2 >= 0.2 * 10.0**-quantity.digits_wire


def spread(quantity: Quantity) -> list[float]:
    """Values over all that a quantity admits, three tenths of a step above one that is told: no tie between two."""
    step = 10.0**-quantity.digits_wire
    first, last = math.ceil(quantity.low / step), math.floor(quantity.high / step) - 1
    each = max(1, (last - first) // STEPS_MOST)
    return [(n + 0.3) * step for n in range(first, last + 1, each)]


def test_single_and_double_precision_tell_the_same(tmp_path: Path) -> None:
    """A board computes in single precision, this interpreter in double: of all that each quantity admits they tell the same, rounded as it is sent.

    Where single precision is coarser than the last decimal they differ by no more than it is; which quantities reach so far is known.
    """
    quantities = load_quantities()
    values = {name: spread(quantity) for name, quantity in quantities.items()}
    asked = [[quantities[name].digits_wire, values[name]] for name in quantities]

    nan, infinite, *differ = run(TOLD, tmp_path, asked, heap="4096wK")

    assert (nan, infinite) == ("", "")
    for (name, quantity), found in zip(quantities.items(), differ, strict=True):
        for n, double, board in found:
            assert coarse(values[name][n], quantity), name
            assert abs(float(board) - float(double)) <= 10.0**-quantity.digits_wire + ulp(values[name][n]) / 2, name
    assert {name for name, q in quantities.items() if any(coarse(value, q) for value in values[name])} == COARSE


SUMS = (
    SINGLE
    + """
import asyncio
from girouette.drivers import bme280, pulse_meter, rain_gauge

class Bus:
    count = at_ms = 0
    def read(self):
        return self.count, False
    def last_ms(self):
        return self.at_ms

def value(number):
    return number.value if isinstance(number, Single) else number

async def counted(driver, bus, key, digits):
    told = []
    for bus.count in given["counts"]:
        told.append(text_of(value((await driver.read())[key]), digits))
    return told

async def powers():
    pulse_meter.MS_A_KWH = Single(pulse_meter.MS_A_KWH)
    told = []
    for count, took_ms in given["pulses"]:
        bus = Bus()
        driver = pulse_meter.Driver(bus, {"pulses_a_kwh": Single(1000)})
        bus.count = 1
        driver.tick()
        bus.count, bus.at_ms = 1 + count, took_ms
        told.append(text_of(value((await driver.read())["power"]), 3))
    return told

class Chip:
    # answers as if it had measured at once
    def writeto_mem(self, *_):
        pass
    def readfrom_mem(self, _, register, count):
        return bytes(count)

async def pressures():
    driver, told = bme280.Driver(Chip(), {"addr": 0x76}), []
    bme280.fine_temperature = lambda *_: 0
    bme280.relative_humidity = lambda *_: 0
    for found in given["pressures"]:
        bme280.air_pressure = lambda *_: Single(found)
        told.append(text_of(value((await driver.read())["pressure"]), 2))
    return told

async def main():
    rain, energy = Bus(), Bus()
    gauge = rain_gauge.Driver(rain, {"mm_a_tip": Single(rain_gauge.MM_A_TIP)})
    meter = pulse_meter.Driver(energy, {"pulses_a_kwh": Single(1000)})
    return [await counted(gauge, rain, "rain", 2), await counted(meter, energy, "energy", 3), await powers(), await pressures()]

result = asyncio.run(main())
"""
)
COUNTS = [*range(60), *range(99_980, 100_020), *range(2**24 - 20, 2**24 + 20)]
"""Of a day, of years, and about where single precision no longer knows each whole number."""
PULSES = [(1, 36), (1, 3_599), (1, 360_000), (3, 5_000), (250, 60_000), (9_999, 60_000)]
PRESSURES = [*range(300 * 25_600, 1100 * 25_600, 99_973)]


@pytest.mark.slow
def test_sums_of_drivers_stay_right_in_single_precision(tmp_path: Path) -> None:
    """Rain, energy, power and pressure as a board computes them: within half a step and two roundings of what is so, and a total never falls.

    An error does not add up, for pulses are counted in whole numbers; a total that fell would be taken for a restart.
    """
    given = {"counts": COUNTS, "pulses": PULSES, "pressures": PRESSURES}

    rain, energy, power, pressure = run(SUMS, tmp_path, given, heap="4096wK")

    for told, exact, step in (
        (rain, [n * 0.2794 for n in COUNTS], 0.01),
        (energy, [n / 1000 for n in COUNTS], 0.001),
        (power, [n * 3.6e6 / took_ms for n, took_ms in PULSES], 0.001),
        (pressure, [n / 25_600 for n in PRESSURES], 0.01),
    ):
        for text, value in zip(told, exact, strict=True):
            assert abs(float(text) - value) <= step / 2 + 2 * ulp(value) + 1e-9, (text, value)
    for total in (rain, energy):
        assert [float(t) for t in total] == sorted(float(t) for t in total)


CONFIG: dict[str, Any] = {
    "v": 1, "device": "b1", "topic": "gir/1/00/b1", "bn": "b1/", "recipe": "air", "firmware": "f", "period_s": 60,
    "broker": {"host": "h", "port": 1883, "user": "u", "password": "p"},
    "sensors": [
        {"driver": "bme280", "bus": {"kind": "i2c"}, "channels": [{"n": "t", "u": "Cel", "key": "temperature", "digits": 2}]}
    ],
}  # fmt: skip
LOAD = """
from girouette.loading import ConfigError, load_config
try:
    config = load_config()
    result = [config.device, config.broker.port, config.broker.keepalive_s, [c.name for c in config.channels], config.ntp]
except ConfigError as error:
    result = str(error)
"""


def test_a_configuration_is_read(tmp_path: Path) -> None:
    """What may be left out has its value: 30 s of keepalive, no time server."""
    assert run(LOAD, tmp_path, config=CONFIG) == ["b1", 1883, 30, ["t"], None]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"v": 2}, "config.json is of version 2, this firmware reads 1: flash again"),
        ({"device": None}, "this board has no identity yet: flash it with `girouette flash` or from the page /atelier"),
        ({"broker": {"host": "h"}}, "config.json lacks port: flash the board again"),
        ({"period_s": 0}, "config.json: period_s is 0, at least 1 is needed"),
    ],
)
def test_a_configuration_that_will_not_do_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    """One sentence that says what is wrong and what to do."""
    changed = {k: v for k, v in {**CONFIG, **change}.items() if v is not None}

    assert run(LOAD, tmp_path, config=changed) == said


def test_a_configuration_that_is_torn_is_refused(tmp_path: Path) -> None:
    """Half a file is named, not guessed."""
    code = "with open('config.json', 'w') as file:\n    file.write('{\"v\": 1,')\n" + LOAD

    assert run(code, tmp_path).startswith("config.json cannot be read (")


def test_a_crash_is_told_once(tmp_path: Path) -> None:
    """The first line of what went wrong outlives the restart, is told in `health` once, and is of bounded length."""
    code = """
import slots
from girouette import crash
try:
    raise ValueError("x" * 500)
except ValueError as error:
    slots.crashed(error)
result = [crash.last(), crash.last()]
"""
    told, again = run(code, tmp_path)

    assert told == "ValueError: " + "x" * 148
    assert again is None


def test_commands_are_remembered_within_bounds(tmp_path: Path) -> None:
    """A repeated command is answered again and not obeyed again, as far back as eight; answers wait no more than nine deep."""
    code = """
import json
from girouette.commands import Commands

class Clock:
    def now_s(self):
        return None

done = []
commands = Commands(Clock(), {"sample": lambda _: done.append(1)})
for n in list(range(20)) + [19, 18, 0]:
    commands.heard(json.dumps({"id": n, "do": "sample", "until": 5}).encode())
result = [len(done), [a["id"] for a in commands.answers()], commands.answers(), len(commands._done)]
"""
    done, answered, after, known = run(code, tmp_path)

    assert done == 21
    assert answered[-3:] == [19, 18, 0]
    assert len(answered) <= 9
    assert after == []
    assert known == 8


def test_an_answer_may_say_more_come_later_or_be_a_refusal(tmp_path: Path) -> None:
    """What an action gives goes into the answer; one that takes its time answers by itself; one that refuses says why."""
    code = """
import json
from girouette.commands import LATER, Commands, Refused

class Clock:
    def now_s(self):
        return None

def refuses(raw):
    raise Refused("bad-value")

commands = Commands(Clock(), {"tell": lambda raw: {"twice": 2 * raw["n"]}, "slow": lambda raw: LATER, "no": refuses})
answers = []
for name, do in (("a", "tell"), ("b", "slow"), ("c", "no"), ("b", "slow")):
    commands.heard(json.dumps({"id": name, "do": do, "n": 4}).encode())
    answers.append(commands.answers())
commands.answer("b", {"ok": True, "found": 3})
answers.append(commands.answers())
commands.heard(b'{"id": "b", "do": "slow"}')
answers.append(commands.answers())
result = answers
"""
    late = {"id": "b", "ok": True, "found": 3}

    assert run(code, tmp_path) == [
        [{"id": "a", "ok": True, "twice": 8}], [], [{"id": "c", "ok": False, "why": "bad-value"}], [], [late], [late],
    ]  # fmt: skip


def test_a_command_that_restarts_the_board_is_not_obeyed_again_after_it(tmp_path: Path) -> None:
    """Whoever did not hear the answer and asks again gets it from the next boot, which does not restart once more."""
    code = """
from girouette.commands import Commands

class Clock:
    def now_s(self):
        return None

done = []
commands = Commands(Clock(), {"reboot": lambda raw: done.append(raw["id"]) or commands.outlive(raw["id"])})
commands.heard(b'{"id": "r1", "do": "reboot"}')
result = [done, commands.answers()]
"""
    answer = [{"id": "r1", "ok": True}]

    assert run(code, tmp_path) == [["r1"], answer]
    assert run(code, tmp_path) == [[], answer]
    assert run(code, tmp_path) == [["r1"], answer]


LIT = """
import asyncio
import time
from girouette.led import Led

led, changes = Led(2, given), []
show = led._show
def noted(lit, pattern):
    changes.append([time.passed_ms(), lit, pattern])
    show(lit, pattern)
led._show = noted

async def main():
    asyncio.create_task(led.run(lambda: None))
    for pattern in ("starting", "searching", "sending", "keeping", "needs-you"):
        led.pattern = pattern
        await asyncio.sleep_ms(9000)
    led.identify()
    await asyncio.sleep_ms(12000)

asyncio.run(main())
result = [changes, led._pixel._lights.written if given else None]
"""


def test_five_lights_and_a_flutter_have_each_its_own_rhythm(tmp_path: Path) -> None:
    """How often the light comes on in nine seconds tells every state from every other, colour or not."""
    changes, _ = run(LIT, tmp_path, virtual=True)

    came_on = {pattern: 0 for _, _, pattern in changes}
    for _, lit, pattern in changes:
        came_on[pattern] += lit
    assert list(came_on) == ["starting", "searching", "sending", "keeping", "needs-you", "found"]
    assert len({lit for _, lit, pattern in changes if pattern == "starting"}) == 1
    assert came_on["sending"] < came_on["keeping"] < came_on["needs-you"] < came_on["searching"] < came_on["found"]


def test_a_light_with_colours_shows_them(tmp_path: Path) -> None:
    """The pixel ends in the red of a board that needs somebody, or dark in between."""
    _, written = run(LIT, tmp_path, 8, virtual=True)

    assert written in ([[50, 0, 0]], [[0, 0, 0]])


def test_what_wants_a_person_comes_before_the_network_and_the_receipts(tmp_path: Path) -> None:
    """A sensor that fails for a minute calls; one that comes back in time does not."""
    code = """
from girouette.led import Calls, light_of
calls = Calls()
heard = [calls.hear(faulty, now_s) for now_s, faulty in given]
result = [heard, [light_of(joined=j, kept=k, calls=c) for j, k, c in
                  ((0, 0, 1), (0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1))]]
"""
    given = [
        (0, ["bme280"]),
        (59, ["bme280"]),
        (60, ["bme280"]),
        (61, []),
        (90, ["bme280"]),
        (149, ["bme280", "pms5003"]),
    ]

    heard, shown = run(code, tmp_path, given)

    assert heard == [False, False, True, False, False, False]
    assert shown == ["needs-you", "searching", "keeping", "sending", "needs-you"]
