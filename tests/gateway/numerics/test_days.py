"""Local days are their hours merged, also those of 23 and 25 hours and those that begin at half past."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from gateway.daybook import day_starts
from gateway.numerics.columns import WINDOW, Columns
from gateway.numerics.days import made_of, merge_days
from gateway.numerics.params import AGGREGATES, params_row
from gateway.numerics.state import fresh
from gateway.numerics.stream import Step, advance

PARIS, KOLKATA = ZoneInfo("Europe/Paris"), ZoneInfo("Asia/Kolkata")
MARCH_S, OCTOBER_S = 1_711_670_400, 1_729_900_800
"""Friday 29 March 2024 and Saturday 26 October 2024, midnight UTC: clocks change on the Sunday after."""


def run(start_s: int, days: int, aggregate: str = "sum") -> tuple[Step, np.ndarray, np.void]:
    """Some days of readings of 1, one each ten minutes."""
    times_s = start_s + 600 * np.arange(144 * days)
    row = params_row(aggregate, 600, {})
    step = advance(fresh(1), np.array([row]), Columns(np.zeros(len(times_s), np.int64), times_s, np.ones(len(times_s))))
    return step, times_s, row


@pytest.mark.parametrize(("start_s", "hours"), [(MARCH_S, [1, 24, 23, 22]), (OCTOBER_S - 86_400, [2, 24, 25, 21])])
def test_days_of_a_change_of_clocks_have_23_or_25_hours(start_s: int, hours: list[int]) -> None:
    """Their sums, what is expected of them, and when they begin."""
    step, times_s, row = run(start_s, 3)
    starts_s = day_starts(PARIS, int(times_s[0]), int(times_s[-1]) + 1)

    days = merge_days(step.h1, starts_s, row)

    counted = [np.count_nonzero((times_s >= a) & (times_s < b)) for a, b in pairwise(starts_s)]
    assert days["value"].tolist() == counted
    assert sorted(np.diff(starts_s) // 3600)[-1 if 25 in hours else 0] == (25 if 25 in hours else 23)
    assert days["expected"].tolist() == pytest.approx((np.diff(starts_s) / 600).tolist())
    assert days["start_s"].tolist() == starts_s[:-1].tolist()
    assert made_of(starts_s) == "h1"


def test_where_midnight_is_no_full_hour_minutes_are_merged() -> None:
    """In India it is at half past; hours would belong to two days."""
    step, times_s, row = run(MARCH_S, 3)
    starts_s = day_starts(KOLKATA, int(times_s[0]), int(times_s[-1]) + 1)

    days = merge_days(step.m1, starts_s, row)

    assert made_of(starts_s) == "m1"
    assert days["value"].tolist() == [111, 144, 144, 33]


@pytest.mark.parametrize("aggregate", AGGREGATES)
def test_a_day_is_its_readings(aggregate: str) -> None:
    """Merged from hours it is what its minutes give, for every aggregate."""
    rng = np.random.default_rng(3)
    times_s, row = MARCH_S + 300 * np.arange(600), params_row(aggregate, 300, {"fail_high": 80})
    values = rng.uniform(0, 90, 600).round(1)
    step = advance(fresh(1), np.array([row]), Columns(np.zeros(600, np.int64), times_s, values))
    starts_s = day_starts(PARIS, int(times_s[0]), int(times_s[-1]) + 1)

    hours, minutes = merge_days(step.h1, starts_s, row), merge_days(step.m1, starts_s, row)

    for name in WINDOW.names or ():
        np.testing.assert_allclose(hours[name], minutes[name], rtol=1e-12, atol=1e-9, err_msg=name)


def test_what_lies_outside_is_left_out() -> None:
    """Hours before the first day and after the last one."""
    step, _, row = run(MARCH_S, 3)
    starts_s = day_starts(PARIS, MARCH_S + 86_400, MARCH_S + 86_401)

    assert merge_days(step.h1, starts_s, row)["count"].tolist() == [144]
    assert len(merge_days(step.h1[:0], starts_s, row)) == 0
