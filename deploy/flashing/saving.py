"""A board saved to a file, and put back: the whole flash, its secrets included."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.files import put
from deploy.flashing.esptool import Chip, Loader, Progress, chip_named, look
from deploy.flashing.faults import FlashError, Size
from deploy.flashing.kept import TABLE_AT
from devices.refusal import InterpreterError

if TYPE_CHECKING:
    from devices.flash.partitions import Table

MARK = b"girouette board 1\n"
"""What a saved board begins with; then the length of a line of JSON about the chip, that line, and the flash as it was."""
LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Saved:
    """A board in a file."""

    kind: str
    mac: str
    flash: bytes


def save(port: str, file: Path, progress: Progress = lambda _done: None, *, no_stub: bool = False) -> Chip:
    """Afterwards the file holds the whole flash of the board, and nobody else may read it. Raises FlashError, OSError."""
    chip = look(port)
    flash = Loader(port, chip.kind, chip.flash_bytes, no_stub=no_stub).read(0, chip.flash_bytes, progress, restart=True)
    write_saved(file, Saved(chip.kind, chip.mac, flash))
    return chip


def write_saved(file: Path, saved: Saved) -> None:
    """Write a board to a file that nobody else may read, whole or not at all."""
    about = json.dumps({"chip": saved.kind, "mac": saved.mac, "bytes": len(saved.flash)}).encode()
    put(file, MARK + LENGTH.pack(len(about)) + about + saved.flash, mode=0o600)


def is_board(file: Path) -> bool:
    """Is this file a saved board? Not one that cannot be read."""
    try:
        with file.open("rb") as content:
            return content.read(len(MARK)) == MARK
    except OSError:
        return False


def read_saved(file: Path) -> Saved:
    """A saved board. Raises FlashError for what is none, OSError for a file that cannot be read."""
    content = file.read_bytes()
    try:
        begins = len(MARK) + LENGTH.size
        (count,) = LENGTH.unpack(content[len(MARK) : begins])
        told = json.loads(content[begins : begins + count])
        flash = content[begins + count :]
        if content.startswith(MARK) and len(flash) == told["bytes"]:
            return Saved(str(told["chip"]), str(told["mac"]), flash)
    except (struct.error, ValueError, LookupError, TypeError):
        pass
    raise FlashError("not_saved", file=file, why=Size(len(content)))


def restore(port: str, file: Path, progress: Progress = lambda _done: None) -> str | None:
    """Afterwards the board has the flash that was saved, with numbers for its samples that nobody had before; who it is then.

    Raises FlashError for a board of another chip or size, before anything is written.
    """
    from devices.flash.parts import Part

    saved, chip = read_saved(file), look(port)
    if chip.kind != saved.kind:
        raise FlashError("wrong_file", port=port, chip=chip_named(chip.kind), wanted=chip_named(saved.kind))
    if chip.flash_bytes != len(saved.flash):
        raise FlashError("other_size", port=port, has=Size(chip.flash_bytes), needed=Size(len(saved.flash)))
    flash, device = renumbered(saved)
    Loader(port, chip.kind, chip.flash_bytes).write([Part("flash", 0, flash)], progress)
    return device


def renumbered(saved: Saved) -> tuple[bytes, str | None]:
    """The flash with a counter that begins anew, and the device that it is; as it is where it is none of ours."""
    from deploy.flashing.kept import Kept
    from devices.flash.nvs import settings_of
    from devices.flash.partitions import TABLE_BYTES, Table, rows_of, vfs_region
    from devices.flash.parts import restored_vfs

    try:
        table: Table = Table(saved.kind, rows_of(saved.flash[TABLE_AT : TABLE_AT + TABLE_BYTES]))
        settings = settings_of(saved.flash[table.nvs.offset : table.nvs.end])
        at, count = vfs_region(table, len(saved.flash))
        vfs = restored_vfs(saved.flash[at : at + count])
    except InterpreterError:
        return saved.flash, None
    return saved.flash[:at] + vfs + saved.flash[at + count :], Kept(table, settings).device
