"""The command that takes a workshop's file into the town's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from halves import Half

from deploy.faults import REFUSED, USAGE


@pytest.mark.slow
def test_tried_first_then_done_then_nothing_is_new(girouette: Callable[..., Any], home: Path) -> None:
    """What is told is what comes; the town's broker is to be told of the new accounts; then everything is there."""
    workshop, town = Half(home / "workshop.sqlite"), Half(home / "girouette.sqlite")
    workshop.settle("atelier", "air-1")
    workshop.measure("air-1", 0, 30)
    town.settle("rennes", "noise-1", name="Rennes")

    tried = girouette("registry", "merge", "sqlite:workshop.sqlite")
    done = girouette("registry", "merge", "workshop.sqlite", "--apply", "--json")
    again = girouette("registry", "merge", "workshop.sqlite", "--apply")

    assert (tried.code, done.code, again.code) == (0, 0, 0)
    assert "       60  readings, with their flags" in tried.out
    assert (done.told["applied"], done.told["taken"]["readings"]) == (True, 60)
    assert done.told["devices"] == {"air-1": "air-1"}
    assert "Everything is there already" in again.out
    assert "air-1" in girouette("device", "list").out


def test_what_cannot_be_is_said(girouette: Callable[..., Any], home: Path) -> None:
    """A rename that is none is a fault of the command line; a file that is not there is refused."""
    Half(home / "girouette.sqlite")

    assert girouette("registry", "merge", "nothing.sqlite", "--rename", "air-1").code == USAGE
    missing = girouette("registry", "merge", "girouette.sqlite")
    assert (missing.code, "the town's registry already" in missing.err) == (REFUSED, True)
