"""MicroPython at a board's end of the wire: it restarts where a chip does, in the REPL in which it was."""

from __future__ import annotations

import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.interpreter import have_micropython
from devices.simulate import SIMULATOR
from devices.virtual.running import MicroPython

pytestmark = pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")


@pytest.fixture
def chip(tmp_path: Path) -> Iterator[MicroPython]:
    """A chip with a `main.py`."""
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "main.py").write_text("import machine\nprint('main', machine.reset_cause())\n")
    running = MicroPython(disk)
    yield running
    running.stop()


def hear(chip: MicroPython, *, until: bytes) -> bytes | None:
    """What it says until it has said this; None where it ends before."""
    said = b""
    while until not in said:
        fileno = chip.fileno()
        assert fileno is not None
        assert select.select([fileno], [], [], 20)[0], said
        more = chip.say()
        if more is None:
            return None
        said += more
    return said


def test_a_soft_reset_runs_the_program_again(chip: MicroPython) -> None:
    """Ctrl-D at the prompt; what was typed before the board could hear it is not lost."""
    chip.hear(b"print(6 * 7)\r")
    assert b"main 1" in (hear(chip, until=b"42") or b"")
    chip.hear(b"\x04")
    assert b"soft reboot" in (hear(chip, until=b"main 5") or b"")


def test_a_soft_reset_from_the_raw_repl_comes_back_to_it(chip: MicroPython) -> None:
    """`main.py` does not run, as on an ESP32; text that holds the byte of the raw REPL changes nothing."""
    hear(chip, until=b">>> ")
    chip.hear(b"\x01")
    hear(chip, until=b"raw REPL; CTRL-B to exit\r\n>")
    chip.hear(b"\x04")
    again = hear(chip, until=b"raw REPL; CTRL-B to exit\r\n>") or b""
    assert b"soft reboot" in again
    assert b"main" not in again


def test_a_hard_reset_is_its_end(chip: MicroPython) -> None:
    """Whoever put it there starts it anew."""
    chip.hear(b"import machine; machine.reset()\r")
    assert hear(chip, until=b"never said") is None


def test_who_tidies_up_on_the_board_takes_nothing_of_this_machine(chip: MicroPython) -> None:
    """What the board shows of its simulator is a copy, and is there again at the next power-on."""
    hear(chip, until=b">>> ")
    chip.hear(b"import os; os.remove('/_sim/world.py'); print('gone', 'world.py' in os.listdir('/_sim'))\r")
    assert b"gone False" in (hear(chip, until=b"gone False") or b"")
    assert (SIMULATOR / "world.py").exists()
