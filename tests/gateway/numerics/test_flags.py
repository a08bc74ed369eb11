"""The four QARTOD tests, held against a reading-by-reading definition and against IOOS' own implementation."""

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
def test_the_flat_line_test_keeps_its_two_promises(values: list[float]) -> None:
    """All that stays within the tolerance for so long is flagged, and nothing that leaves twice the tolerance is."""
    flagged = told(values, {"flat_tolerance": 0.5, "flat_suspect_s": 300})["flat"]

    for n in range(5, len(values)):
        spread = max(values[n - 5 : n + 1]) - min(values[n - 5 : n + 1])
        assert flagged[n] == SUSPECT or spread > 0.5
        assert flagged[n] == GOOD or spread < 1.0


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
    """Every combination of four flags, by the order of PRECEDENCE."""
    for worse, flag in pairwise(reversed(PRECEDENCE)):
        for shift in (0, 4, 8, 12):
            word = (0x1111 * flag) & ~(15 << shift) | worse << shift
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
def test_a_flat_line_is_that_of_ioos_where_time_is_regular() -> None:
    """Values that stand still or leave twice the tolerance; in between ioos_qc looks at the exact range, here a grid does."""
    from ioos_qc import qartod

    rng = np.random.default_rng(3)
    steps = np.where(rng.random(14_400) < 0.1, rng.choice([-2.0, 2.0], 14_400), 0.0)
    values = np.cumsum(steps)
    ours = told(values.tolist(), {"flat_tolerance": 0.5, "flat_suspect_s": 600, "flat_fail_s": 1800})["flat"]
    theirs = qartod.flat_line_test(values, NOON_S + 60 * np.arange(len(values)), 600, 1800, 0.5)

    assert ours == theirs.tolist()
    assert {1, 3, 4} == set(ours)


@pytest.mark.slow
def test_the_roll_up_is_that_of_ioos() -> None:
    """Any four flags give the same primary flag."""
    from ioos_qc import qartod

    four = np.random.default_rng(4).choice(PRECEDENCE, (4, 2000))
    words = sum(four[n].astype(np.int64) << 4 * n for n in range(4))

    assert primary(words).tolist() == qartod.qartod_compare(list(four)).tolist()
