"""A virtual board from its chip on: erased at first, flashed by the real esptool, then started from the bytes of its flash.

What it starts is the real interpreter of this machine, whatever MicroPython lies in its flash, once the bootloader there, the
partition table and the application are sound and for this chip. The partition `vfs` is the interpreter's disk as it lies there,
littlefs, and the partition `nvs` its settings: what the board writes is in its flash, and read back from there.

A port without lines stands in for them: a tool's greeting to the bootloader (SYNC) resets the chip into it, as DTR and RTS
would, and where that tool leaves, the chip is reset and starts what it has.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from devices.flash.chip_image import MAGIC, length_of
from devices.flash.partitions import BLOCK, STARTS, chip_of, read_table, vfs_region
from devices.flash.parts import make_nvs, settings_of
from devices.refusal import InterpreterError
from devices.simulate import SPACE, Surroundings, write_json
from devices.virtual.ports import PIECE, Port, Socket, Terminal
from devices.virtual.running import MicroPython
from devices.virtual.wire import Speaker, Wire, remember

MIB = 1 << 20
GREETING = b"\x07\x07\x12\x20" + b"U" * 32
"""What a SYNC carries (ESP-IDF, "Serial Protocol"): no console is ever typed that."""


class Silent:
    """A chip that starts nothing: it says why, again and again, as the watchdog of its ROM resets it."""

    EVERY_S = 1.0

    def __init__(self, why: str) -> None:
        self._line = f"rst:0x10 (RTCWDT_RTC_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n{why}\r\n".encode()
        self._next_s = 0.0

    def fileno(self) -> int | None:
        """It speaks by the clock."""
        return None

    def hear(self, typed: bytes) -> None:
        """It hears nothing."""

    def say(self) -> bytes | None:
        """Its complaint, once a second."""
        if time.monotonic() < self._next_s:
            return b""
        self._next_s = time.monotonic() + self.EVERY_S
        return self._line

    def stop(self) -> None:
        """There is nothing to stop."""


class Bootloader:
    """A chip in its bootloader: a connection to the process that plays it."""

    def __init__(self, port: int) -> None:
        self._connection = socket.create_connection(("127.0.0.1", port))
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self) -> int | None:
        """The connection."""
        return self._connection.fileno()

    def hear(self, typed: bytes) -> None:
        """A tool's words."""
        self._connection.sendall(typed)

    def say(self) -> bytes | None:
        """Its answers; None where the process has ended."""
        return self._connection.recv(PIECE) or None

    def stop(self) -> None:
        """Leave the bootloader."""
        self._connection.close()


@dataclass(frozen=True, slots=True)
class Make:
    """How a board is built."""

    flash_bytes: int = 4 * MIB
    reenumerates: bool = False
    """Its ports are others after each change between what the chip's ROM says and MicroPython (S2, S3)."""
    auto: bool = True
    """It has what lets a tool reset it into the bootloader; without, nothing but the BOOT button does."""
    mac: bytes = b"\x24\x0a\xc4\x00\x00\x01"


USUAL = Make()


class VirtualChip:
    """A board that was just taken out of its bag; `directory` holds its flash and its world, and outlives it.

    `mode` is "empty", "boot" or "run"; `port` is a terminal, `url` a TCP port of the same wire. `signals` are those of each
    recipe that it may be flashed with; what else it meets, `around`, may be changed before a reset.
    """

    def __init__(
        self,
        chip: str,
        directory: Path,
        *,
        signals: Mapping[str, Mapping[str, Mapping[str, Any]]],
        make: Make = USUAL,
        faces: Sequence[Callable[[], Port]] = (Terminal, Socket),
    ) -> None:
        self.chip, self.directory, self.make = chip, directory, make
        self.around = Surroundings({})
        self.mode = "empty"
        self.said = bytearray()
        """What MicroPython, or a chip with nothing to start, has said, the last MiB of it."""
        self.changed: Callable[[str], object] = str
        """Is told the mode when it is another one."""
        self._faces = faces
        self._settings: Mapping[str, bytes] = {}
        self._rom: subprocess.Popen[bytes] | None = None
        self._rom_port = 0
        self._typed = b""
        self._dtr = self._rts = self._asked = self._held = False
        self.flash = directory / "flash.bin"
        lay_world(directory, signals)
        if not self.flash.exists():
            self.flash.write_bytes(b"\xff" * make.flash_bytes)
        self._wire = Wire(
            [face() for face in faces], listen=self._listen, hears=self._note, left=self._left, ended=self._ended
        )

    @property
    def port(self) -> str:
        """The terminal."""
        return next(p.name for p in self._wire.ports if p.name.startswith("/"))

    @property
    def url(self) -> str:
        """The TCP port."""
        return next(p.name for p in self._wire.ports if p.name.startswith("socket:"))

    def named(self, beginning: str) -> str:
        """The port whose name begins so."""
        return next(p.name for p in self._wire.ports if p.name.startswith(beginning))

    @property
    def content(self) -> bytes:
        """What its flash holds now."""
        with self._wire.lock:
            self._keep()
            return self.flash.read_bytes()

    def __enter__(self) -> Self:
        words = [self.chip, str(self.flash), str(self.make.flash_bytes), self.make.mac.hex()]
        self._rom = subprocess.Popen(
            [sys.executable, "-m", "devices.virtual.bootloader", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.reset()
        self._wire.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._wire.close()
        self._keep()
        if self._rom is not None:
            self._rom.kill()
            self._rom.communicate()

    def set_signals(self, *, dtr: bool, rts: bool) -> None:
        """Set the two lines, as `setSignals` and pyserial do: RTS alone holds the chip in reset, DTR alone asks for the bootloader.

        DTR is looked at when the reset ends, as by the two transistors of a board with a bridge, and before it, as by
        the chips that speak USB themselves.
        """
        with self._wire.lock:
            in_reset, self._dtr, self._rts = self._rts and not self._dtr, dtr, rts
            if in_reset and not (rts and not dtr):
                self._begin(boot=self._asked or (dtr and not rts))
            if dtr and not rts:
                self._asked = True
            elif not dtr and not rts:
                self._asked = False

    def reset(self) -> None:
        """Press the RST button."""
        self._begin(boot=False)

    def hold_boot(self) -> None:
        """Press RST while BOOT is held."""
        with self._wire.lock:
            self._held = True
            self._begin(boot=True)
            self._held = False

    def _begin(self, *, boot: bool, cause: str = "") -> None:
        """The chip leaves its reset."""
        with self._wire.lock:
            boot = boot and (self.make.auto or self._held)
            was = self.mode
            self._wire.put(None)
            self._keep()
            speaker: Speaker
            if boot:
                self.mode, speaker = "boot", Bootloader(self.ready())
            else:
                self.mode, speaker = self._start(cause)
            if self.make.reenumerates and (was == "run") != (self.mode == "run"):
                self._wire.replace([face() for face in self._faces])
            self._wire.put(speaker)
            if self.mode != was:
                self.changed(self.mode)

    def _start(self, cause: str) -> tuple[str, Speaker]:
        content = self.flash.read_bytes()
        why = refusal(content, self.chip)
        if why is not None:
            return "empty", Silent(why)
        table = read_table(content[STARTS[self.chip] :])
        start, size = vfs_region(table, self.make.flash_bytes)
        self._settings = lay_settings(content[table.nvs.offset : table.nvs.end], self.directory)
        write_json(self.directory / "sim.json", asdict(self.around))
        environment = {
            "GIROUETTE_SIM_FLASH": f"{self.flash}:{start}:{size // BLOCK}",
            "GIROUETTE_SIM_BESIDE": "/_board",
            "GIROUETTE_SIM_ID": self.make.mac.hex(),
        }
        return "run", MicroPython(self.directory / "disk", cause=cause, environment=environment)

    def _keep(self) -> None:
        """Put the settings that the board has changed into its flash: the simulator keeps them as files."""
        if self.mode != "run" or settings_in(self.directory) == self._settings:
            return
        self._settings = settings_in(self.directory)
        nvs = read_table(self.flash.read_bytes()[STARTS[self.chip] :]).nvs
        with self.flash.open("r+b") as flash:
            flash.seek(nvs.offset)
            flash.write(make_nvs(self._settings, nvs.size))

    def ready(self) -> int:
        """Wait until its bootloader can be reached, which takes a second from the start; the TCP port of the process that plays it."""
        assert self._rom is not None
        assert self._rom.stdout is not None
        with self._wire.lock:
            if not self._rom_port:
                self._rom_port = int(self._rom.stdout.readline())
            return self._rom_port

    def _note(self, said: bytes) -> None:
        if self.mode != "boot":
            remember(self.said, said)

    def _listen(self, typed: bytes) -> bytes:
        """What is typed at a chip that runs, unless it is a tool that wants the bootloader."""
        if self.mode == "boot":
            return typed
        heard = self._typed + typed
        self._typed = heard[-len(GREETING) :]
        if self.make.auto and GREETING in heard:
            self._typed = b""
            self._begin(boot=True)
            return heard[heard.rfind(b"\xc0", 0, heard.find(GREETING)) :]
        return typed

    def _left(self, port: Port) -> None:
        if self.mode == "boot" and not getattr(port, "lines", False):
            self.reset()

    def _ended(self) -> None:
        """MicroPython asks for a reset, or the process of the bootloader has ended."""
        self._begin(boot=False, cause="hard" if self.mode == "run" else "")


def lay_world(directory: Path, signals: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> None:
    """Make the folders in which the simulator works, and tell it what each recipe's sensors meet."""
    for folder in ("disk", "signals"):
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for slug, of_channels in signals.items():
        write_json(directory / "signals" / f"{slug}.json", of_channels)


def lay_settings(region: bytes, directory: Path) -> dict[str, bytes]:
    """Give the simulator the settings in a board's NVS, and no other ones."""
    folder = directory / "nvs" / SPACE
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = settings_of(region)
    for key, content in settings.items():
        (folder / key).write_bytes(content)
    return settings


def settings_in(directory: Path) -> dict[str, bytes]:
    """The settings that the simulated board has now."""
    return {f.name: f.read_bytes() for f in sorted((directory / "nvs" / SPACE).glob("*")) if f.suffix != ".new"}


def refusal(content: bytes, chip: str) -> str | None:
    """Why a chip starts nothing of its flash, in the words of its bootloaders; None where it starts."""
    at = STARTS[chip]
    if content[at] != MAGIC:
        return f"invalid header: 0x{int.from_bytes(content[at : at + 4], 'little'):08x}"
    try:
        table = read_table(content[at:])
        app = table.app
        vfs_region(table, len(content))
    except InterpreterError:
        return "boot: No bootable app partitions in the partition table"
    image = content[app.offset : app.offset + app.size]
    if image[0] != MAGIC or length_of(image) is None:
        return f"esp_image: image at 0x{app.offset:x} is not a sound application"
    for found in (table.chip, chip_of(image)):
        if found != chip:
            return f"boot_comm: mismatch chip ID: the image is for {found}"
    return None
