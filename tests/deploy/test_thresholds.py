"""Thresholds of one series, as an operator gives and takes them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deploy.assembly import open_registry
from deploy.commands.thresholds import written
from deploy.faults import REFUSED, USAGE
from devices.quantity import load_quantities
from gateway.directory import Directory

FILE = Path("girouette.sqlite")


@pytest.fixture
def roof(girouette: Callable[..., Any]) -> int:
    """A device that measures temperature; the number of that series."""
    girouette("device", "add", "--recipe", "air", "--id", "air-1", "--place", "48.11,-1.68")
    (told,) = girouette("device", "list", "--json").told
    number: int = told["series"]["temperature"]
    return number


def of(told: Any) -> dict[str, tuple[float, str]]:
    """Value and owner of each threshold."""
    return {row["threshold"]: (row["value"], row["of"]) for row in told["thresholds"]}


def test_a_series_gets_thresholds_of_its_own_and_gives_them_back(girouette: Callable[..., Any], roof: int) -> None:
    """What is named changes and what is not stays, as a list and a page show."""
    before = of(girouette("series", "show", roof, "--json").told)

    girouette("series", "set", roof, "fail_high=55", "rate_per_s=0,5")
    set_ = of(girouette("series", "set", roof, "suspect_high=44", "--json").told)
    listed = {row["id"]: row["own"] for row in girouette("series", "list", "--json").told}
    back = of(girouette("series", "set", roof, "fail_high=", "rate_per_s=", "suspect_high=", "--json").told)

    assert set_["fail_high"] == (55.0, "series")
    assert set_["rate_per_s"] == (0.5, "series")
    assert set_["suspect_high"] == (44.0, "series")
    assert set_["fail_low"] == before["fail_low"]
    assert listed[roof] == {"fail_high": 55.0, "rate_per_s": 0.5, "suspect_high": 44.0}
    assert back == before
    assert "quantity’s" in girouette("series", "show", roof).out


def test_a_gateway_that_runs_takes_them_in(girouette: Callable[..., Any], roof: int) -> None:
    """The directory that it reads each second has the new threshold without a start."""
    with closing(open_registry(f"sqlite:{FILE}")) as registry:
        directory = Directory(registry, load_quantities())
        was = float(directory.table()[roof]["fail_high"])

        typed = girouette("series", "set", roof, "fail_high=55")

        assert "within a second" in typed.out
        assert directory.refresh()
        assert (was, float(directory.table()[roof]["fail_high"])) == (60.0, 55.0)


REFUSED_LINES = (
    ("fail_hi=3", REFUSED, "fail_low, fail_high"),
    ("fail_high", USAGE, "KEY=NUMBER"),
    ("fail_high=hot", USAGE, "fail_high=45"),
    ("fail_high=nan", USAGE, "fail_high=45"),
    ("fail_high=4000", REFUSED, "bounds of admission"),
    ("fail_high=-50", REFUSED, "is not below"),
    ("rate_per_s=-1", REFUSED, "greater than 0"),
)
"""A threshold, the exit code, and what is said."""


def test_what_is_no_threshold_is_refused_with_a_sentence(girouette: Callable[..., Any], roof: int) -> None:
    """Nothing changes, not even by a good one beside it; nor of a series that is not there."""
    for word, code, said in REFUSED_LINES:
        typed = girouette("series", "set", roof, "spike_fail=9", word)
        assert (typed.code, said in typed.err) == (code, True), (word, typed.err)

    assert all(row["own"] == {} for row in girouette("series", "list", "--json").told)
    assert "girouette series list" in girouette("series", "set", 99, "fail_high=3").err
    assert girouette("series", "show", 99).code == REFUSED


def test_thresholds_are_read_as_they_are_written() -> None:
    """A point or a comma, and nothing for one that is taken back."""
    assert written(["fail_high = 40,5", "flat_tolerance=.1", "rate_per_s="]) == {
        "fail_high": 40.5,
        "flat_tolerance": 0.1,
        "rate_per_s": None,
    }
