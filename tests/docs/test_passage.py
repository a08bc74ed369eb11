"""docs/passage.md: both languages take the same steps, and they are taken, in order, at a workshop and in a town."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from halves import Half

from deploy.cli import run
from deploy.faults import AWAY, DONE
from deploy.settings import Settings

PAGE = Path(__file__).parent.parent.parent / "docs" / "passage.md"
SHELL = re.compile(r"```sh\n(.*?)```", re.DOTALL)
TRAVEL = {"atelier.sqlite": ("workshop", "town"), "passage.gir": ("town", "workshop")}
"""What is carried from where to where, as soon as it is written."""


def steps(text: str) -> list[str]:
    """Each command, in order."""
    return [line for block in SHELL.findall(text) for line in block.splitlines()]


def languages() -> tuple[list[str], list[str]]:
    """The commands of the French half and of the English one."""
    french, english = PAGE.read_text().split("## In English")
    return steps(french), steps(english)


def test_both_languages_take_the_same_steps() -> None:
    """Command by command."""
    french, english = languages()

    assert french == english
    assert len(french) == 8


def test_both_languages_tell_the_key_of_a_boards_own_wifi() -> None:
    """Before the move the workshop tells it, afterwards the town does; a label has it only where that was asked for."""
    for half in PAGE.read_text(encoding="utf-8").split("## In English"):
        assert half.count("`girouette wifi own") == 2
        assert "`girouette label --wifi`" in half


def place_of(command: str) -> str:
    """Where a command is typed."""
    return "workshop" if command.startswith(("girouette backup", "girouette device move")) else "town"


@pytest.mark.slow
def test_the_page_is_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mosquitto: int, free_port: Callable[[], int]
) -> None:
    """Each command ends as it should, with no board about: those that speak to one say that it is away."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"GIROUETTE_{name.upper()}", raising=False)
    monkeypatch.setenv("GIROUETTE_SETTINGS", "")
    monkeypatch.setenv("GIROUETTE_BOARD_BROKER", "mqtt://town.example")
    monkeypatch.setenv("GIROUETTE_BROKER", f"mqtt://127.0.0.1:{mosquitto}")
    for name in ("workshop", "town"):
        (tmp_path / name).mkdir()
        half = Half(tmp_path / name / "girouette.sqlite")
        half.settle("pilote", "air-1", name=name)
        half.measure("air-1", 0, 20)

    for number, command in enumerate(languages()[0]):
        here = place_of(command)
        monkeypatch.chdir(tmp_path / here)
        if command.endswith("ttyACM0"):
            continue  # tests/deploy/passage/test_moving.py has a board at a port
        words = shlex.split(command)[1:]
        more = ["--wait", "1s"] if "move" in words else []
        expected = AWAY if "move" in words else 1 if number == 1 else DONE  # the name is taken: the page says so
        assert run([*words, *more]) == expected, command
        carry(tmp_path)

    assert Half(tmp_path / "town" / "girouette.sqlite").readings("air-2") == half.readings("air-1")


def carry(folder: Path) -> None:
    """Take a file to the other place, once it is there."""
    for name, (from_, to) in TRAVEL.items():
        if (folder / from_ / name).exists() and not (folder / to / name).exists():
            (folder / to / name).write_bytes((folder / from_ / name).read_bytes())
