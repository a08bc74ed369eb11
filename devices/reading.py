"""What a device, its topic and its channels are called, on the wire and on disk."""

from __future__ import annotations

import re
from binascii import crc32

DEVICE = re.compile(r"[a-z0-9-]{1,32}")
"""A device's id, whole."""
VERSION = "gir/1"


def shard_of(device: str) -> str:
    """The shard of a device: two lower-case hexadecimal digits of CRC-32(id) & 0xff.

    >>> shard_of("air-1")
    '82'
    """
    return f"{crc32(device.encode()) & 0xFF:02x}"


def topic_of(device: str) -> str:
    """The topic under which everything of a device is said; `/obs`, `/kept` and so on follow.

    >>> topic_of("air-1")
    'gir/1/82/air-1'
    """
    return f"{VERSION}/{shard_of(device)}/{device}"


def is_device(name: str) -> bool:
    """Can a device be called so?

    >>> is_device("air-1"), is_device("Air 1")
    (True, False)
    """
    return DEVICE.fullmatch(name) is not None
