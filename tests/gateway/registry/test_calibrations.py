"""Calibrations in the registry: dated, named, one at a time, taken back without being forgotten."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.registry import Registry, RegistryRefusal, RegistryUnknown, Wanted

LINE = Wanted("air-1", "temperature", "linear", {"slope": 0.5, "offset": 1.0}, evidence={"r2": 0.9, "n": 400})


def test_a_calibration_is_kept_with_its_evidence(town: Any, opened: Callable[..., Registry]) -> None:
    """Another process reads what was recorded; a line's version is its own number, a formula's that of the formula."""
    town.add("air-1")

    line = town.registry.add_calibration(LINE, at_s=5000)
    formula = town.registry.add_calibration(Wanted("air-1", "pm2_5", "barkjohn-2021", {}, 100, 200), at_s=5001)

    assert opened().calibrations() == [line, formula]
    assert (line.name, formula.name) == ("linear@1", "barkjohn-2021@1")
    assert (line.start_s, line.end_s, line.numbers, line.evidence) == (0, None, LINE.numbers, LINE.evidence)
    assert (formula.start_s, formula.end_s, formula.added_s) == (100, 200, 5001)


def test_one_holds_at_a_time(town: Any) -> None:
    """Dates that meet are refused, dates that touch are not, nor is another channel."""
    town.add("air-1")
    town.registry.add_calibration(Wanted("air-1", "temperature", "linear", {}, 100, 200), at_s=1)

    with pytest.raises(RegistryRefusal, match="calibration remove 1"):
        town.registry.add_calibration(LINE, at_s=2)
    town.registry.add_calibration(Wanted("air-1", "temperature", "linear", {}, 200, None), at_s=2)
    town.registry.add_calibration(Wanted("air-1", "temperature", "linear", {}, 0, 100), at_s=2)

    assert len(town.registry.calibrations()) == 3


def test_what_is_taken_back_holds_no_more_and_its_number_is_nobody_elses(town: Any) -> None:
    """It is gone from what holds, it stays for the record, and the next one has another name; twice is refused."""
    town.add("air-1")
    first = town.registry.add_calibration(LINE, at_s=1)
    before = town.registry.revision()

    gone = town.registry.remove_calibration(first.id, at_s=9)

    assert town.registry.revision() > before
    assert (town.registry.calibrations(), town.registry.calibrations(removed=True)) == ([], [gone])
    assert gone.removed_s == 9
    assert town.registry.add_calibration(LINE, at_s=10).name == "linear@2"
    with pytest.raises(RegistryUnknown, match="has the number 1"):
        town.registry.remove_calibration(first.id, at_s=11)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted("air-9", "temperature", "linear", {}), "no device is called"),
        (Wanted("air-1", "noise", "linear", {}), "there are temperature, pm2_5"),
        (Wanted("air-1", "temperature", "linear", {}, 200, 100), "before it begins"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(town: Any, wanted: Wanted, said: str) -> None:
    """A device, a channel or dates that are none: a sentence, and no row."""
    town.add("air-1")

    with pytest.raises((RegistryRefusal, RegistryUnknown), match=said):
        town.registry.add_calibration(wanted, at_s=1)

    assert town.registry.calibrations(removed=True) == []
