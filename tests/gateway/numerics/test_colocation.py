"""Co-location: the line that is found, and when none is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.numerics.colocation import DAY_S, HOUR_S, colocate, fit, means, middle, step_of
from gateway.numerics.corrections import CorrectionError

HOURS = 20 * 24


def pair(value: Any, *, every_s: int = HOUR_S, start_s: int = 0) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Values, one every `every_s`."""
    values = np.asarray(value, float)
    return start_s + every_s * np.arange(len(values)), values


def air(days: int = 20, seed: int = 1) -> NDArray[np.float64]:
    """Particles hour by hour, as weather moves them."""
    steps = np.random.default_rng(seed).standard_normal(24 * days)
    return 15 + 8 * np.sin(np.arange(24 * days) / 20) + steps


def test_a_line_is_found_with_its_figures() -> None:
    """Slope, offset, R2 and RMSE as numpy's own least squares has them; days and dates of what was compared."""
    truth = air()
    told = truth * 2 + 3 + np.random.default_rng(2).standard_normal(HOURS)

    found = colocate(pair(told, start_s=7200), [pair(truth, start_s=7200)])

    slope, offset = np.polyfit(told, truth, 1)
    left = slope * told + offset - truth
    assert (found.slope, found.offset) == pytest.approx((slope, offset))
    assert found.r2 == pytest.approx(np.corrcoef(told, truth)[0, 1] ** 2)
    assert found.rmse == pytest.approx(np.sqrt(np.mean(left**2)))
    assert found.rmse_before == pytest.approx(np.sqrt(np.mean((told - truth) ** 2)))
    assert (found.n, found.days, found.start_s, found.end_s) == (HOURS, 20.0, 7200, 7200 + 20 * DAY_S)


@given(st.floats(0.2, 5), st.floats(-20, 20), st.integers(0, 1000))
def test_an_exact_line_is_found_again(slope: float, offset: float, seed: int) -> None:
    """A sensor that is off by a line alone is brought back to the truth."""
    truth = air(seed=seed)

    found = colocate(pair((truth - offset) / slope), [pair(truth)])

    assert (found.slope, found.offset) == (pytest.approx(slope), pytest.approx(offset, abs=1e-6))
    assert found.rmse < 1e-9


def test_thirteen_days_are_too_short_and_fourteen_are_not() -> None:
    """What counts are hours that both have, not the time between the first and the last."""
    truth = air()
    days, holes = 14 * 24, pair(truth)
    kept = np.arange(HOURS) % 2 == 0

    assert colocate(pair(truth[:days]), [pair(truth)]).days == 14
    with pytest.raises(CorrectionError, match=r"13\.9 days measured together"):
        colocate(pair(truth[: days - 1]), [pair(truth)])
    with pytest.raises(CorrectionError, match="14 are needed"):
        colocate((holes[0][kept], holes[1][kept]), [pair(truth)])


@pytest.mark.parametrize(
    ("sensor", "reference", "said"),
    [
        (air(), np.full(HOURS, 12.0), "reference does not vary"),
        (np.full(HOURS, 12.0), air(), "probably stuck"),
        (np.random.default_rng(3).standard_normal(HOURS), air(), "at least 0.7 is needed"),
        (-air(), air(), "the line falls"),
    ],
)
def test_what_teaches_nothing_is_refused(sensor: Any, reference: Any, said: str) -> None:
    """A constant, noise, and what goes the other way: a sentence each, no line."""
    with pytest.raises(CorrectionError, match=said):
        colocate(pair(sensor), [pair(reference)])


def test_who_never_met_is_told_so() -> None:
    """Times that do not meet are most often a wrong zone or year."""
    with pytest.raises(CorrectionError, match="never measured at the same time"):
        colocate(pair(air()), [pair(air(), start_s=400 * DAY_S)])
    with pytest.raises(CorrectionError, match="never measured at the same time"):
        colocate(pair(air()), [])


def test_minutes_are_compared_by_hours_that_are_whole_enough() -> None:
    """A mean needs three quarters of its minutes."""
    minutes = np.arange(180.0)
    kept = (minutes < 60 + 45) | (minutes >= 120 + 16)

    time_s, mean = means((60 * np.arange(180)[kept], minutes[kept]), HOUR_S)

    assert time_s.tolist() == [0, HOUR_S]
    assert mean.tolist() == [29.5, 82.0]


def test_a_daily_reference_is_compared_by_days() -> None:
    """Filters that are weighed once a day: 14 of them do."""
    truth = air()
    daily = truth.reshape(20, 24).mean(axis=1)

    found = colocate(pair(truth / 2), [pair(daily, every_s=DAY_S)])

    assert (found.n, found.step_s, found.days) == (20, DAY_S, 20.0)
    assert found.slope == pytest.approx(2)
    assert step_of(np.array([5])) == HOUR_S


def test_of_several_neighbours_the_middle_counts() -> None:
    """One that lies does not move it; an hour counts where half of them have it."""
    truth = air()
    late = pair(truth[100:], start_s=100 * HOUR_S)

    time_s, told = middle([pair(truth), late, pair(truth + 500), pair(truth - 1)], HOUR_S)

    assert len(time_s) == HOURS
    assert told[200:] == pytest.approx(truth[200:])
    assert colocate(pair(3 * truth), [pair(truth), late, pair(truth + 0.1), pair(truth + 500)]).slope == pytest.approx(
        1 / 3, rel=0.02
    )


def test_the_order_of_pairs_changes_nothing_but_the_last_bits() -> None:
    """A line is of the pairs, not of their order."""
    truth, told = air(), air() * 2 + 1 + np.random.default_rng(5).standard_normal(HOURS)
    order = np.random.default_rng(4).permutation(HOURS)
    time_s = np.arange(HOURS) * HOUR_S

    one, other = fit(time_s, told, truth, HOUR_S), fit(time_s, told[order], truth[order], HOUR_S)

    assert (one.slope, one.offset, one.r2) == pytest.approx((other.slope, other.offset, other.r2), rel=1e-12)
