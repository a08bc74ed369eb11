"""How long a battery lasts: reckoned from the table of currents, and what the table must hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devices.driver import load_drivers
from devices.energy import (
    CONVERTER,
    DAY_S,
    JOIN_S,
    LEAK_MONTH,
    TALK_S,
    USABLE,
    WAKE_S,
    Life,
    can_sleep,
    day_mah,
    days,
    load_currents,
    thirsts,
)
from devices.image import FIRMWARE
from devices.pinout import load_pinouts
from devices.recipe import load_recipes
from devices.refusal import RecipeError

DRIVERS = FIRMWARE / "girouette/drivers"
LIFE = Life(period_s=600, batch=6, battery_mah=3000)


def test_every_board_and_every_driver_has_its_currents_with_a_source() -> None:
    """Nobody adds a driver without saying what it draws, and where that is written."""
    known = load_currents()

    assert set(known.boards) == set(load_pinouts())
    assert set(known.drivers) == set(load_drivers())
    assert all(row.source for row in [*known.boards.values(), *known.drivers.values()])


def test_who_draws_less_asleep_is_sent_there_by_its_driver_or_goes_by_itself() -> None:
    """A current of sleep counts only where something leads to it: `rest()` in the driver, or the chip, and the row says which."""
    for driver, thirst in load_currents().drivers.items():
        lighter = thirst.asleep_ua < thirst.measuring_ma * 1000 and not thirst.always
        assert thirst.sleeps in (("rest", "itself") if lighter else ("",)), driver
        has_rest = "    def rest(self) -> None:" in (DRIVERS / f"{driver}.py").read_text()
        assert has_rest == (thirst.sleeps == "rest"), driver


def test_a_day_is_reckoned_from_its_parts() -> None:
    """A day of one sensor on one board, part by part, is what the table and the formula of the module give."""
    recipe = load_recipes()["climate"].on("c3")
    board, (sensor,) = load_currents().boards["c3"], thirsts(recipe)

    samples = DAY_S / 600
    awake_s, radio_s = samples * (WAKE_S + sensor.seconds), samples / 6 * (JOIN_S + TALK_S)
    asleep_s = DAY_S - awake_s - radio_s
    mas = awake_s * board.awake_ma + radio_s * board.radio_ma + samples * sensor.seconds * sensor.measuring_ma
    mas += asleep_s * (board.asleep_ua + sensor.asleep_ua) / 1000

    assert day_mah(recipe, LIFE) == pytest.approx(mas / 3600)
    assert days(recipe, LIFE) == pytest.approx(USABLE * 3000 / (mas / 3600 + 3000 * LEAK_MONTH / 30))


def test_sleeping_longer_sending_less_often_and_a_better_board_all_last_longer() -> None:
    """The curve rises with the period and with the batch, and a development board lasts least."""
    recipe = load_recipes()["climate"]

    assert days(recipe, replace(LIFE, period_s=60)) < days(recipe, LIFE) < days(recipe, replace(LIFE, period_s=3600))
    assert days(recipe, replace(LIFE, batch=1)) < days(recipe, LIFE) < days(recipe, replace(LIFE, batch=12))
    assert days(recipe, replace(LIFE, kit=True)) < days(recipe, LIFE)


def test_who_counts_cannot_sleep() -> None:
    """Rain is counted all the time: the board stays awake with its radio on, whatever the period."""
    recipe = load_recipes()["weather"]

    assert not can_sleep(recipe)
    assert day_mah(recipe, LIFE) == day_mah(recipe, replace(LIFE, period_s=3600)) > 24 * 60


def test_five_volts_cost_more_at_the_cell() -> None:
    """A fan of 100 mA at 5 V is reckoned at the cell, through its converter."""
    assert load_currents().drivers["pms5003"].measuring_ma == pytest.approx(100 * CONVERTER)


def test_a_driver_of_which_nothing_is_known_is_named() -> None:
    """The sentence says which driver, and what to write where."""
    recipe = load_recipes()["climate"]
    strange = replace(recipe, sensors=(replace(recipe.sensors[0], driver="geiger"),))

    with pytest.raises(RecipeError, match=r"\[drivers.geiger\]"):
        day_mah(strange, LIFE)
