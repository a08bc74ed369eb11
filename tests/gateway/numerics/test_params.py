"""Thresholds become a record, or are refused with a sentence; periods are dated."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

import gateway.numerics.params
from gateway.numerics.params import AGGREGATES, ParamsError, dated_row, no_params, params_row


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.numerics.params).failed == 0


@pytest.mark.parametrize(
    ("aggregate", "quality", "said"),
    [("median", {}, "no aggregate is called 'median'"), ("mean", {"spike": 3.0}, "no threshold is called 'spike'")],
)
def test_unknown_names_are_refused(aggregate: str, quality: dict[str, float], said: str) -> None:
    """The sentence names those there are."""
    with pytest.raises(ParamsError, match=said):
        params_row(aggregate, 60, quality)


@pytest.mark.parametrize(
    ("quality", "made"),
    [
        ({}, []),
        ({"fail_high": 60}, ["gross"]),
        ({"suspect_low": 0}, ["gross"]),
        ({"rate_per_s": 1}, ["rate"]),
        ({"spike_fail": 5}, ["spike"]),
        ({"flat_tolerance": 0.1}, []),
        ({"flat_suspect_s": 60}, ["flat"]),
    ],
)
def test_a_test_is_made_where_its_thresholds_are_known(quality: dict[str, float], made: list[str]) -> None:
    """One threshold of it is enough; a tolerance alone says nothing."""
    row = params_row("mean", 60, quality)

    assert [name for name in ("gross", "rate", "spike", "flat") if row[name]] == made


def test_what_fails_is_suspect_too() -> None:
    """A suspect threshold beyond the one that fails is drawn in to it."""
    wide = {"fail_low": 0, "fail_high": 10, "suspect_low": -5, "suspect_high": 20, "spike_suspect": 9, "spike_fail": 4}
    row = params_row("mean", 60, wide | {"flat_suspect_s": 900, "flat_fail_s": 600})

    assert [row[n] for n in ("suspect_low", "suspect_high", "spike_suspect", "flat_suspect_s")] == [0, 10, 4, 600]


def test_neighbours_and_silences_follow_the_period() -> None:
    """A board that measures each three hours has neighbours too."""
    often, seldom = params_row("mean", 60, {"flat_suspect_s": 600}), params_row("mean", 10_800, {"flat_suspect_s": 600})

    assert (often["near_s"], often["flat_gap_s"]) == (3600, 300)
    assert (seldom["near_s"], seldom["flat_gap_s"]) == (43_200, 21_600)


def test_of_dated_periods_the_last_two_are_kept() -> None:
    """None, one, or more; no period is no expectation."""
    none, one = dated_row("mean", [], {}), dated_row("mean", [(0, 10.0)], {})
    more = dated_row("mean", [(0, 60.0), (100, 5.0), (200, 10.0)], {})

    assert (none["hz"], none["hz_before"]) == (0, 0)
    assert (one["hz"], one["hz_before"]) == (0.1, 0.1)
    assert (more["hz"], more["hz_before"], more["since_s"]) == (0.1, 0.2, 200)


def test_a_series_of_which_nothing_is_known_is_a_mean_without_tests() -> None:
    """No threshold is within reach, and none of its numbers is missing."""
    row = no_params(2)[1]

    assert AGGREGATES[row["aggregate"]] == "mean"
    assert not any(row[name] for name in ("gross", "rate", "spike", "flat"))
    assert row["made"] == 0x2222222222
    assert not any(np.isnan(row[n]).any() for n in row.dtype.names or ())


def test_a_flat_line_is_whole_periods_long_and_four_at_least() -> None:
    """Two equal readings half an hour apart are no stuck sensor."""
    quality = {"flat_suspect_s": 2700, "flat_fail_s": 21_600}
    often, odd, seldom = (params_row("mean", period_s, quality) for period_s in (60, 7, 1800))

    assert (often["flat_suspect_s"], odd["flat_suspect_s"], seldom["flat_suspect_s"]) == (2700, 2695, 7200)
    assert (often["flat_fail_s"], odd["flat_fail_s"], seldom["flat_fail_s"]) == (21_600, 21_595, 21_600)
    assert params_row("mean", 0, quality)["flat_suspect_s"] == 2700
