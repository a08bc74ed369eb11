"""`girouette board --pty`: what a person reads, and boards that real tools talk to."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.cli import run
from deploy.commands.board import introduced, tell_mode
from deploy.workshop.rehearsal import Wanted
from devices.interpreter import have_micropython
from devices.recipe import load_recipes

real = pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")


def test_without_a_terminal_there_is_no_board(capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence has the command in it."""
    assert run(["board"]) == 1
    assert "girouette board --pty" in capsys.readouterr().err


def test_a_person_reads_ports_and_what_to_type_next(capsys: pytest.CaptureFixture[str]) -> None:
    """For one board and for several, new ones and those that measure."""
    one = "\n".join(introduced(Wanted("c6", recipe=load_recipes()["air"]), ["/dev/pts/3"]))
    many = "\n".join(introduced(Wanted("c6", 2, folder=Path("kept"), link=Path("carte")), ["/dev/pts/3", "/dev/pts/4"]))

    assert "girouette flash air " in one
    assert "mpremote connect /dev/pts/3 repl" in one
    assert "--folder" in one
    assert "girouette flash climate --many" in many
    assert "carte-2" in many
    assert "--folder" not in many
    tell_mode("/dev/pts/3", "boot")
    assert capsys.readouterr().out.startswith("/dev/pts/3 ")


@real
@pytest.mark.slow
def test_a_board_that_measures_is_talked_to_by_mpremote_and_ends_clean(tmp_path: Path) -> None:
    """The real firmware in a flash of its own: interrupted, asked, started again; Ctrl-C ends it, and nothing is left."""
    command = [sys.executable, "-m", "deploy.cli", "board", "--pty", "climate", "--link", str(tmp_path / "carte")]
    env = os.environ | {"TMPDIR": str(tmp_path), "LC_ALL": "C.UTF-8"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as board:
        assert board.stdout is not None
        port = re.search(r"mpremote connect (\S+)", read_to(board, "mpremote connect"))
        assert port is not None
        for name in (port[1], str(tmp_path / "carte")):
            words = ["connect", name, "exec", "import json; print(json.load(open('config.json'))['recipe'])"]
            asked = subprocess.run([sys.executable, "-m", "mpremote", *words], capture_output=True, text=True)
            assert asked.stdout == "climate\n", asked.stderr
        board.send_signal(signal.SIGINT)
        assert board.wait(20) == 0
    assert [file.name for file in tmp_path.iterdir()] == [f"girouette-boards-{os.getuid()}"]


def read_to(board: subprocess.Popen[str], word: str) -> str:
    """What it prints up to the line with this word."""
    assert board.stdout is not None
    for line in board.stdout:
        if word in line:
            return line
    pytest.fail(f"it ended without {word}")
