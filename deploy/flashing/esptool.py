"""esptool as a command: which chip, how much flash, write all parts in one go with their hashes checked, read back.

esptool is GPL and stays another program: it is run, never imported. Secrets go to it in files of a folder that nobody else
may read, never among its arguments.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.flashing.faults import ESPTOOL, FlashError
from deploy.flashing.tool import private, run_tool

if TYPE_CHECKING:
    from devices.flash.parts import Part

KINDS = ("esp32", "s2", "s3", "c3", "c6")
"""Our names of the chips."""
BAUD, SLOW_BAUD = 460_800, 115_200
"""The first is four times as fast and too much for some cables: what fails at it is tried again at the second."""
ATTEMPTS = "3"
"""How often it tries to bring the chip into its boot mode; esptool's own seven take half a minute."""
SIZES = {"kb": 1024, "mb": 1024 * 1024}
PROGRESS = re.compile(r"(?:Writing|Reading from|Read) at? ?0x[0-9a-f]+ .*?([0-9.]+)%")
PORT_PLACE = re.compile(r"Connected to (\S+) on|Detecting chip type\.\.\. (\S+)")
Progress = Callable[[float], object]
"""Hears how much is done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Chip:
    """What is behind a port."""

    kind: str
    """Our name of the chip: esp32, s2, s3, c3 or c6."""
    flash_bytes: int
    mac: str
    """The number that the maker burnt in; it tells two boards apart."""


@dataclass(frozen=True, slots=True)
class Loader:
    """A chip in its bootloader, behind a port."""

    port: str
    kind: str
    flash_bytes: int = 0
    no_stub: bool = False
    """Ask the chip's own ROM, which is slow and can read where esptool's stub cannot (so on the mock bootloader)."""

    def write(self, parts: Sequence[Part], progress: Progress = lambda _done: None, *, restart: bool = True) -> None:
        """Afterwards every part is on the flash, with the hash that the chip reckoned compared; then it restarts.

        Raises FlashError where it is not so.
        """
        sizes = [len(part.content) for part in parts]
        with tempfile.TemporaryDirectory(prefix="girouette-") as folder:  # mode 0700: one of the parts holds secrets
            words = []
            for number, part in enumerate(parts):
                file = private(Path(folder) / f"{number}-{part.name}.bin", part.content)
                words += [hex(part.offset), str(file)]

            def heard(before: int, share: float) -> None:
                progress((sum(sizes[:before]) + share * sizes[min(before, len(sizes) - 1)]) / sum(sizes))

            said = twice(self.port, *self._how(restart=restart), "write-flash", *words, heard=heard)
        if said.count("Hash of data verified") != len(parts):
            raise FlashError("not_verified", port=self.port, what=", ".join(part.name for part in parts))
        progress(1.0)

    def read(self, offset: int, count: int, progress: Progress = lambda _done: None, *, restart: bool = False) -> bytes:
        """So many bytes of the flash from an offset on. Raises FlashError."""
        with tempfile.TemporaryDirectory(prefix="girouette-") as folder:
            file = private(Path(folder) / "flash.bin", b"")
            words = [*self._how(restart=restart), "read-flash", hex(offset), hex(count), str(file)]
            try:
                twice(self.port, *words, heard=lambda _part, share: progress(share))
            except FlashError as e:
                if self.no_stub or e.key != "line_lost":
                    raise
                raise FlashError("cannot_read_back", port=self.port, said=ESPTOOL) from e
            content = file.read_bytes()
        if len(content) != count:
            raise FlashError("not_verified", port=self.port, what=hex(offset))
        return content

    def _how(self, *, restart: bool) -> list[str]:
        """What stands before esptool's command."""
        stub = ["--no-stub"] if self.no_stub else []
        return [*stub, "--chip", chip_name(self.kind), "--after", "hard-reset" if restart else "no-reset"]


def look(port: str) -> Chip:
    """The chip behind a port, which is left in its bootloader, with nothing loaded into it. Raises FlashError."""
    said = run(port, "--no-stub", "--after", "no-reset", "flash-id")
    found = PORT_PLACE.search(said)
    name = (found[1] or found[2]) if found else "?"
    kind = {chip_named(kind): kind for kind in KINDS}.get(name)
    if kind is None:
        raise FlashError("unknown_chip", port=port, chip=name)
    size = re.search(r"Detected flash size: (\d+)(KB|MB)", said)
    if size is None:
        raise FlashError("flash_unknown", port=port)
    mac = re.search(r"^MAC: +([0-9a-f:]{17})", said, re.MULTILINE)
    return Chip(kind, int(size[1]) * SIZES[size[2].lower()], mac[1] if mac else "")


def twice(port: str, *words: str, heard: Callable[[int, float], object]) -> str:
    """Run a long command at full speed, and once more slowly where the line does not bear it; what it said."""
    try:
        return run(port, "--baud", str(BAUD), *words, heard=heard)
    except FlashError as e:
        if e.key != "line_lost":
            raise
    return run(port, "--baud", str(SLOW_BAUD), *words, heard=heard)


def run(port: str, *words: str, heard: Callable[[int, float], object] = lambda _n, _share: None) -> str:
    """Run esptool on a port; what it said. `heard` is told which part is under way, and its share. Raises FlashError."""
    part = 0

    def hear(line: str) -> None:
        nonlocal part
        if found := PROGRESS.search(line):
            heard(part, float(found[1]) / 100)
        part += line.startswith("Hash of data verified")

    return run_tool(ESPTOOL, port, "--port", port, "--connect-attempts", ATTEMPTS, *words, hear=hear)


def chip_name(kind: str) -> str:
    """A chip as esptool's option has it.

    >>> chip_name("c3"), chip_name("esp32")
    ('esp32c3', 'esp32')
    """
    return chip_named(kind).lower().replace("-", "")


def chip_named(kind: str) -> str:
    """A chip as it is printed on it, and as esptool calls it.

    >>> chip_named("c3"), chip_named("esp32")
    ('ESP32-C3', 'ESP32')
    """
    return "ESP32" if kind == "esp32" else f"ESP32-{kind.upper()}"
