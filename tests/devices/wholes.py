"""Whole images of MicroPython for tests: one that is real, for an ESP32, and for the other chips one that is sound in form."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from chips import image_bytes

from devices.flash.chip_image import CHIPS
from devices.flash.partitions import APP, DATA, LEAST_VFS, NVS, OTADATA, STARTS, TABLE_AT, Partition, table_of

KIB = 1024
NUMBERS = {name: number for number, name in CHIPS.items()}
BEFORE = (
    Partition("nvs", DATA, NVS, 0x9000, 0x6000),
    Partition("phy_init", DATA, 1, 0xF000, 0x1000),
    Partition("factory", APP, 0, 0x10000, 0x1F0000),
)
"""MicroPython's `partitions-4MiB.csv` since 1.26: the file system is in no table."""
WITH_TWO_SLOTS = (
    Partition("nvs", DATA, NVS, 0x9000, 0x4000),
    Partition("otadata", DATA, OTADATA, 0xD000, 0x2000),
    Partition("phy_init", DATA, 1, 0xF000, 0x1000),
    Partition("ota_0", APP, 0x10, 0x10000, 0x180000),
    Partition("ota_1", APP, 0x11, 0x190000, 0x180000),
)
"""Its `partitions-4MiB-ota.csv`."""
SMALL = (
    Partition("nvs", DATA, NVS, 0x9000, 0x6000),
    Partition("phy_init", DATA, 1, 0xF000, 0x1000),
    Partition("factory", APP, 0, 0x10000, 0x20000),
    Partition("vfs", DATA, 0x81, 0x30000, LEAST_VFS),
)
"""Of a flash of 2 MiB, which no board of ours has: it is written and read back in half of the time."""


@cache
def real_whole() -> bytes:
    """A real image of MicroPython (1.16) for an ESP32, as esptool writes it at 0x1000, out of a package for tests."""
    spec = importlib.util.find_spec("thonnycontrib.thonny_etboard_firmware")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return next(Path(spec.submodule_search_locations[0]).rglob("*0831*.bin")).read_bytes()


@cache
def whole(
    chip: str, micropython: str = "1.29.0", rows: Sequence[Partition] = BEFORE, *, app_chip: str | None = None,
    app_bytes: int = 200 * KIB,
) -> bytes:  # fmt: skip
    """A stand-in for an image: bootloader, table and application in the form that this chip's ROM takes; nothing in it runs."""
    app = next(row for row in rows if row.kind == APP)
    content = bytearray(b"\xff" * (app.offset - STARTS[chip]))
    bootloader = image_bytes("0", chip=NUMBERS[chip], size=16 * KIB)
    content[: len(bootloader)] = bootloader
    table = table_of(rows)
    content[TABLE_AT - STARTS[chip] : TABLE_AT - STARTS[chip] + len(table)] = table
    return bytes(content) + image_bytes(micropython, chip=NUMBERS[app_chip or chip], size=app_bytes)


def small_whole(chip: str) -> bytes:
    """The same for a flash of 2 MiB."""
    return whole(chip, rows=SMALL, app_bytes=64 * KIB)
