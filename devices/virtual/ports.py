"""The ports by which tools reach a virtual board: a terminal, as for a board on a cable, and a TCP port, `socket://`.

Like a serial port they carry bytes both ways and keep little of what nobody reads: a board that talks to nobody goes on.
Neither has the two lines (DTR, RTS) by which a tool resets a board; that its user has left is told instead.
"""

from __future__ import annotations

import os
import pty
import select
import socket
import termios
import tty
from typing import Protocol

PIECE = 4096
PATIENCE_S = 1.0
"""So long a tool may take to read what fills its port, once; after that what is said is lost, until it reads again."""


class Port(Protocol):
    """One of a board's ports."""

    name: str
    """What a tool is told to connect to."""

    def filenos(self) -> list[int]:
        """What is to be waited for."""

    def hear(self) -> bytes | None:
        """What was typed, perhaps nothing; None where the user has left."""

    def say(self, said: bytes) -> None:
        """Give this to whoever reads; lost where nobody does."""

    def close(self) -> None:
        """Take the port away."""


class Terminal:
    """A port with a name in `/dev`, for mpremote, esptool and an editor's serial tools."""

    def __init__(self) -> None:
        self._outer, tool = pty.openpty()
        make_raw(self._outer)
        os.set_blocking(self._outer, False)
        self.name = os.ttyname(tool)
        self._held: int | None = tool
        """Our own hold on the tool's end, let go when a tool types: only then its leaving can be told."""
        self._deaf = False

    def filenos(self) -> list[int]:
        """The end that is ours."""
        return [self._outer]

    def hear(self) -> bytes | None:
        """What was typed; None where the last tool has closed the port."""
        try:
            typed = os.read(self._outer, PIECE)
        except BlockingIOError:
            return b""
        except OSError:  # EIO: nobody holds the other end
            typed = b""
        if not typed:
            self._hold()
            return None
        if self._held is not None:
            os.close(self._held)
            self._held = None
        return typed

    def say(self, said: bytes) -> None:
        """Write what there is room for, and wait for a reader once."""
        while said:
            try:
                said = said[os.write(self._outer, said) :]
                self._deaf = False
            except BlockingIOError:
                if self._deaf or not select.select([], [self._outer], [], PATIENCE_S)[1]:
                    self._deaf = True
                    return
            except OSError:  # EIO: the tool has left, which `hear` will tell
                return

    def close(self) -> None:
        """Take the terminal away."""
        os.close(self._outer)
        if self._held is not None:
            os.close(self._held)

    def _hold(self) -> None:
        self._held = os.open(self.name, os.O_RDWR | os.O_NOCTTY)
        make_raw(self._outer)


class Socket:
    """A port on loopback, for one tool at a time."""

    scheme = "socket"

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._tool: socket.socket | None = None
        self.name = f"{self.scheme}://127.0.0.1:{self._listening.getsockname()[1]}"
        self._deaf = False

    def filenos(self) -> list[int]:
        """The tool's connection, or the door where there is none."""
        return [(self._tool or self._listening).fileno()]

    def hear(self) -> bytes | None:
        """What was typed; None where the tool has gone."""
        if self._tool is None:
            self._tool, _ = self._listening.accept()
            self._tool.settimeout(PATIENCE_S)
            self._tool.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._tool.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16 * PIECE)  # a port keeps little
            self.welcome()
            return b""
        try:
            typed = self._tool.recv(PIECE)
        except OSError:  # it was reset
            typed = b""
        if not typed:
            self._tool.close()
            self._tool = None
            return None
        return self.typed(typed)

    def say(self, said: bytes) -> None:
        """Send what the tool takes in time."""
        if self._tool is None:
            return
        try:
            self._tool.settimeout(0.0 if self._deaf else PATIENCE_S)
            self._tool.sendall(self.told(said))
            self._deaf = False
        except OSError:  # gone, which `hear` will tell, or it does not read
            self._deaf = True

    def close(self) -> None:
        """Close the door, and the connection."""
        self._listening.close()
        if self._tool is not None:
            self._tool.close()

    def welcome(self) -> None:
        """A tool has connected."""

    def typed(self, received: bytes) -> bytes:
        """What of the received bytes is for the board."""
        return received

    def told(self, said: bytes) -> bytes:
        """What is to be sent for bytes of the board."""
        return said


def make_raw(terminal: int, *, signals: bool = False) -> None:
    """No echo, no lines, no translation; with `signals` Ctrl-C still interrupts."""
    tty.setraw(terminal)
    if signals:
        mode = termios.tcgetattr(terminal)
        mode[3] |= termios.ISIG
        termios.tcsetattr(terminal, termios.TCSANOW, mode)
