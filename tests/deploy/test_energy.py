"""`girouette energy`, as an agent types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.faults import DONE, REFUSED


def test_days_are_told_as_a_table_and_as_json(girouette: Callable[..., Any], home: Path) -> None:
    """The table compares three ways of sending; JSON has the days for the period that was asked."""
    typed = girouette("energy", "climate", "--period", "300", "--batch", "4", "--svg", "days.svg")
    told = girouette("energy", "climate", "--period", "300", "--batch", "4", "--json").told

    assert typed.code == DONE
    assert "sent every 4 samples" in typed.out
    assert "Reckoned, not measured" in typed.out
    assert (home / "days.svg").read_text(encoding="utf-8").startswith("<svg")
    assert told["sleeps"] is True
    assert f"Every 5 min, by 4: {round(told['days'])} days" in typed.out
    assert told["days_kit"] < told["days"]


def test_who_cannot_sleep_is_told_so(girouette: Callable[..., Any]) -> None:
    """Rain and wind want mains or sun, and the sentence says why."""
    typed = girouette("energy", "weather")

    assert "Wind and rain cannot sleep (anemometer, rain_gauge:" in typed.out
    assert "solar panel" in typed.out


def test_an_unknown_recipe_is_refused(girouette: Callable[..., Any]) -> None:
    """The known ones are listed."""
    typed = girouette("energy", "whether")

    assert typed.code == REFUSED
    assert "weather" in typed.err
