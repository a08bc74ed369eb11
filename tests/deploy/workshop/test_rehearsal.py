"""Boards that are not there: what they are asked for, and how they are found while they run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from deploy.flashing import ports
from deploy.workshop import rehearsal
from deploy.workshop.rehearsal import (
    Found,
    RehearsalError,
    Wanted,
    announced,
    boards,
    check,
    linked,
    links,
    mac_of,
    running_boards,
)
from devices.interpreter import have_micropython

real = pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other virtual boards of this machine are not ours to see."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


@pytest.mark.parametrize(
    ("wanted", "key"),
    [(Wanted("esp8266"), "bad_chip"), (Wanted("c6", 0), "bad_count"), (Wanted("c6", 21), "bad_count")],
)
@real
def test_what_there_is_none_of_is_refused(wanted: Wanted, key: str) -> None:
    """With a sentence that says what there is."""
    with pytest.raises(RehearsalError) as refused:
        check(wanted)
    assert refused.value.key == key


def test_a_machine_that_cannot_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows has WSL; a package that is missing has its command."""
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(RehearsalError) as refused:
        check(Wanted("c6"))
    assert "wsl --install" in refused.value.said("fr")
    monkeypatch.undo()

    monkeypatch.setenv("GIROUETTE_MICROPYTHON", sys.executable)
    monkeypatch.setattr(rehearsal, "PACKAGES", ("no_such_package",))
    with pytest.raises(RehearsalError) as refused:
        check(Wanted("c6"))
    assert "pip install no-such-package" in refused.value.said("fr")


def test_running_boards_are_found_and_those_of_the_dead_forgotten() -> None:
    """As long as the process that has them runs."""
    mine = Found("/dev/pts/7", "c6", "02:67:69:00:00:01")
    with announced([mine]):
        assert running_boards() == [mine]
        assert [(port.path, port.chips, port.serial) for port in ports.boards()][-1:] == [
            (mine.port, (mine.chip,), mine.number)
        ]
        dead = subprocess.Popen([sys.executable, "-c", ""])
        dead.wait()
        (rehearsal.place() / f"{dead.pid}.json").write_text(json.dumps([["/dev/pts/8", "c3", "x"]]))
        assert running_boards() == [mine]
    assert running_boards() == []
    assert rehearsal.place().stat().st_mode & 0o77 == 0


def test_a_link_is_one_more_name_and_takes_nobodys_place(tmp_path: Path) -> None:
    """One for each board; a file of that name stays."""
    assert links(Wanted("c6", 2, link=tmp_path / "carte")) == [tmp_path / "carte-1", tmp_path / "carte-2"]
    with linked(tmp_path / "carte", os.devnull):
        assert (tmp_path / "carte").resolve() == Path(os.devnull)
    assert not (tmp_path / "carte").is_symlink()

    (tmp_path / "mine").write_text("x")
    with pytest.raises(RehearsalError), linked(tmp_path / "mine", os.devnull):
        pass
    assert (tmp_path / "mine").read_text() == "x"


def test_each_board_has_its_own_number(tmp_path: Path) -> None:
    """The same as long as its folder is there, and no maker's."""
    assert mac_of(tmp_path / "a") == mac_of(tmp_path / "a") != mac_of(tmp_path / "b")
    assert mac_of(tmp_path)[0] & 0b11 == 0b10


@real
@pytest.mark.slow
def test_boards_run_are_found_and_leave_nothing(tmp_path: Path) -> None:
    """Each on a port and with a number of its own; the folder of passing ones is gone afterwards."""
    laid: list[Path] = []
    with boards(Wanted("c3", 3), laid.append, lambda _port, _mode: None) as names:
        found = running_boards()
        assert [one.port for one in found] == names
        assert len({one.number for one in found}) == len(set(names)) == 3
    assert len(laid) == 3
    assert not any(file.exists() for file in laid)


@real
@pytest.mark.slow
def test_kept_boards_are_laid_once(tmp_path: Path) -> None:
    """What is in their flash stays there."""
    laid: list[Path] = []
    for _ in range(2):
        with boards(Wanted("c3", folder=tmp_path / "kept"), laid.append, lambda _port, _mode: None):
            pass
    assert len(laid) == 1
    assert laid[0].exists()
