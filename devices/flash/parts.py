"""The flash of a board as parts: MicroPython, the settings in NVS, the files in littlefs. The one function for USB, browser and simulator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec

from devices.flash.disk import make_vfs, read_vfs, renewed_vfs, restored_vfs
from devices.flash.nvs import make_nvs, read_nvs, settings_of
from devices.flash.partitions import BLOCK, STARTS, Table, read_table, vfs_region
from devices.image import Image
from devices.refusal import ImageError, InterpreterError

__all__ = [
    "Part", "make_nvs", "make_vfs", "parts", "read_nvs", "read_table", "read_vfs", "renewed_vfs", "restored_vfs", "settings_of",
    "vfs_region",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that belong at an offset of the flash."""

    name: str
    offset: int
    content: bytes


def parts(micropython: bytes, image: Image, chip: str, flash_bytes: int) -> list[Part]:
    """Everything that an empty board of this chip is given, lowest offset first; no two overlap.

    `bootloader` (with the partition table) and `micropython` are the image's own bytes, `nvs` this board's settings, `vfs` the
    files; where the image has two slots, `otadata` says that the first one starts. Raises InterpreterError for an image of
    another chip and a flash that is too small, ImageError where the settings have no room.
    """
    check_extra()
    table = read_table(micropython)
    if table.chip != chip:
        raise InterpreterError("wrong_chip", is_for=table.chip, chip=chip)
    at, size = vfs_region(table, flash_bytes)
    ours = [
        Part("nvs", table.nvs.offset, make_nvs(image.settings, table.nvs.size)),
        Part("vfs", at, make_vfs(image.files, size)),
    ]
    if table.otadata is not None:
        ours.append(Part("otadata", table.otadata.offset, b"\xff" * table.otadata.size))
    return sorted([*interpreter(micropython, table, ours), *ours], key=lambda part: part.offset)


def check_extra() -> None:
    """Refuse where the libraries that make a flash are not installed."""
    if any(find_spec(name) is None for name in ("littlefs", "esp_idf_nvs_partition_gen")):
        raise ImageError("no_flash_extra")


def interpreter(micropython: bytes, table: Table, ours: Iterable[Part]) -> list[Part]:
    """The parts of a whole image that are not ours to write, without the empty blocks around them."""
    found, begins, start = [], STARTS[table.chip], STARTS[table.chip]
    for hole in sorted(ours, key=lambda part: part.offset):
        found.append((begins, micropython[begins - start : hole.offset - start]))
        begins = max(begins, hole.offset + len(hole.content))
    found.append((begins, micropython[begins - start :]))
    trimmed = [trim(offset, content) for offset, content in found]
    return [Part(named(at, content, table), at, content) for at, content in trimmed if content]


def trim(offset: int, content: bytes) -> tuple[int, bytes]:
    """Leave out empty blocks at the beginning and the end.

    >>> trim(0x1000, bytes([255]) * 4096 + b"x" + bytes([255]) * 9000)[0]
    8192
    """
    empty = b"\xff" * BLOCK
    while content.startswith(empty):
        offset, content = offset + BLOCK, content[BLOCK:]
    while content.endswith(empty):
        content = content[:-BLOCK]
    return (offset, content) if content.strip(b"\xff") else (offset, b"")


def named(offset: int, content: bytes, table: Table) -> str:
    """What a part of a whole image is called: by the application in it, by the chip's start, else by the partition it is in."""
    if offset <= table.app.offset < offset + len(content):
        return "micropython"
    if offset == STARTS[table.chip]:
        return "bootloader"
    return next((row.name for row in table.rows if row.offset <= offset < row.end), "more")
