r"""A virtual board behind a terminal: the real interpreter, which mpremote and an editor's serial tools take for a board.

Between the terminal that a tool opens and the one in which MicroPython runs stands a bridge. The unix interpreter ends where
a chip restarts (Ctrl-D at an empty prompt, `machine.reset()`): the bridge starts it again and brings it back into the mode in
which it was. MicroPython's terminal is raw, or its `\r\n` would become `\r\r\n` and break the raw REPL; Ctrl-C stays a
signal, by which a running program is interrupted.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import termios
import threading
import tty
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from devices.image import Image
from devices.interpreter import REBOOT, terminal_command
from devices.simulate import HEAP, SIMULATOR, Surroundings, lay, lay_settings, write_json

RAW_ON, RAW_OFF = b"\x01", b"\x02"
PIECE = 4096
LOOK_S = 0.2
READY = b"\x16"
"""What console_on.py says first, to the bridge alone: before, a Ctrl-C would hit an interpreter that cannot hear it yet."""


class VirtualBoard:
    """One board; `port` is what a tool connects to, as long as this is open."""

    def __init__(self, image: Image, *, directory: Path, around: Surroundings, heap: str = HEAP) -> None:
        self._flash = directory / "flash"
        self._flash.mkdir(parents=True, exist_ok=True)
        lay(image.files, self._flash)
        lay_settings(image.settings, directory)
        write_json(directory / "sim.json", asdict(around))
        self._heap = heap
        self._outer, self._tool = pty.openpty()
        make_raw(self._outer)
        self.port = os.ttyname(self._tool)
        self._mode = RAW_OFF
        self._early: bytes | None = b""
        """What was typed before the board could hear it; None once it can."""
        self._over = threading.Event()
        self._child, self._inner = self._start(cause="")
        self._bridge = threading.Thread(target=self._run, name=f"bridge of {self.port}", daemon=True)

    def __enter__(self) -> Self:
        self._bridge.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over.set()
        self._bridge.join()
        self._child.kill()
        self._child.wait()
        for end in (self._inner, self._outer, self._tool):
            os.close(end)

    def _start(self, *, cause: str) -> tuple[subprocess.Popen[bytes], int]:
        """Switch the board on; `cause` is empty for power-on, else why it starts again."""
        inner, console = pty.openpty()
        make_raw(console, signals=True)
        more = {"GIROUETTE_SIM_RESET": cause} if cause else {}
        if self._mode == RAW_ON:
            more["GIROUETTE_SIM_RAW"] = "1"
        child = subprocess.Popen(
            terminal_command("-X", f"heapsize={self._heap}", "-i", str(SIMULATOR / "console_on.py")),
            cwd=self._flash, env=os.environ | {"MICROPYPATH": f".frozen:{SIMULATOR}"} | more,
            stdin=console, stdout=console, stderr=console, start_new_session=True,
        )  # fmt: skip
        os.close(console)
        return child, inner

    def _run(self) -> None:
        """Carry bytes both ways until it is over."""
        while not self._over.is_set():
            ready, _, _ = select.select([self._outer, self._inner], [], [], LOOK_S)
            if self._outer in ready:
                self._hear()
            if self._inner in ready and not self._say():
                self._begin_anew()

    def _hear(self) -> None:
        """What the tool types; which REPL it asks for is remembered."""
        typed = os.read(self._outer, PIECE)
        asked = [typed[n : n + 1] for n in range(len(typed)) if typed[n : n + 1] in {RAW_ON, RAW_OFF}]
        self._mode = asked[-1] if asked else self._mode
        if self._early is not None:
            self._early += typed
            return
        with contextlib.suppress(
            OSError
        ):  # the board ends at this moment: what is typed at a chip in reset is lost, too
            os.write(self._inner, typed)

    def _say(self) -> bool:
        """What the board prints; False where it has ended."""
        try:
            said = os.read(self._inner, PIECE)
        except OSError:  # EIO: the other end of the terminal is closed
            return False
        if not said:
            return False
        if self._early is not None and READY in said:
            said = said.replace(READY, b"", 1)
            os.write(self._inner, self._early)
            self._early = None
        os.write(self._outer, said)
        return True

    def _begin_anew(self) -> None:
        """The interpreter has ended: so a chip restarts."""
        os.close(self._inner)
        hard = self._child.wait() == REBOOT
        if hard:
            self._mode = RAW_OFF
        else:
            os.write(self._outer, b"MPY: soft reboot\r\n")
        self._early = RAW_ON if self._mode == RAW_ON else b""
        self._child, self._inner = self._start(cause="hard" if hard else "soft")


def make_raw(terminal: int, *, signals: bool = False) -> None:
    """No echo, no lines, no translation; with `signals` Ctrl-C still interrupts."""
    tty.setraw(terminal)
    if signals:
        mode = termios.tcgetattr(terminal)
        mode[3] |= termios.ISIG
        termios.tcsetattr(terminal, termios.TCSANOW, mode)
