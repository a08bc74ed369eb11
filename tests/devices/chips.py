"""Images of interpreters for tests: sound in form (ESP-IDF's head, segments, check byte, hash), with nothing that would run."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from functools import reduce
from operator import xor
from pathlib import Path

SLOT_BYTES = 16 * 4096


def image_bytes(
    micropython: str = "1.29.0", *, chip: int = 0x000D, size: int = 20_000, dead: bool = False, seed: int = 0
) -> bytes:
    """An interpreter of this name; one that is `dead` does not come up in the simulator."""
    text = b"\0MicroPython v" + micropython.encode() + b" on 2026-11-02\0"
    text += b"girouette: dead" if dead else b""
    noise = b"".join(hashlib.sha256(struct.pack("<II", seed, i)).digest() for i in range(size // 32 + 1))
    segments = (text, noise[:size])
    head = (
        struct.pack("<BBBBI", 0xE9, len(segments), 2, 0x2F, 0x40380000) + struct.pack("<I", 0) + struct.pack("<H", chip)
    )
    content = head + bytes(9) + b"\x01"
    for segment in segments:
        content += struct.pack("<II", 0x3C000020, len(segment)) + segment
    check = reduce(xor, b"".join(segments), 0xEF)
    content += bytes(15 - len(content) % 16) + bytes([check])
    return content + hashlib.sha256(content).digest()


def give_slots(folder: Path, running: bytes, slot_bytes: int = SLOT_BYTES) -> None:
    """Make the partitions of a board that has two slots, with this interpreter in the first one."""
    partitions = folder / "partitions"
    partitions.mkdir(parents=True, exist_ok=True)
    (partitions / "ota_0").write_bytes(running.ljust(slot_bytes, b"\xff"))
    (partitions / "ota_1").write_bytes(b"\xff" * slot_bytes)


def slots_of(folder: Path) -> Mapping[str, bytes]:
    """What lies in the two slots."""
    return {name: (folder / "partitions" / name).read_bytes() for name in ("ota_0", "ota_1")}
