"""What stands before a command, its options and the settings come together."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deploy.commands.options import rows_of, terminal
from devices.recipe import RECIPES, load_recipes


def test_recipes_of_ones_own_come_from_before_and_after_the_command(girouette: Callable[..., Any], home: Path) -> None:
    """Folders given in both places count together, and the file's where none is given."""
    for name in ("street", "yard"):
        shutil.copytree(RECIPES / "noise", home / name / name)

    both = girouette("--recipes", "street", "recipe", "list", "--recipes", "yard", "--json").told
    (home / "girouette.toml").write_text('recipes = ["yard"]')
    filed = girouette("recipe", "list", "--json").told

    assert {row["slug"] for row in both} - set(load_recipes()) == {"street", "yard"}
    assert {row["slug"] for row in filed} - set(load_recipes()) == {"yard"}


def test_an_option_wins_over_the_file(girouette: Callable[..., Any], home: Path) -> None:
    """`--store` is where the device is registered, whatever `girouette.toml` says."""
    (home / "girouette.toml").write_text('store = "sqlite:filed.sqlite"')

    girouette("pilot", "add", "rennes", "Rennes", "--store", "sqlite:given.sqlite")
    girouette("pilot", "add", "redon", "Redon")

    assert [row["slug"] for row in girouette("pilot", "list", "--store", "sqlite:given.sqlite", "--json").told] == [
        "rennes"
    ]
    assert [row["slug"] for row in girouette("pilot", "list", "--json").told] == ["redon"]


def test_columns_are_aligned() -> None:
    """Each column is as wide as its widest cell, and no line ends with blanks."""
    assert rows_of([{"a": 1, "b": "x"}, {"a": 100}], "a", "b") == ["1    x", "100"]


def test_a_dumb_terminal_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours go to a terminal that shows them only."""
    monkeypatch.setattr("os.isatty", lambda fd: fd == 2)
    assert terminal({"TERM": "xterm"})
    assert not terminal({"TERM": "dumb"})

    monkeypatch.setattr("os.isatty", lambda _: False)
    assert not terminal({"TERM": "xterm"})


def test_every_list_and_every_making_tells_json(girouette: Callable[..., Any]) -> None:
    """One JSON value each, objects for what was made, lists for lists."""
    made = [
        girouette("pilot", "add", "rennes", "Rennes", "--json"),
        girouette("place", "add", "Mairie", "--at", "48.11,-1.68", "--json"),
        girouette("device", "add", "--recipe", "air", "--place", "1", "--json"),
        girouette("device", "stage", "air-1", "public", "--json"),
    ]
    lists = [girouette(noun, "list", "--json") for noun in ("pilot", "place", "device", "recipe")]

    assert all(isinstance(json.loads(typed.out), dict) for typed in made)
    assert all(isinstance(json.loads(typed.out), list) for typed in lists)


def test_a_list_makes_no_file(girouette: Callable[..., Any], home: Path) -> None:
    """In the wrong folder it is said that there is nothing, and nothing is left behind."""
    typed = girouette("device", "list")

    assert "there is no girouette.sqlite; correct --store" in typed.err
    assert list(home.iterdir()) == []
