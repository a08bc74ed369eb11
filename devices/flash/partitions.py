"""How a chip's flash is divided: the partition table of a MicroPython image, and where MicroPython puts its file system.

The table is ESP-IDF's ("Partition Tables"): rows of 32 bytes at 0x8000, then a row with the MD5 of those before it. Builds of
MicroPython up to 1.25 name the file system in it (`vfs`; `ffat` where TinyUF2 starts the board); since 1.26 it is in no
table, and lies from the end of the last partition to the end of whatever flash the chip has.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from devices.flash.chip_image import CHIPS, MAGIC
from devices.refusal import InterpreterError

STARTS = {"esp32": 0x1000, "s2": 0x1000, "s3": 0, "c3": 0, "c6": 0}
"""Where a chip's ROM looks for the bootloader, with which a whole image begins."""
TABLE_AT, TABLE_BYTES = 0x8000, 0xC00
ROW, ROW_MARK, MD5_MARK, END = struct.Struct("<2sBBII16sI"), b"\xaa\x50", b"\xeb\xeb" + b"\xff" * 14, b"\xff" * 32
APP, DATA = 0, 1
OTADATA, NVS = 0, 2
"""Kinds of partitions, and among those of data the two that are ours to write."""
BLOCK = 4096
"""What flash erases at once."""
LEAST_VFS = 0xE0000
"""The firmware (77 blocks with the drivers of `air`), a full spool (128), the counter and the diary."""


@dataclass(frozen=True, slots=True)
class Partition:
    """One part of the flash."""

    name: str
    kind: int
    subkind: int
    offset: int
    size: int

    @property
    def end(self) -> int:
        """Where the next one may begin."""
        return self.offset + self.size


@dataclass(frozen=True, slots=True)
class Table:
    """The parts of a flash, and which chip it is for."""

    chip: str
    rows: tuple[Partition, ...]

    @property
    def nvs(self) -> Partition:
        """Where ESP-IDF keeps settings. Raises InterpreterError."""
        return self._first("nvs", [row for row in self.rows if (row.kind, row.subkind) == (DATA, NVS)])

    @property
    def app(self) -> Partition:
        """Where the interpreter lies that is started on a new board: `factory`, or the first of two slots. Raises InterpreterError."""
        return self._first("app", sorted((row for row in self.rows if row.kind == APP), key=lambda row: row.subkind))

    @property
    def otadata(self) -> Partition | None:
        """Where it is written which of two slots starts; None where there is one."""
        return next((row for row in self.rows if (row.kind, row.subkind) == (DATA, OTADATA)), None)

    @staticmethod
    def _first(name: str, found: Sequence[Partition]) -> Partition:
        if not found:
            raise InterpreterError("no_partition", name=name)
        return found[0]


def chip_of(image: bytes) -> str:
    """Which chip a whole image is for. Raises InterpreterError."""
    chip = CHIPS.get(int.from_bytes(image[12:14], "little")) if image[:1] == bytes([MAGIC]) else None
    if chip is None:
        raise InterpreterError("no_bootloader")
    return chip


def read_table(image: bytes) -> Table:
    """The partition table of a whole image, which begins with the bootloader. Raises InterpreterError."""
    chip = chip_of(image)
    begins = TABLE_AT - STARTS[chip]
    return Table(chip, rows_of(image[begins : begins + TABLE_BYTES]))


def rows_of(table: bytes) -> tuple[Partition, ...]:
    """The rows of a table, whose MD5 is checked where it has one. Raises InterpreterError for what is none."""
    rows = []
    for at in range(0, len(table) - ROW.size + 1, ROW.size):
        row = table[at : at + ROW.size]
        if row == END:
            break
        if row[:16] == MD5_MARK:
            if row[16:] != hashlib.md5(table[:at], usedforsecurity=False).digest():
                raise InterpreterError("bad_table")
            break
        mark, kind, subkind, offset, size, name, _flags = ROW.unpack(row)
        if mark != ROW_MARK:
            raise InterpreterError("bad_table")
        rows.append(Partition(name.rstrip(b"\0").decode("ascii", "replace"), kind, subkind, offset, size))
    if not rows:
        raise InterpreterError("bad_table")
    return tuple(rows)


def table_of(rows: Sequence[Partition]) -> bytes:
    """The bytes of a table, with its MD5, as `rows_of` reads them."""
    written = b"".join(
        ROW.pack(ROW_MARK, row.kind, row.subkind, row.offset, row.size, row.name.encode(), 0) for row in rows
    )
    whole = written + MD5_MARK + hashlib.md5(written, usedforsecurity=False).digest()
    return whole.ljust(TABLE_BYTES, b"\xff")


def vfs_region(table: Table, flash_bytes: int) -> tuple[int, int]:
    """Where the file system lies on a chip with so much flash, and how long it is, as MicroPython itself finds it.

    Raises InterpreterError where the flash is too small for it.
    """
    named = [row for name in ("vfs", "ffat") for row in table.rows if row.name == name]
    begins = named[0].offset if named else max(row.end for row in table.rows)
    size = named[0].size if named else (flash_bytes - begins) // BLOCK * BLOCK
    if size < LEAST_VFS or begins + size > flash_bytes:
        needed = begins + max(LEAST_VFS, named[0].size if named else 0)
        raise InterpreterError("flash_small", has=flash_bytes >> 20, needs=-(-needed >> 20))
    return begins, size
