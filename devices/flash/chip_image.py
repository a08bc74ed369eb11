"""An interpreter as the chip's bootloader takes it: ESP-IDF's application image, read and checked before a board is given one.

The form is that of `esp_image_header_t` and `esp_image_segment_header_t` (ESP-IDF, "App Image Format"): 24 bytes of head,
segments with 8 bytes of head each, a check byte that ends a line of 16, and the SHA-256 of all that where the head says so.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor
from types import MappingProxyType

from devices.refusal import InterpreterError
from devices.update import Release

FORM = "gir-interpreter 1"
MAGIC, HEAD_BYTES, MOST_SEGMENTS = 0xE9, 24, 16
CHIPS = {0x0000: "esp32", 0x0002: "s2", 0x0005: "c3", 0x0009: "s3", 0x000D: "c6"}
"""Numbers of `esp_chip_id_t`, by our names of boards (`devices/boards.toml`)."""
OLDEST = (1, 23)
"""Since then MicroPython reads bytecode of version 6.3, which images hold (`devices/flash/bytecode.py`)."""
BANNER = re.compile(rb"MicroPython v((\d+)\.(\d+)[\w.+-]*) on 20\d\d-\d\d-\d\d")
WITHIN_S = 900


@dataclass(frozen=True, slots=True)
class ChipImage:
    """A sound image of MicroPython."""

    content: bytes
    chip: str
    micropython: str

    @property
    def sha256(self) -> str:
        """The hash of the whole file, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def version(self) -> str:
        """By which boards and the registry name it: MicroPython's version and the beginning of the hash."""
        return f"{self.micropython}-{self.sha256[:8]}"


def read_image(content: bytes, file: str) -> ChipImage:
    """Check an image, which came from this file. Raises InterpreterError."""
    if len(content) <= HEAD_BYTES or content[0] != MAGIC or not 0 < content[1] <= MOST_SEGMENTS:
        raise InterpreterError("interpreter_magic", file=file)
    length = length_of(content)
    if length is None:
        raise InterpreterError("interpreter_damaged", file=file)
    if length < len(content):  # what esptool writes to an empty chip: bootloader, partition table, application
        raise InterpreterError("interpreter_whole_flash", file=file)
    chip = CHIPS.get(int.from_bytes(content[12:14], "little"))
    if chip is None:
        raise InterpreterError("interpreter_chip", file=file)
    told = BANNER.search(content)
    if told is None:
        raise InterpreterError("interpreter_other", file=file)
    if (int(told[2]), int(told[3])) < OLDEST:
        raise InterpreterError("interpreter_old", file=file)
    return ChipImage(content, chip, told[1].decode())


def length_of(content: bytes) -> int | None:
    """How long the image says that it is; None where its segments, check byte or hash do not hold."""
    at, check = HEAD_BYTES, 0xEF
    for _ in range(content[1]):
        if at + 8 > len(content):
            return None
        (size,) = struct.unpack_from("<I", content, at + 4)
        check = reduce(xor, content[at + 8 : at + 8 + size], check)
        at += 8 + size
    end = at // 16 * 16 + 16
    whole = end + 32 * (content[23] == 1)
    hashed = whole == end or hashlib.sha256(content[:end]).digest() == content[end:whole]
    return whole if len(content) >= whole and content[end - 1] == check and hashed else None


def interpreter_release(device: str, image: ChipImage, *, key: bytes, serial: int, within_s: int = WITHIN_S) -> Release:
    """The order for one device; it has to have a receipt within so many seconds of its one start."""
    size, sha = len(image.content), image.sha256
    words = (FORM, device, str(serial), image.version, str(size), sha, str(within_s))
    mac = hmac.new(key, "\n".join(words).encode(), hashlib.sha256).hexdigest()
    order = {"what": "interpreter", "serial": serial, "version": image.version, "size": size, "sha": sha}
    order |= {"within_s": within_s, "mac": mac}
    contents = {sha[:16]: image.content}
    return Release(
        device, image.version, MappingProxyType(order), MappingProxyType(contents), MappingProxyType({}), "interpreter"
    )
