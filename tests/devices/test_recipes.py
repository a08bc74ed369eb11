"""The contract of every recipe that comes with Girouette, and of every driver that it uses: one suite over all of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from functools import cache
from math import inf
from pathlib import Path
from statistics import fmean
from types import ModuleType
from typing import Any

import pytest
from heap import LEAST_HEAP, held_on_a_board, room_here
from on_board import run
from sessions import BROKER_BYTES, UNIX_MS, Line, Session, play
from trouble import identity, recipe_of, warmest_s

from devices.cabling import draw
from devices.console import Sample, read_console
from devices.driver import load_drivers
from devices.image import FIRMWARE, build_image
from devices.pinout import load_pinouts
from devices.recipe import Recipe, load_recipes
from devices.sensor import Channel
from devices.simulate import SIMULATOR

ALL = load_recipes()
LIFE_S = 130
FREE_LEAST = 20 * 1024
"""The goal is 40 KiB; docs/figures.md says what is reached, and tests/speed/bench_firmware.py measures it."""
NOISE_MOST = 6
"""Noise is a sum of twelve chances, less six."""
OF = {"la10": "noise_level", "la50": "noise_level", "la90": "noise_level", "wind_gust": "wind_speed"}
"""Quantities that a steady world makes of another one: levels that are always exceeded, gusts of a wind without gusts."""
AN_HOUR = {"rain": ("rain", 1.0), "passages": ("passages", 1.0), "energy": ("power", 0.001)}
"""What a counter rises by in an hour: the base of this channel, times this."""
BASES = {"rain": 60.0}
"""In place of a recipe's own, so that a gauge of 0.28 mm tips some times in two minutes."""
STEP = {"wind_direction": 11.25, "wind_gust": 0.667 / 3, "rain": 0.2794, "passages": 1.0, "energy": 0.001}
"""Half a sector of the vane, a turn of the cups in the 3 s of a gust, a tip, a closure, a pulse."""
BLOCK = 12
"""Readings that hold whole times of the simulated detector: it moves and rests in every 20 s."""
NO_SHARE = frozenset({"occupancy", "wind_direction"})
"""Quantities that are no share of their base, but a state and an angle."""
STEP_US = 5000
I2C_BYTE_US, ADC_US, WIRE_BYTE_US, WIRE_RESET_US = 90, 100, 600, 1000
"""Nine bits at 100 kHz; a conversion; eight slots of 70 us; 480 us low and as much to listen (DS18B20, 1-wire signaling)."""
CALL_US, COPY_US, PIN_US, PING_US = 50, 0.5, 10, 50
"""What a buffer takes to be asked, and a byte to be copied out of it (40 cycles at 80 MHz, for one that takes a few);
a look at a pin and a count; a trigger of 10 us with what is around it."""
STEPS = """
import asyncio
import time
from girouette.buses import Buses
from girouette.config import Wiring
from girouette.sensor import Sensor

wiring, seconds, costs = given
spent = [0]

class Metered:
    holds = False
    def __init__(self, bus):
        self._bus = bus
    def __getattr__(self, name):
        found = getattr(self._bus, name)
        cost = costs.get(name)
        if cost is None or not callable(found):
            return found
        def call(*given, **named):
            if Metered.holds:
                time.sleep_ms(6)
            answer = found(*given, **named)
            sizes = [len(g) for g in given + (answer,) if isinstance(g, (bytes, bytearray))]
            spent[0] += int(cost[0] + cost[1] * sum(sizes))
            return answer
        return call

class Step:
    longest = 0
    def __init__(self, coroutine):
        self._coroutine = coroutine
    def send(self, value):
        began, spent[0] = time.ticks_ms(), 0
        try:
            return self._coroutine.send(value)
        finally:
            took_us = time.ticks_diff(time.ticks_ms(), began) * 1000 + spent[0]
            Step.longest = max(Step.longest, took_us)
    def throw(self, error, *more):
        return self._coroutine.throw(error, *more)
    def close(self):
        self._coroutine.close()

class OneBus(Buses):
    def open(self, bus):
        return Metered(Buses.open(self, bus))

create = asyncio.create_task
asyncio.create_task = lambda coroutine: create(Step(coroutine))
sensor = Sensor(Wiring(wiring), OneBus())
Metered.holds = seconds < 0

async def live():
    for second in range(abs(seconds)):
        await asyncio.sleep_ms(1000)
        sensor.tick()
        await sensor.read()

async def main():
    await asyncio.create_task(live())

wait = asyncio.wait_for_ms
asyncio.wait_for_ms = lambda waited, patience: waited
asyncio.run(main())
result = Step.longest
"""
COSTS = {
    "i2c": {
        "readfrom_mem": (3 * I2C_BYTE_US, I2C_BYTE_US), "writeto_mem": (2 * I2C_BYTE_US, I2C_BYTE_US),
        "readfrom": (I2C_BYTE_US, I2C_BYTE_US), "writeto": (I2C_BYTE_US, I2C_BYTE_US), "scan": (112 * I2C_BYTE_US, 0),
    },
    "adc": {"read_uv": (ADC_US, 0)},
    "onewire": {
        "reset": (WIRE_RESET_US, 0), "readbyte": (WIRE_BYTE_US, 0), "writebyte": (WIRE_BYTE_US, 0),
        "write": (0, WIRE_BYTE_US), "readinto": (0, WIRE_BYTE_US),
    },
    "uart": {"any": (CALL_US, 0), "read": (CALL_US, COPY_US), "write": (CALL_US, COPY_US)},
    "i2s": {"readinto": (CALL_US, COPY_US)},
    "echo": {"ask": (PING_US, 0)},
    "pulse": {"read": (PIN_US, 0)},
}  # fmt: skip
"""Kind of bus -> method -> microseconds a call, and a byte that is given or got. A serial line and I2S have buffers: only copying takes time."""


@pytest.fixture
def waves() -> ModuleType:
    """The simulator's formula of signals, loaded by CPython."""
    module = ModuleType("waves")
    exec((SIMULATOR / "waves.py").read_text(), module.__dict__)  # noqa: S102 - the module's own folder is a board's path
    return module


def test_there_are_sixteen_recipes_at_least() -> None:
    """Each of a kind that city pilots use, and between them every driver that there is."""
    used = {s.driver for r in ALL.values() for s in r.sensors}

    assert len(ALL) >= 16
    assert used == set(load_drivers())


@pytest.mark.parametrize("recipe", ALL.values(), ids=lambda r: r.slug)
def test_it_says_what_to_buy(recipe: Recipe) -> None:
    """A board and each sensor are on the list, with a price, in both languages; what is said in one differs in the other."""
    assert any("ESP32" in part.name_fr for part in recipe.parts)
    assert all(part.price_eur > 0 and part.name_fr and part.name_en for part in recipe.parts)
    assert recipe.summary_fr != recipe.summary_en
    assert recipe.summary_fr.endswith((".", "?"))
    assert recipe.summary_en.endswith((".", "?"))


@pytest.mark.parametrize("recipe", ALL.values(), ids=lambda r: r.slug)
def test_its_signals_stay_within_what_is_admitted(recipe: Recipe, waves: ModuleType) -> None:
    """Over a day in steps of ten minutes, with the most of its noise, no value is one that the gateway would refuse."""
    for channel in recipe.channels:
        quantity, signal = recipe.quantities[channel.quantity], recipe.signals[channel.name]
        phase = waves.phase_of("b1", channel.name)
        values = [waves.value_at(signal, UNIX_MS / 1000 + 600 * n, -1.7, phase) for n in range(144)]
        most = NOISE_MOST * signal.get("noise", 0) if signal.get("kind") != "wind" else 0
        if quantity.aggregate != "counter":
            assert quantity.low <= max(min(values) - most, signal.get("low", -inf)), channel.name
            assert min(max(values) + most, signal.get("high", inf)) <= quantity.high, channel.name


@pytest.mark.parametrize("recipe", ALL.values(), ids=lambda r: r.slug)
def test_it_is_drawn_for_every_board_and_always_the_same(recipe: Recipe) -> None:
    """A drawing a board; made twice it is the same bytes; every wire's pin is one that the board has."""
    for board in recipe.boards:
        placed = recipe.on(board)
        assert draw(placed) == draw(placed)
        assert load_pinouts()[board].name in draw(placed)


@cache
def life_of(slug: str) -> tuple[list[Sample], dict[str, Any], int]:
    """What a board of this recipe says in two minutes under the smallest board's heap: samples, last health, memory."""
    import tempfile

    recipe = ALL[slug]
    warm_s = warmest_s([recipe])
    session = Session(
        board={"recipe": slug, "period_s": 10}, lines=[Line(1000 * (LIFE_S + warm_s), "note", ("end",))], gateway=True, gauge=True,
        signals={c: {"base": base_of(recipe, c)} for c in recipe.signals}, free=room_here() + BROKER_BYTES, heap="256wK",
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        played = play(session, Path(folder))
    healths = [line.rest[1] for line in played.lines if line.rest[:1] == ("health",)]
    return read_console(played.console).samples, healths[-1], held_on_a_board(played.console)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ALL.values(), ids=lambda r: r.slug)
def test_a_board_of_it_measures_what_is_there(recipe: Recipe) -> None:
    """After two minutes and its warm-up no sensor fails, and every channel has given values that can be, near what the simulated world has."""
    samples, health, _ = life_of(recipe.slug)

    assert health["faults"] == {}
    for channel in recipe.channels:
        quantity = recipe.quantities[channel.quantity]
        values = {
            s.time_s: s.values[channel.name] for s in samples if channel.name in s.values and s.time_s is not None
        }
        assert values, channel.name
        assert all(quantity.low <= value <= quantity.high for value in values.values()), channel.name
        hours = (max(values) - min(values)) / 3600
        wanted, most = wanted_of(recipe, channel, hours)
        assert abs(away(channel.quantity, quantity.aggregate, list(values.values()), wanted)) <= most, channel.name


@pytest.mark.parametrize("recipe", ALL.values(), ids=lambda r: r.slug)
def test_what_is_near_is_less_than_a_quarter(recipe: Recipe) -> None:
    """A value that is a quarter more or less than the world has would not pass above, whatever the quantity."""
    for channel in recipe.channels:
        wanted, most = wanted_of(recipe, channel, LIFE_S / 3600)
        assert channel.quantity in NO_SHARE or most < abs(wanted) / 4, channel.name


def base_of(recipe: Recipe, channel: str) -> float:
    """What the steady world has of a channel."""
    return BASES.get(channel, float(recipe.signals[channel]["base"]))


def wanted_of(recipe: Recipe, channel: Channel, hours: float) -> tuple[float, float]:
    """What a board ought to say of a channel in a steady world, after so long, and how far from it its last value may be.

    That is a digit on the wire, half of it for rounding and half for what is measured with, with the noise that the recipe itself
    thinks of this signal, or the step of what counts.
    """
    name, signal = channel.name, recipe.signals[channel.name]
    digit = 1.01 * 10.0 ** -recipe.quantities[channel.quantity].digits_wire
    if channel.quantity in AN_HOUR:
        source, factor = AN_HOUR[channel.quantity]
        return base_of(recipe, source) * factor * hours, STEP[channel.quantity]
    if channel.quantity in OF:
        return base_of(recipe, OF[channel.quantity]), digit + STEP.get(channel.quantity, 0.0)
    if channel.quantity == "occupancy":
        return float(base_of(recipe, name) > 1 / 2), 0.0
    return base_of(recipe, name), digit + STEP.get(channel.quantity, signal.get("noise", 0.0))


def away(quantity: str, aggregate: str, values: Sequence[float], wanted: float) -> float:
    """How far readings of a steady world are from what they ought to be, by how they are condensed."""
    if aggregate == "counter":
        return values[-1] - values[0] - wanted
    if aggregate == "circular":
        return (values[-1] - wanted + 180) % 360 - 180
    if quantity == "movement":
        return fmean(values[-BLOCK:]) - wanted
    return values[-1] - wanted


@pytest.mark.slow
@pytest.mark.parametrize("recipe", ALL.values(), ids=lambda r: r.slug)
def test_memory_stays_free_on_the_smallest_board(recipe: Recipe) -> None:
    """Of the smallest heap of all boards, by a reckoning that errs on the side of less (`held_on_a_board`)."""
    _, _, held = life_of(recipe.slug)

    assert LEAST_HEAP - held + BROKER_BYTES // 2 >= FREE_LEAST


@pytest.mark.slow
@pytest.mark.parametrize("driver", load_drivers())
def test_no_step_of_a_driver_holds_the_loop_for_more_than_five_milliseconds(driver: str, tmp_path: Path) -> None:
    """Bytes on its bus and waits in virtual time together, in its tasks too; the board's own speed is no part of it.

    Every driver asks its bus something: one that was measured at nothing was not measured.
    """
    assert 0 < longest_us(driver, tmp_path) <= STEP_US


@pytest.mark.slow
@pytest.mark.parametrize("driver", ["bme280", "pms5003", "inmp441", "pir"])
def test_a_driver_that_sleeps_is_found_out(driver: str, tmp_path: Path) -> None:
    """One whose bus holds the loop for 6 ms a call is measured at 6 ms at least, in its own task as in a reading or a tick."""
    assert longest_us(driver, tmp_path, sleeps=True) >= 6000


def longest_us(driver: str, directory: Path, *, sleeps: bool = False) -> int:
    """The longest step of a driver over some seconds."""
    recipe = recipe_of(driver)
    config = build_image([recipe], identity()).told
    wiring = next(s for s in config["sensors"] if s["driver"] == driver)
    costs, seconds = COSTS[wiring["bus"]["kind"]], 70 if driver == "pir" else 8
    around = {"signals": {c: {"base": s["base"]} for c, s in recipe.signals.items()}}
    given = [wiring, -seconds if sleeps else seconds, costs]
    found: int = run(STEPS, directory, given, config=config, around=around, virtual=True)
    return found


@pytest.mark.parametrize("driver", load_drivers())
def test_a_driver_says_what_it_rests_on_and_never_sleeps(driver: str) -> None:
    """Its head names a data sheet or a standard; nothing in it sleeps but by asyncio, and it knows its bus and its keys."""
    text = (FIRMWARE / "girouette/drivers" / f"{driver}.py").read_text(encoding="utf-8")
    tree = ast.parse(text)

    sleeps = [
        node.func.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"sleep", "sleep_ms", "sleep_us", "time_pulse_us"}
        and isinstance(node.func.value, ast.Name)
    ]
    assert set(sleeps) <= {"asyncio"}
    if load_drivers()[driver].bus != "pulse":  # a contact has no data sheet of its own
        assert re.search(r"data ?sheet|manual|IEC|WMO", ast.get_docstring(tree) or "", re.IGNORECASE)
    assert (SIMULATOR / "models" / f"{driver}.py").is_file()
