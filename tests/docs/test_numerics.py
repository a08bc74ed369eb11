"""The page about the numerics tells the truth: its examples are run, its figures and names are those of the code."""

from __future__ import annotations

import doctest
from pathlib import Path

from gateway.numerics.flags import TESTS
from gateway.numerics.params import AGGREGATES, CLIMATE, THRESHOLDS
from gateway.numerics.state import STATE

PAGE = Path(__file__).parent.parent.parent / "docs" / "numerics.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_its_examples_are_true() -> None:
    """What the page shows is what the code gives."""
    run = doctest.testfile(str(PAGE), module_relative=False)

    assert run.attempted > 12
    assert run.failed == 0


def test_every_aggregate_test_and_threshold_is_on_it() -> None:
    """Nothing that a recipe can write goes unexplained."""
    for name in (*AGGREGATES, *TESTS, *(t for t in THRESHOLDS if t not in {"fail_low", "suspect_low", *CLIMATE})):
        assert name in TEXT, name


def test_its_figures_are_those_of_the_code() -> None:
    """The size of a state."""
    assert f"one record of {STATE.itemsize} bytes" in TEXT
