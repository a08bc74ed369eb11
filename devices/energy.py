"""How long a battery lasts: from what boards and sensors draw (currents.toml) and from how a board spends its day.

A day of a board that sleeps is n = 86400 / period samples: each time it wakes, waits for its sensors and measures; every
`batch` samples it joins the Wi-Fi, sends, and waits for the receipt. The rest of the time everything sleeps. What cannot be
known without a board in hand (how long it takes to wake and to join) is a supposition, named here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from devices.recipe import Recipe
from devices.refusal import RecipeError
from devices.table import Table, read_table

FILE = Path(__file__).parent / "currents.toml"
DAY_S = 86_400
WAKE_S = 1.5
"""From the timer to the first line of the application: MicroPython starts in some 0.5 s, our modules load in about 1. Supposed."""
JOIN_S = 3.0
"""Association, address, connection to the broker, TLS. Supposed: 2 to 5 s on a good network."""
TALK_S = 2.0
"""The pack, the receipt that comes within a second, the clean goodbye."""
USABLE = 0.8
"""Of a cell's nominal capacity: cold, age, and the regulator's last tenths of a volt take the rest. Supposed."""
LEAK_MONTH = 0.03
"""Of a cell's capacity that is lost by itself in a month."""
CONVERTER = 5 / 3.7 / 0.85
"""A milliampere at 5 V, taken from a cell of 3.7 V through a converter of 85 %."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What a board draws."""

    awake_ma: float
    radio_ma: float
    asleep_ua: float
    source: str


@dataclass(frozen=True, slots=True)
class Thirst:
    """What a sensor draws, at 3.7 V."""

    measuring_ma: float
    seconds: float
    """Warm-up and measurement, in which the board stays awake."""
    asleep_ua: float
    sleeps: str
    """Who sees to it that it draws less asleep than measuring: `rest`, its driver, or `itself`; empty where it does not."""
    always: bool
    """It counts or listens: neither it nor the board may sleep."""
    source: str


@dataclass(frozen=True, slots=True)
class Currents:
    """The whole table."""

    boards: Mapping[str, Draw]
    drivers: Mapping[str, Thirst]
    kit_asleep_ua: float


@dataclass(frozen=True, slots=True)
class Life:
    """How a board on a battery spends its days."""

    period_s: int
    batch: int
    """Samples a transmission."""
    battery_mah: float
    kit: bool = False
    """A development board as it is sold, and not a board made for batteries."""


@cache
def load_currents() -> Currents:
    """The table of currents.toml; RecipeError where it does not add up."""
    table = read_table(FILE, FILE.name, RecipeError)
    boards = {kind: read_draw(row) for kind, row in rows(table.table("boards"))}
    drivers = {driver: read_thirst(row) for driver, row in rows(table.table("drivers"))}
    kit = table.table("kit")
    asleep_ua = kit.number("asleep_ua")
    kit.text("source")
    kit.close()
    table.close()
    return Currents(boards, drivers, asleep_ua)


def rows(table: Table) -> list[tuple[str, Table]]:
    """The tables of a table by name."""
    return [(name, table.table(name)) for name in table.written()]


def read_draw(row: Table) -> Draw:
    """One row of a board."""
    draw = Draw(row.number("awake_ma"), row.number("radio_ma"), row.number("asleep_ua"), row.text("source"))
    row.close()
    return draw


def read_thirst(row: Table) -> Thirst:
    """One row of a sensor; what needs 5 V is reckoned at the cell."""
    volts = row.number("volts") if row.has("volts") else 3.7
    factor = CONVERTER if volts > 3.7 else 1.0
    warm_up_s = row.number("warm_up_s") if row.has("warm_up_s") else 0.0
    thirst = Thirst(
        row.number("measuring_ma") * factor, warm_up_s + row.number("measure_s"), row.number("asleep_ua") * factor,
        row.text("sleeps") if row.has("sleeps") else "", bool(row.raw("always")) if row.has("always") else False, row.text("source"),
    )  # fmt: skip
    row.close()
    return thirst


def thirsts(recipe: Recipe) -> list[Thirst]:
    """What each sensor of a recipe draws; RecipeError for a driver of which nothing is known."""
    known = load_currents().drivers
    for sensor in recipe.sensors:
        if sensor.driver not in known:
            raise RecipeError("no_current", where=FILE.name, driver=sensor.driver)
    return [known[sensor.driver] for sensor in recipe.sensors]


def can_sleep(recipe: Recipe) -> bool:
    """May a board of this recipe sleep between two samples?"""
    return not any(thirst.always for thirst in thirsts(recipe))


def day_mah(recipe: Recipe, life: Life) -> float:
    """Milliampere-hours a day, of the board (that the recipe is placed on) and its sensors."""
    board, sensors = load_currents().boards[recipe.board], thirsts(recipe)
    if not can_sleep(recipe):
        return 24 * (board.radio_ma + sum(s.measuring_ma for s in sensors))
    samples = DAY_S / life.period_s
    look_s = max((s.seconds for s in sensors), default=0.0)
    awake_s = samples * (WAKE_S + look_s)
    radio_s = samples / life.batch * (JOIN_S + TALK_S)
    asleep_s = max(DAY_S - awake_s - radio_s, 0.0)
    asleep_ua = (load_currents().kit_asleep_ua if life.kit else board.asleep_ua) + sum(s.asleep_ua for s in sensors)
    measuring = samples * sum(s.seconds * s.measuring_ma for s in sensors)
    return (awake_s * board.awake_ma + radio_s * board.radio_ma + measuring + asleep_s * asleep_ua / 1000) / 3600


def days(recipe: Recipe, life: Life) -> float:
    """Days until a full battery is empty, its own leak included."""
    leak_mah = life.battery_mah * LEAK_MONTH / 30
    return USABLE * life.battery_mah / (day_mah(recipe, life) + leak_mah)
