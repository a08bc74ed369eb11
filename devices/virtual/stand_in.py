"""What lies in the flash of a virtual board where MicroPython would: sound in every byte that a chip looks at, and without a program.

What runs there is this machine's interpreter (devices/virtual/chip.py). The layout is that of MicroPython's builds for 4 MiB: NVS at
0x9000, the application at 0x10000, and the file system behind it, up to the end.
"""

from __future__ import annotations

import hashlib
import struct
from functools import reduce
from operator import xor

from devices.flash.chip_image import CHIPS, MAGIC
from devices.flash.partitions import APP, DATA, NVS, STARTS, TABLE_AT, Partition, table_of

ROWS = (
    Partition("nvs", DATA, NVS, 0x9000, 0x6000),
    Partition("phy_init", DATA, 1, 0xF000, 0x1000),
    Partition("factory", APP, 0, 0x10000, 0x1F0000),
)
NUMBERS = {name: number for number, name in CHIPS.items()}
SAYS = b"a virtual board of Girouette: no program, MicroPython runs beside it"


def stand_in(chip: str) -> bytes:
    """A whole image for this chip, as `girouette flash --micropython` would take one; it begins with the bootloader.

    >>> len(stand_in("c3")), len(stand_in("esp32"))
    (65680, 61584)
    """
    application, starts = application_of(chip), STARTS[chip]
    whole = bytearray(b"\xff" * (ROWS[-1].offset - starts)) + application
    table = table_of(ROWS)
    whole[: len(application)] = application  # the bootloader has the same form
    whole[TABLE_AT - starts : TABLE_AT - starts + len(table)] = table
    return bytes(whole)


def application_of(chip: str) -> bytes:
    """An application of one segment, with its check byte and its hash."""
    head = struct.pack("<BBBBI", MAGIC, 1, 2, 0x2F, 0x40080000)
    head += struct.pack("<IHBHHIB", 0, NUMBERS[chip], 0, 0, 0xFFFF, 0, 1)
    segment = SAYS.ljust(-(-len(SAYS) // 4) * 4, b"\0")
    content = head + struct.pack("<II", 0x3F400020, len(segment)) + segment
    content += bytes(15 - len(content) % 16) + bytes([reduce(xor, segment, 0xEF)])
    return content + hashlib.sha256(content).digest()
