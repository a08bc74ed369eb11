"""`girouette label`, as an agent types it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.faults import DONE, REFUSED

HERE = ("--place", "48.11,-1.68", "--name", "Mairie")


def test_labels_are_drawn_for_registered_devices(girouette: Callable[..., Any], home: Path) -> None:
    """The sheet names the device, its recipe and its place."""
    girouette("device", "add", "--recipe", "noise", *HERE)
    typed = girouette("label", "noise-1", "--file", "box.svg")
    sheet = (home / "box.svg").read_text(encoding="utf-8")

    assert (typed.code, typed.out.strip()) == (DONE, "box.svg")
    assert all(f">{word}<" in sheet for word in ("noise-1", "Noise", "Mairie"))


def test_who_is_not_registered_has_no_label(girouette: Callable[..., Any], home: Path) -> None:
    """It is named, and nothing is written."""
    girouette("device", "add", "--recipe", "noise", *HERE)
    typed = girouette("label", "noise-1", "noise-9")

    assert typed.code == REFUSED
    assert "noise-9" in typed.err
    assert not (home / "labels.svg").exists()
