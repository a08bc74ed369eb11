"""The virtual board behind a terminal: the real mpremote takes it for a board."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.image import Identity, build_image, shard_of
from devices.interpreter import have_micropython
from devices.recipe import load_recipes
from devices.simulate import Surroundings
from devices.virtual.terminal import VirtualBoard

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")]


@pytest.fixture
def board(tmp_path: Path) -> Iterator[VirtualBoard]:
    """A board whose application runs, and finds no broker."""
    recipe = load_recipes()["climate"]
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 9)
    with VirtualBoard(
        build_image([recipe], identity), directory=tmp_path, around=Surroundings(signals=recipe.signals)
    ) as running:
        yield running


def mpremote(board: VirtualBoard, *words: str) -> str:
    """What mpremote prints; it must succeed."""
    command = [sys.executable, "-m", "mpremote", "connect", board.port, *words]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_a_running_board_is_interrupted_and_asked(board: VirtualBoard) -> None:
    """The application gives way to the raw REPL, the board's disk is `/`, and the simulated chip is there."""
    assert mpremote(board, "exec", "import sys; print(sys.implementation.name)") == "micropython\n"
    assert mpremote(board, "exec", "import machine; print(machine.unique_id())") == "b'\\x02sim\\x00\\x01'\n"
    assert {"boot.py", "main.py", "config.json"} <= set(mpremote(board, "fs", "ls").split())


def test_files_are_copied_and_survive_restarts(board: VirtualBoard, tmp_path: Path) -> None:
    """A file goes to the board, comes back the same, and is there after a soft reset and after a hard one."""
    there = tmp_path / "there.bin"
    there.write_bytes(bytes(range(256)) * 40)

    mpremote(board, "fs", "cp", str(there), ":kept.bin")
    mpremote(board, "soft-reset")
    mpremote(board, "reset")
    mpremote(board, "fs", "cp", ":kept.bin", str(tmp_path / "back.bin"))

    assert (tmp_path / "back.bin").read_bytes() == there.read_bytes()


def test_what_was_in_memory_is_gone_after_a_soft_reset(board: VirtualBoard) -> None:
    """`resume` finds a name again, a soft reset does not."""
    mpremote(board, "exec", "kept = 7")

    assert mpremote(board, "resume", "exec", "print(kept)") == "7\n"
    assert mpremote(board, "exec", "print('kept' in globals())") == "False\n"
