r"""MicroPython at a virtual board's end of the wire: the real interpreter, in a terminal of its own.

The unix interpreter ends where a chip restarts (Ctrl-D at an empty prompt, `machine.reset()`). After a soft reset it is started
again here, in the REPL in which it was; a hard reset is its end, and whoever put it there starts it anew. Its terminal is raw, or its
`\r\n` would become `\r\r\n` and break the raw REPL; Ctrl-C stays a signal, by which a running program is interrupted.
"""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from devices.interpreter import REBOOT, terminal_command
from devices.simulate import SIMULATOR
from devices.virtual.ports import PIECE, make_raw

RAW_ON, RAW_OFF = b"\x01", b"\x02"
IN_RAW = b"raw REPL; CTRL-B to exit"
"""What the raw REPL says when it is entered."""
NOT_COPIED = shutil.ignore_patterns("__pycache__", "virtual")
HEAP = "256wK"
"""Twice that of `devices/simulate.py`: the simulator's own modules are compiled on this heap while the firmware runs."""
READY = b"\x16"
"""What console_on.py says first, to us alone: before, a Ctrl-C would hit an interpreter that cannot hear it yet."""


class MicroPython:
    """A chip that runs MicroPython; `cause` is empty after power-on and a reset by the lines, "hard" after its own.

    `environment` tells the simulator what the disk is, where that is not the current folder.
    """

    def __init__(
        self, disk: Path, *, cause: str = "", environment: Mapping[str, str] | None = None, heap: str = HEAP
    ) -> None:
        self._disk, self._environment, self._heap = disk, dict(environment or {}), heap
        self._simulator = own_simulator(disk.parent)
        self._raw = False
        self._heard = b""
        self._early: bytes | None = b""
        """What was typed before the board could hear it; None once it can."""
        self._child, self._inner = self._start(cause)

    def fileno(self) -> int | None:
        """The terminal in which it runs."""
        return self._inner

    def hear(self, typed: bytes) -> None:
        """Type this."""
        if RAW_OFF in typed:
            self._raw = False
        if self._early is not None:
            self._early += typed
            return
        with contextlib.suppress(OSError):  # it ends at this moment: what is typed at a chip in reset is lost, too
            os.write(self._inner, typed)

    def say(self) -> bytes | None:
        """What it prints; None where it asks for a hard reset."""
        try:
            said = os.read(self._inner, PIECE)
        except OSError:  # EIO: the other end of the terminal is closed
            said = b""
        if not said:
            return self._begin_anew()
        if self._early is not None and READY in said:
            said = said.replace(READY, b"", 1)
            os.write(self._inner, self._early)
            self._early = None
        self._heard = (self._heard + said)[-len(IN_RAW) - len(said) :]
        self._raw = self._raw or IN_RAW in self._heard
        self._heard = self._heard[-len(IN_RAW) + 1 :]
        return said

    def stop(self) -> None:
        """Cut its power."""
        self._child.kill()
        self._child.wait()
        os.close(self._inner)

    def _begin_anew(self) -> bytes | None:
        """The interpreter has ended: so a chip restarts."""
        if self._child.wait() == REBOOT:
            return None
        os.close(self._inner)
        self._early = RAW_ON if self._raw else b""
        self._child, self._inner = self._start("soft")
        return b"MPY: soft reboot\r\n"

    def _start(self, cause: str) -> tuple[subprocess.Popen[bytes], int]:
        inner, console = pty.openpty()
        make_raw(console, signals=True)
        more = {"GIROUETTE_SIM_RESET": cause} if cause else {}
        if self._raw:
            more["GIROUETTE_SIM_RAW"] = "1"
        child = subprocess.Popen(
            terminal_command("-X", f"heapsize={self._heap}", "-i", str(self._simulator / "console_on.py")),
            cwd=self._disk,
            env=os.environ | {"MICROPYPATH": f".frozen:{self._simulator}"} | self._environment | more,
            stdin=console, stdout=console, stderr=console, start_new_session=True,
        )  # fmt: skip
        os.close(console)
        return child, inner


def own_simulator(directory: Path) -> Path:
    """A copy of the simulator beside the board's disk: the board sees it as `/_sim`, and who tidies up there may remove it."""
    return shutil.copytree(SIMULATOR, directory / "simulator", ignore=NOT_COPIED, dirs_exist_ok=True).resolve()
