"""Thresholds and dated expected periods of a series."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.registry import RegistryRefusal, RegistryUnknown


def test_periods_are_dated(town: Any) -> None:
    """A changed period holds from its date on, for the series that the device fills now."""
    town.add("air-1", period_s=60)
    number = town.number()

    town.registry.set_period("air-1", 10, at_s=5000)

    assert town.registry.periods(number) == ((0, 60.0), (5000, 10.0))
    assert town.registry.devices()[0].period_s == 10.0
    assert {s.period_s for s in town.registry.series()} == {10.0}
    assert town.registry.periods(99) == ()


def test_a_period_said_twice_is_kept_once(town: Any) -> None:
    """The same period again adds nothing; another one for the same time replaces it."""
    town.add("air-1", period_s=60)
    number = town.number()

    town.registry.set_period("air-1", 60, at_s=5000)
    assert town.registry.periods(number) == ((0, 60.0),)
    town.registry.set_period("air-1", 10, at_s=5000)
    town.registry.set_period("air-1", 20, at_s=5000)
    assert town.registry.periods(number) == ((0, 60.0), (5000, 20.0))


def test_a_successor_dates_its_own_period(town: Any) -> None:
    """A series that a slower board continues expects less from that day on."""
    town.add("air-1", period_s=10)
    town.registry.retire("air-1", at_s=2000)

    town.add("air-2", period_s=60, at_s=3000)

    assert town.registry.periods(town.number()) == ((0, 10.0), (3000, 60.0))


@pytest.mark.parametrize("period_s", [0, -1, float("nan"), float("inf")])
def test_a_period_is_a_time(town: Any, period_s: float) -> None:
    """Periods that nobody can keep are refused."""
    town.add("air-1")
    with pytest.raises(RegistryRefusal, match="give seconds above 0"):
        town.registry.set_period("air-1", period_s, at_s=0)
    with pytest.raises(RegistryRefusal, match="give seconds above 0"):
        town.add("air-2", place=town.school, period_s=period_s)


def test_own_thresholds_stand_above_the_recipes(town: Any) -> None:
    """What is set for one series wins over its recipe, and can be taken back."""
    town.add("air-1")
    number = town.number()

    town.registry.set_quality(number, {"fail_high": 50, "rate_per_s": 1})
    assert town.registry.series()[0].quality == {"fail_high": 50.0, "rate_per_s": 1.0}
    town.registry.set_quality(number, {})
    assert town.registry.series()[0].quality == {"fail_high": 60.0}


def test_own_thresholds_survive_a_new_board(town: Any) -> None:
    """A successor brings its recipe's thresholds; the place's own stay."""
    town.add("air-1")
    town.registry.set_quality(town.number(), {"suspect_high": 40})
    town.registry.retire("air-1", at_s=2000)

    town.add("air-2", at_s=3000, channels=[("temperature", "temperature", {"fail_high": 70.0})])

    assert town.registry.series()[0].quality == {"fail_high": 70.0, "suspect_high": 40.0}


def test_a_threshold_has_a_name_and_a_number(town: Any) -> None:
    """Unknown names, NaN and series that are not there are refused."""
    town.add("air-1")
    with pytest.raises(RegistryRefusal, match="fail_low, fail_high"):
        town.registry.set_quality(town.number(), {"fail_hi": 3})
    with pytest.raises(RegistryRefusal, match="finite"):
        town.registry.set_quality(town.number(), {"fail_high": float("nan")})
    with pytest.raises(RegistryUnknown, match="no series 99"):
        town.registry.set_quality(99, {})


def test_generated_readings_are_marked_by_a_time(town: Any) -> None:
    """A series says until when it was generated."""
    town.add("air-1")

    town.registry.set_generated_until(town.number(), 4000)
    assert town.registry.series()[0].generated_until_s == 4000
    town.registry.set_generated_until(town.number(), None)
    assert town.registry.series()[0].generated_until_s is None
