"""A board just taken out of its bag: esptool flashes it, and the real interpreter starts from the bytes in its flash.

    with ErasedBoard("c3", tmp_path) as board:
        esptool("--port", board.lines, "write-flash", ...)      # real DTR and RTS: --before and --after do what they say
        until(lambda: b"S " in board.said, ...)                 # what it says on its console, power-on to now
        mpremote("connect", board.port, "fs", "ls")
        board.content[0x8000:0x9000]                            # its flash, as it is at this moment

Four ways to one wire, all open at once:

- `board.lines`  `rfc2217://127.0.0.1:N`: a serial port with DTR and RTS, for esptool, mpremote and pyserial, whose client is slow
                 (half a second a command: write megabytes by another port);
- `board.port`   `/dev/pts/N`: a terminal, no lines. A SYNC of esptool resets the chip into its bootloader; where the tool closes the
                 port the chip is reset, and starts what it has;
- `board.url`    `socket://127.0.0.1:N`: the same over TCP, for esptool and for a bridge to a browser;
- `board.set_signals(dtr=, rts=)`: what a page's `port.setSignals` does, for such a bridge. It returns when the chip is in its new mode.

`board.mode` is "empty" (nothing that it can start: it says `invalid header: 0xffffffff` once a second), "boot" or "run".
`board.reset()` is the RST button, `board.hold_boot()` RST with BOOT held. `auto=False` is a board without the two transistors: neither
lines nor SYNC lead to the bootloader. `flash_bytes=2 * MIB` is a small chip. `reenumerates=True` (S2, S3): when MicroPython starts, and
when it is left, `port`, `url` and `lines` close and are others. `mac` is the chip's address, each board's its own by default.
`around` may be changed before a reset, and `control(board, offline=True)` while it runs.

What starts: a sound bootloader, partition table and application for this chip, then the littlefs of the partition `vfs` (made where
it is erased, as MicroPython does) with the NVS of the partition `nvs`. What the board writes to either is in its flash: a
later `read-flash` (with the stub or `--no-stub`) and `board.content` see it.
"""

from __future__ import annotations

import importlib
import itertools
from pathlib import Path
from typing import Any

from devices.recipe import load_recipes
from devices.simulate import Surroundings
from devices.virtual.chip import MIB, Make, VirtualChip
from devices.virtual.ports import Socket, Terminal

__all__ = ["MIB", "ErasedBoard"]
NUMBERS = itertools.count(1)


class Settings:
    """A serial port as pyserial's server wants one: settings without effect, and the two lines."""

    def __init__(self, board: VirtualChip) -> None:
        self.baudrate, self.bytesize, self.parity, self.stopbits = 115200, 8, "N", 1
        self.xonxoff = self.rtscts = self.break_condition = False
        self.cts = self.dsr = self.cd = True
        self.ri = False
        self._board = board
        self._dtr = self._rts = False

    @property
    def dtr(self) -> bool:
        """Data terminal ready."""
        return self._dtr

    @dtr.setter
    def dtr(self, value: bool) -> None:
        self._dtr = value
        self._board.set_signals(dtr=self._dtr, rts=self._rts)

    @property
    def rts(self) -> bool:
        """Request to send."""
        return self._rts

    @rts.setter
    def rts(self, value: bool) -> None:
        self._rts = value
        self._board.set_signals(dtr=self._dtr, rts=self._rts)

    def reset_input_buffer(self) -> None:
        """Nothing is kept."""

    def reset_output_buffer(self) -> None:
        """Nothing is kept."""


class Lines(Socket):
    """A serial port with its lines, over TCP (RFC 2217, by pyserial's own server)."""

    scheme = "rfc2217"
    lines = True

    def __init__(self) -> None:
        super().__init__()
        self.board: VirtualChip | None = None
        self._manager: Any = None

    def welcome(self) -> None:
        """Negotiate."""
        assert self.board is not None
        rfc2217 = importlib.import_module("serial.rfc2217")
        self._manager = rfc2217.PortManager(Settings(self.board), self)

    def write(self, content: bytes) -> None:
        """The server's own words to the tool."""
        if self._tool is not None:
            self._tool.sendall(content)

    def typed(self, received: bytes) -> bytes:
        """What is not about settings and lines."""
        return b"".join(self._manager.filter(received))

    def told(self, said: bytes) -> bytes:
        """With the bytes doubled that would begin a command."""
        return b"".join(self._manager.escape(said))


class ErasedBoard(VirtualChip):
    """A board of this chip (`esp32`, `s2`, `s3`, `c3`, `c6`) with nothing in its flash, unless `directory` holds one from before."""

    def __init__(self, chip: str, directory: Path, *, around: Surroundings | None = None, **make: Any) -> None:
        def lines() -> Lines:
            face = Lines()
            face.board = self
            return face

        make.setdefault("mac", b"\x24\x0a\xc4" + next(NUMBERS).to_bytes(3, "big"))
        signals = {slug: recipe.signals for slug, recipe in load_recipes().items()}
        super().__init__(chip, directory, signals=signals, make=Make(**make), faces=(Terminal, Socket, lines))
        if around is not None:
            self.around = around

    @property
    def lines(self) -> str:
        """The port that has its lines."""
        return self.named("rfc2217:")
