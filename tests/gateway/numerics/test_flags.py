"""The QARTOD tests, held against a reading-by-reading definition and against IOOS' own implementation."""

from __future__ import annotations

import doctest
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

import gateway.numerics.flags
from gateway.numerics.columns import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT, Columns
from gateway.numerics.flags import PRECEDENCE, TESTS, primary, unpack_tests
from gateway.numerics.params import params_row
from gateway.numerics.state import fresh
from gateway.numerics.stream import advance
from tests.speed.bench_oracle import compared

NOON_S = 1_700_049_600
RANGE = {"fail_low": -5, "fail_high": 12, "suspect_low": 0, "suspect_high": 9}
ALL = RANGE | {"rate_per_s": 0.05, "spike_suspect": 2, "spike_fail": 4, "flat_tolerance": 0.5, "flat_suspect_s": 300, "flat_fail_s": 900}  # fmt: skip


def told(
    values: list[float], quality: dict[str, float], *, times_s: list[int] | None = None, aggregate: str = "mean"
) -> dict[str, list[int]]:
    """The flag of each test for each reading, a minute apart unless told otherwise, and the primary flag."""
    times_s = times_s or [60 * n for n in range(len(values))]
    series = np.zeros(len(values), np.int64)
    params = np.array([params_row(aggregate, 60, quality)])
    rows = advance(fresh(1), params, Columns(series, NOON_S + np.array(times_s), np.array(values, float))).readings
    flags = [unpack_tests(word) for word in rows["tests"]]
    return {name: [f[name] for f in flags] for name in TESTS} | {"flag": rows["flag"].tolist()}


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.numerics.flags).failed == 0


def test_a_value_on_a_bound_is_within() -> None:
    """Outside the suspect span 3, outside the fail span 4."""
    assert told([-5.1, -5, -0.1, 0, 9, 9.1, 12, 12.1], RANGE)["gross"] == [4, 3, 3, 1, 1, 3, 3, 4]


def test_a_change_is_too_fast_by_the_second() -> None:
    """The same change is fine when it took longer; the first reading has nothing to be compared with."""
    assert told([0, 3, 6.1, 0], {"rate_per_s": 0.05}, times_s=[0, 60, 120, 300])["rate"] == [2, 1, 3, 1]


def test_a_spike_is_judged_when_its_successor_is_there() -> None:
    """By the distance from the middle of both neighbours; first and last are not evaluated."""
    quality = {"spike_suspect": 2, "spike_fail": 4}

    assert told([1, 1, 1, 5.5, 1, 1, 4, 7, 10], quality)["spike"] == [2, 1, 3, 4, 3, 1, 1, 1, 2]


def test_a_flat_line_is_timed_not_counted() -> None:
    """Within the tolerance for so many seconds, however many readings that were; any move begins anew."""
    quality = {"flat_tolerance": 0.5, "flat_suspect_s": 300, "flat_fail_s": 900}
    times_s = [0, 100, 200, 299, 300, 301, 899, 900, 901, 1000, 1150, 1300]
    still = told([4.0] * 9 + [6.0] * 3, quality | {"flat_suspect_s": 1300, "flat_fail_s": 1300}, times_s=times_s)
    by_time = told([4.0] * 12, quality, times_s=[0, 150, 299, 300, 400, 500, 600, 700, 800, 899, 900, 950])

    assert still["flat"] == [1] * 12
    assert by_time["flat"] == [1, 1, 1, 3, 3, 3, 3, 3, 3, 3, 4, 4]


def test_a_silence_ends_a_flat_line() -> None:
    """What was not measured was not seen to stand still."""
    quality = {"flat_tolerance": 0.5, "flat_suspect_s": 300, "flat_fail_s": 900}

    assert told([4.0] * 5, quality, times_s=[0, 150, 300, 451, 600])["flat"] == [1, 1, 3, 1, 1]


def test_neighbours_are_near_in_time() -> None:
    """After more than an hour of silence rate and spike are not evaluated."""
    flags = told([1, 1, 9, 1], ALL, times_s=[0, 60, 3661, 3721])

    assert flags["rate"] == [2, 1, 2, 3]
    assert flags["spike"] == [2, 2, 2, 2]


def test_what_is_missing_is_flagged_so() -> None:
    """9 in every test; its neighbours have nothing to be compared with, and a flat line ends there."""
    flags = told([4, 4, math.nan, 4, 4, math.inf], ALL)

    assert flags["flag"] == [1, 1, 9, 1, 1, 9]
    assert flags["rate"] == [2, 1, 9, 2, 1, 9]
    assert flags["spike"] == [2, 2, 9, 2, 2, 9]


def test_no_test_is_made_without_its_thresholds() -> None:
    """2, not evaluated, whatever the values."""
    assert told([0, 1e9, 0], {})["flag"] == [NOT_EVALUATED] * 3


def test_angles_turn_the_short_way() -> None:
    """From 350 to 10 degrees are 20: neither fast nor a spike."""
    quality = {"rate_per_s": 0.5, "spike_suspect": 30, "spike_fail": 60}
    flags = told([350, 10, 350, 170, 350], quality, aggregate="circular")

    assert flags["rate"] == [2, 1, 1, 3, 3]
    assert flags["spike"] == [2, 1, 4, 4, 2]


@given(some.lists(some.integers(-12, 12).map(lambda n: n / 4), min_size=2, max_size=40))
def test_the_flat_line_test_keeps_its_promise(values: list[float]) -> None:
    """All that stays within the tolerance for so long is flagged, and nothing else is."""
    flagged = told(values, {"flat_tolerance": 0.5, "flat_suspect_s": 300})["flat"]

    for n in range(5, len(values)):
        spread = max(values[n - 5 : n + 1]) - min(values[n - 5 : n + 1])
        assert flagged[n] == (SUSPECT if spread < 0.5 else GOOD)


@given(some.lists(some.one_of(some.floats(-9, 15), some.just(4.0), some.just(math.nan)), min_size=1, max_size=40))
def test_one_by_one_the_definition_gives_the_same(values: list[float]) -> None:
    """Range, rate and spike of each reading, written out with its two neighbours."""
    flags = told(values, ALL)

    for n, value in enumerate(values):
        before, after = ([math.nan, *values][n], [*values, math.nan][n + 1])
        off, pace = abs(value - (before + after) / 2), abs(value - before) / 60
        assert flags["gross"][n] == graded(value, value < 0 or value > 9, value < -5 or value > 12)
        assert flags["spike"][n] == (MISSING if math.isnan(value) else graded(off, off > 2, off > 4, none=2))
        assert flags["rate"][n] == (MISSING if math.isnan(value) else graded(pace, pace > 0.05, False, none=2))


def graded(value: float, suspect: bool, fail: bool, none: int = MISSING) -> int:
    """One flag."""
    return none if math.isnan(value) else FAIL if fail else SUSPECT if suspect else GOOD


def test_the_worst_test_gives_the_primary_flag() -> None:
    """One test among the others, by the order of PRECEDENCE."""
    for worse, flag in pairwise(reversed(PRECEDENCE)):
        for shift in range(0, 4 * len(TESTS), 4):
            word = (0x1111111111 * flag) & ~(15 << shift) | worse << shift
            assert primary(np.array([word])).tolist() == [worse]


# What follows is slow because ioos_qc takes seconds to import.


def noisy(seed: int, *, missing: float) -> NDArray[np.float64]:
    """Ten days of minutes with spikes, steps, values out of range, and some missing."""
    rng = np.random.default_rng(seed)
    values = np.round(
        4 + np.cumsum(rng.normal(0, 0.3, 14_400)) % 9 + 3 * (rng.random(14_400) < 0.02) * rng.normal(0, 2, 14_400), 2
    )
    values[rng.random(len(values)) < missing] = np.nan
    return values


@pytest.mark.slow
@pytest.mark.parametrize("missing", [0.0, 0.05])
def test_range_and_spike_are_those_of_ioos(missing: float) -> None:
    """Reading by reading, the first and last and those beside a missing one included."""
    from ioos_qc import qartod

    values = noisy(1, missing=missing)
    flags = told(values.tolist(), ALL)

    assert flags["gross"] == qartod.gross_range_test(values, (-5, 12), (0, 9)).tolist()
    assert flags["spike"] == np.where(np.isnan(values), 9, qartod.spike_test(values, 2, 4)).tolist()
    assert {1, 2, 3, 4} <= set(flags["spike"])


@pytest.mark.slow
def test_rate_is_that_of_ioos_where_there_is_one() -> None:
    """ioos_qc passes what has no predecessor; here that is not evaluated, as QARTOD has it."""
    from ioos_qc import qartod

    values = noisy(2, missing=0.05)
    ours = np.array(told(values.tolist(), ALL)["rate"])
    theirs = qartod.rate_of_change_test(values, NOON_S + 60 * np.arange(len(values)), 0.05)
    alone = np.isnan(np.append(np.nan, values[:-1])) & ~np.isnan(values)

    assert ours[~alone].tolist() == theirs[~alone].tolist()
    assert set(ours[alone]) == {NOT_EVALUATED}
    assert set(theirs[alone]) == {GOOD}


@pytest.mark.slow
def test_cut_anywhere_the_stream_says_what_ioos_says_of_the_whole() -> None:
    """Range, rate, spike and flat line of 400,000 readings: no difference. `tests/speed/bench_oracle.py` does it with millions."""
    told = compared(400_000, seed=7)

    assert told["differences"] == {"gross": 0, "rate": 0, "spike": 0, "flat": 0}
    assert {"flat 3", "flat 4", "spike 3", "spike 4", "rate 3", "gross 3", "gross 4"} <= set(told["flags_seen"])


@pytest.mark.slow
def test_where_a_flat_line_is_not_that_of_ioos() -> None:
    """Binary fractions, a tolerance of nothing, and a silence, as the table of docs/numerics.md has it."""
    from ioos_qc import qartod

    quality = {"flat_tolerance": 0.02, "flat_step": 0.01, "flat_suspect_s": 300}
    noise, times_s = [21.43, 21.41] * 6, 60 * np.arange(12)
    gap_s = [0, 60, 120, 180, 240, 300, 5000, 5060, 5120]

    assert told(noise, quality)["flat"] == [1] * 12
    assert qartod.flat_line_test(noise, NOON_S + times_s, 300, 900, 0.02).tolist() == [1] * 5 + [3] * 7
    assert told([4.0] * 9, {"flat_suspect_s": 300})["flat"] == [1] * 5 + [3] * 4
    assert set(qartod.flat_line_test([4.0] * 9, NOON_S + times_s[:9], 300, 900).tolist()) == {1}
    assert told([4.0] * 9, quality, times_s=gap_s)["flat"][5:] == [3, 1, 1, 1]
    assert qartod.flat_line_test([4.0] * 9, NOON_S + np.array(gap_s), 300, 900, 0.02).tolist()[5:] == [3] * 4


@pytest.mark.slow
def test_climatology_is_that_of_ioos_by_month() -> None:
    """Values of a year against spans of two months; the others are passed here, and not evaluated there."""
    from ioos_qc import qartod

    times_s = 1_704_067_200 + 86_400 * np.arange(366)
    values = np.random.default_rng(8).normal(10, 8, 366).round(1)
    quality = {"month_1_low": 0, "month_1_high": 15, "month_7_low": 10, "month_7_high": 20}
    config = qartod.ClimatologyConfig()
    config.add(tspan=(1, 1), vspan=(0, 15), period="month")
    config.add(tspan=(7, 7), vspan=(10, 20), period="month")
    theirs = qartod.climatology_test(config, values, times_s.astype("M8[s]"), np.zeros(366))
    months = times_s.astype("M8[s]").astype("M8[M]").astype(int) % 12 + 1

    params = np.array([params_row("mean", 86_400, quality)])
    rows = advance(fresh(1), params, Columns(np.zeros(366, np.int64), times_s, values)).readings
    ours = np.array([unpack_tests(word)["climatology"] for word in rows["tests"]])
    there = np.isin(months, [1, 7])
    assert ours[there].tolist() == np.asarray(theirs)[there].tolist()
    assert set(ours[~there]) == {1}
    assert {1, 3} == set(ours)


@pytest.mark.slow
def test_a_faint_signal_is_that_of_ioos_at_the_end_of_each_hour() -> None:
    """The range of the hours before: with blocks of an hour, what ioos_qc says of the last reading before."""
    from ioos_qc import qartod

    values = (np.random.default_rng(9).normal(10, 1, 600) * np.repeat([1, 0.3, 0.1], 200)).round(2)
    times_s = NOON_S + 600 * np.arange(600)
    quality = {"attenuated_suspect": 2, "attenuated_fail": 1, "attenuated_s": 14_400}
    ours = np.array(told(values.tolist(), quality, times_s=(600 * np.arange(600)).tolist())["attenuated"])
    theirs = qartod.attenuated_signal_test(
        values, times_s.astype("M8[s]"), 2, 1, 14_400, min_obs=24, check_type="range"
    )
    begins = np.flatnonzero(times_s % 3600 == 0)[5:]

    assert ours[begins].tolist() == np.asarray(theirs)[begins - 1].tolist()
    assert {1, 3, 4} <= set(ours)


@pytest.mark.slow
def test_the_roll_up_is_that_of_ioos() -> None:
    """Any flags give the same primary flag."""
    from ioos_qc import qartod

    all_ = np.random.default_rng(4).choice(PRECEDENCE, (len(TESTS), 2000), p=[0.5, 0.3, 0.15, 0.03, 0.02])
    words = sum(flags.astype(np.int64) << 4 * n for n, flags in enumerate(all_))

    assert primary(words).tolist() == qartod.qartod_compare(list(all_)).tolist()
    assert set(primary(words)) >= {1, 2, 3, 4}
