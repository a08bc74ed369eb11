"""Windows say what their readings say: by aggregate, complete or not, mergeable."""

from __future__ import annotations

import doctest
import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

import gateway.numerics.windows
from gateway.numerics.columns import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT, WINDOW, Columns
from gateway.numerics.params import AGGREGATES, params_row
from gateway.numerics.state import fresh
from gateway.numerics.stream import Step, advance
from gateway.numerics.windows import expected, merge, percentiles, vector_strength, worse

NOON_S = 1_700_049_600
FAILS = {"fail_low": -1000, "fail_high": 1000}
EXACT = ("series", "start_s", "count", "seen", "min", "max", "first", "first_s", "last", "last_s", "flag")
"""What is the same however windows are merged; sums may differ in their last bits."""


def run(
    values: list[float],
    aggregate: str,
    *,
    every_s: int = 10,
    period_s: float = 10,
    quality: Mapping[str, float] = FAILS,
) -> Step:
    """Readings of one series from noon on."""
    times_s = NOON_S + every_s * np.arange(len(values))
    params = np.array([params_row(aggregate, period_s, quality)])
    return advance(fresh(1), params, Columns(np.zeros(len(values), np.int64), times_s, np.array(values, float)))


def hour(values: list[float], aggregate: str, **told: object) -> np.void:
    """The hour from noon on."""
    return run(values, aggregate, **told).h1[0]  # type: ignore[arg-type]


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.numerics.windows).failed == 0


@pytest.mark.parametrize(
    ("aggregate", "values", "value"),
    [
        ("mean", [1, 2, 6], 3),
        ("circular", [350, 10], 0),
        ("circular", [80, 100, 90], 90),
        ("circular", [270, 280], 275),
        ("energetic", [55] * 59 + [85], 67.47),
        ("energetic", [60, 60], 60),
        ("sum", [1, 2, 6], 9),
        ("counter", [10, 10.5, 12], 2),
        ("counter", [10, 12, 0.5, 1], 3),
        ("counter", [7], 0),
        ("last", [1, 6, 2], 2),
        ("max", [1, 6, 2], 6),
        ("min", [3, 1, 2], 1),
        ("timed_mean", [1, 2, 6], 3),
    ],
)
def test_each_aggregate_gives_its_value(aggregate: str, values: list[float], value: float) -> None:
    """A mean of directions is a direction, one of levels is of their energy, and a counter gives what was counted."""
    told = hour(values, aggregate)["value"]

    assert told == pytest.approx(value, abs=0.01)
    assert aggregate in AGGREGATES


def test_a_counter_counts_over_windows_and_past_nonsense() -> None:
    """From the last reading of the window before; what fails the range test is not counted from."""
    step = run([10, 11, 5000, 13, 2, 2.5], "counter", every_s=60)

    assert step.m1["value"].tolist()[:2] == [0, 1]
    assert math.isnan(step.m1["value"][2])
    assert step.m1["value"].tolist()[3:] == [2, 2, 0.5]
    assert step.h1["value"].tolist() == [5.5]


def test_what_fails_the_range_test_is_seen_and_does_not_count() -> None:
    """Nor does what is missing; the flag is the worst there was."""
    told = hour([1, 5000, 3, math.nan], "mean")

    assert (told["count"], told["seen"], told["value"], told["max"], told["flag"]) == (2, 4, 2, 3, FAIL)
    assert (told["first_s"], told["last_s"]) == (NOON_S, NOON_S + 20)


def test_a_window_in_which_nothing_counts_has_no_value() -> None:
    """Count 0, value NaN, completeness 0; readings that come later still enter."""
    only = hour([math.nan, 5000], "sum")
    later = hour([math.nan, 5000, 4], "sum")

    assert (only["count"], only["seen"], only["completeness"]) == (0, 2, 0)
    assert all(math.isnan(only[name]) for name in ("value", "min", "max", "first", "last"))
    assert hour([math.nan], "mean")["flag"] == MISSING
    assert (later["value"], later["first"], later["first_s"], later["min"]) == (4, 4, NOON_S + 20, 4)


def test_a_suspect_value_counts() -> None:
    """It is marked, not taken away."""
    told = hour([1, 50, 3], "mean", quality={"suspect_high": 10})

    assert (told["count"], told["value"], told["flag"]) == (3, 18, SUSPECT)


def test_completeness_is_what_came_of_what_was_expected() -> None:
    """At most 1, and NaN where nothing is known of the period."""
    half, double = hour([1.0] * 180, "mean", every_s=20), hour([1.0] * 720, "mean", every_s=5)
    unknown = hour([1.0], "mean", period_s=0)

    assert (half["expected"], half["completeness"]) == (360, 0.5)
    assert (double["count"], double["completeness"]) == (720, 1)
    assert unknown["expected"] == 0
    assert math.isnan(unknown["completeness"])


def test_a_period_that_changes_is_expected_from_then_on() -> None:
    """Hours before expect the old one, hours after the new one, and the hour between some of each."""
    row = np.array([params_row("mean", 10, {}, since_s=NOON_S + 5400, before_s=60)])
    starts_s = NOON_S + 3600 * np.arange(3)

    assert expected(starts_s, np.repeat(row, 3), 3600).tolist() == pytest.approx([60, 30 + 180, 360])


def test_windows_are_half_open_and_begin_with_the_clock() -> None:
    """A reading on the full minute opens the next one."""
    step = run([1, 2, 3, 4, 5, 6, 7], "sum", every_s=10)

    assert step.m1["start_s"].tolist() == [NOON_S, NOON_S + 60]
    assert step.m1["value"].tolist() == [21, 7]


@pytest.mark.parametrize(
    ("flag", "other", "worst"),
    [
        (0, MISSING, MISSING),
        (MISSING, NOT_EVALUATED, NOT_EVALUATED),
        (GOOD, MISSING, GOOD),
        (SUSPECT, GOOD, SUSPECT),
        (GOOD, FAIL, FAIL),
    ],
)
def test_the_worse_of_two_flags_stands(flag: int, other: int, worst: int) -> None:
    """By QARTOD's precedence, in which missing is the least."""
    assert worse(np.array([flag]), np.array([other])).tolist() == [worst]


def alike(one: NDArray[np.void], other: NDArray[np.void]) -> None:
    """Equal windows, but for the last bits of sums."""
    assert len(one) == len(other)
    for name in WINDOW.names or ():
        if name in EXACT:
            np.testing.assert_array_equal(one[name], other[name], err_msg=name)
        elif name != "value":
            np.testing.assert_allclose(one[name], other[name], rtol=1e-12, atol=1e-12, err_msg=name)
    turned = (
        (one["value"] - other["value"] + 180) % 360 - 180 if np.all(one["sum2"] != 0) else one["value"] - other["value"]
    )
    np.testing.assert_allclose(np.nan_to_num(turned), 0, atol=1e-9)


def readings() -> some.SearchStrategy[list[float]]:
    """Some that count, some that fail, some that are missing."""
    return some.lists(
        some.one_of(some.floats(0, 90), some.just(4.0), some.just(math.nan), some.just(5e3)), min_size=1, max_size=60
    )


@given(some.sampled_from(AGGREGATES), readings(), some.integers(1, 900))
def test_an_hour_is_its_minutes_merged(aggregate: str, values: list[float], every_s: int) -> None:
    """With no look at the readings, counters and directions included."""
    step = run(values, aggregate, every_s=every_s)

    alike(merge(step.m1, params_row(aggregate, 10, FAILS), 3600), step.h1)


@given(some.sampled_from(AGGREGATES), readings(), some.integers(1, 300), some.integers(0, 60), some.integers(0, 60))
def test_how_windows_are_grouped_for_merging_does_not_matter(
    aggregate: str, values: list[float], every_s: int, one: int, other: int
) -> None:
    """Merged at once, or in three lots first: (a + b) + c = a + (b + c) = a + b + c."""
    row, m1 = params_row(aggregate, 10, FAILS), run(values, aggregate, every_s=every_s).m1
    a, b, c = np.split(m1, sorted([one, other]))

    def add(*parts: NDArray[np.void]) -> NDArray[np.void]:
        return merge(np.concatenate(parts), row, 3600)

    alike(add(add(a, b), c), add(a, add(b, c)))
    alike(add(a, add(b, c)), add(m1))


def test_no_windows_merge_to_none() -> None:
    """Nothing in, nothing out."""
    assert len(merge(np.empty(0, WINDOW), params_row("mean", 10, {}), 3600)) == 0


@given(readings(), some.integers(1, 200))
def test_window_by_window_the_definition_gives_the_same(values: list[float], every_s: int) -> None:
    """Count, extremes, ends and mean of each minute, from the list of its readings."""
    m1 = run(values, "mean", every_s=every_s).m1
    for window in m1:
        inside = [v for n, v in enumerate(values) if 0 <= NOON_S + n * every_s - window["start_s"] < 60]
        good = [v for v in inside if not math.isnan(v) and v <= 1000]
        assert (window["seen"], window["count"]) == (len(inside), len(good))
        if good:
            assert (window["min"], window["max"], window["first"], window["last"]) == (
                min(good),
                max(good),
                good[0],
                good[-1],
            )
            assert window["value"] == pytest.approx(sum(good) / len(good), rel=1e-12)
    assert m1["seen"].sum() == len(values)


@pytest.mark.parametrize(
    ("values", "strength"), [([90, 90, 90], 1.0), ([0, 180], 0.0), ([350, 10], math.cos(math.radians(10)))]
)
def test_directions_that_agree_are_strong(values: list[float], strength: float) -> None:
    """1 where all are the same, 0 where they cancel."""
    assert vector_strength(run(values, "circular").h1).tolist() == [pytest.approx(strength, abs=1e-12)]


def test_nothing_has_no_strength() -> None:
    """NaN, as its value."""
    assert np.isnan(vector_strength(run([math.nan], "circular").h1)).all()


def test_percentiles_are_those_of_the_minutes() -> None:
    """L10, L50 and L90 of each hour, from its minutes; a minute without a value does not count, an hour without any has none."""
    levels = [float(n % 60) for n in range(120)]
    levels[7] = math.nan
    starts = NOON_S + 3600 * np.arange(3)
    minutes = run(levels, "energetic", every_s=60, period_s=60).m1
    told = percentiles(minutes, starts, starts + 3600, [0.9, 0.5, 0.1])

    assert told[1].tolist() == pytest.approx(np.quantile(np.arange(60.0), [0.9, 0.5, 0.1]).tolist())
    assert told[0].tolist() == pytest.approx(np.quantile(np.delete(np.arange(60.0), 7), [0.9, 0.5, 0.1]).tolist())
    assert np.isnan(told[2]).all()
    assert percentiles(np.empty(0, WINDOW), starts[:0], starts[:0], [0.5]).shape == (0, 1)


def test_a_mean_by_time_does_not_hear_who_speaks_often() -> None:
    """Ten minutes at 20 with a reading each minute, then one at 50 with one each second: each reading speaks since the one before."""
    times_s = NOON_S + np.append(60 * np.arange(10), 540 + 1 + np.arange(59))
    values = np.append(np.full(10, 20.0), np.full(59, 50.0))
    told = {}
    for aggregate in ("mean", "timed_mean"):
        params = np.array([params_row(aggregate, 60, FAILS)])
        columns = Columns(np.zeros(len(values), np.int64), times_s, values)
        told[aggregate] = float(advance(fresh(1), params, columns).h1["value"][0])

    assert told["timed_mean"] == pytest.approx((600 * 20 + 59 * 50) / 659)
    assert told["mean"] == pytest.approx((10 * 20 + 59 * 50) / 69)


def test_a_counter_that_is_full_starts_anew() -> None:
    """At 65,536 it goes on from 0; from lower down it was reset."""
    full = hour([65_530, 65_535, 3, 10], "counter", quality={"counter_wrap": 65_536})
    reset = hour([30_000, 30_005, 3, 10], "counter", quality={"counter_wrap": 65_536})

    assert (full["value"], reset["value"]) == (16, 15)
