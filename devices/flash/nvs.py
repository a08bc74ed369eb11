"""ESP-IDF's NVS partition, made and read: what a board is told and keeps apart from its files.

Espressif's own library, of the extra `flash`, makes it.

The form is that of ESP-IDF, "Non-Volatile Storage Library": pages of 4 KiB, each with a head of 32 bytes (state, number, version,
CRC), a map of two bits an entry (11 empty, 10 written, 00 erased), and 126 entries of 32 bytes. A value longer than 8
bytes has further entries (`span`); a blob is one or more chunks and an index that says how many. What is half written after a
power cut has no CRC that fits, or no index, and is passed over; of two that bear one name the newer holds.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO

from devices.refusal import ImageError

PAGE, HEAD, ENTRY, ENTRIES = 4096, 64, 32, 126
ACTIVE, FULL, FREEING = 0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFFFF8
"""States of a page that holds something; FREEING is one whose entries are being copied to another."""
WRITTEN = 0b10
NUMBERS = {0x01: 1, 0x11: 1, 0x02: 2, 0x12: 2, 0x04: 4, 0x14: 4, 0x08: 8, 0x18: 8}
"""Kinds of numbers, by how many bytes they have."""
TEXT, BLOB, CHUNK, INDEX = 0x21, 0x41, 0x42, 0x48
BOARD = "girouette"
"""Our namespace (`devices/firmware/girouette/settings.py`)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry that is whole."""

    namespace: int
    kind: int
    chunk: int
    key: str
    value: bytes


def make_nvs(settings: Mapping[str, bytes], size: int) -> bytes:
    """An NVS partition with these settings of ours, always the same bytes. Raises ImageError where they have no room."""
    from esp_idf_nvs_partition_gen import nvs_partition_gen as made

    whole = BytesIO()
    try:
        with made.nvs_open(whole, size - PAGE, made.Page.VERSION2) as nvs:  # one page is kept free
            nvs.write_namespace(BOARD)
            for key in sorted(settings):
                nvs.write_entry(key, settings[key].hex(), "hex2bin")
    except made.InsufficientSizeError:
        raise ImageError("nvs_full", size=size) from None
    return whole.getvalue()


def read_nvs(region: bytes) -> dict[tuple[str, str], bytes]:
    """What lies in a partition, by namespace and key: the bytes of blobs and texts, and of numbers as they lie there."""
    entries = [entry for page in pages_of(region) for entry in entries_of(page)]
    spaces = {entry.value[0]: entry.key for entry in entries if entry.namespace == 0}
    chunks = {(e.namespace, e.key, e.chunk): e.value for e in entries if e.kind == CHUNK}
    found: dict[tuple[str, str], bytes] = {}
    for entry in entries:
        place = (spaces.get(entry.namespace, ""), entry.key)
        if entry.namespace == 0 or entry.kind == CHUNK:
            continue
        value = joined(entry, chunks) if entry.kind == INDEX else entry.value
        if value is not None:
            found[place] = value
    return found


def settings_of(region: bytes) -> dict[str, bytes]:
    """Our settings in a partition, by key, as `build_image` makes them; empty for a board that was never ours."""
    return {key: value for (space, key), value in read_nvs(region).items() if space == BOARD}


def pages_of(region: bytes) -> list[bytes]:
    """The pages that hold something, oldest first."""
    found = []
    for at in range(0, len(region) - PAGE + 1, PAGE):
        page = region[at : at + PAGE]
        state, number = struct.unpack_from("<II", page)
        if state in {ACTIVE, FULL, FREEING} and crc(page[4:28]) == int.from_bytes(page[28:32], "little"):
            found.append((number, page))
    return [page for _, page in sorted(found)]


def entries_of(page: bytes) -> Iterator[Entry]:
    """The entries of a page that are written and whole, in their order."""
    number = 0
    while number < ENTRIES:
        at = HEAD + number * ENTRY
        raw = page[at : at + ENTRY]
        span = max(1, raw[2])
        if written(page, number) and crc(raw[:4] + raw[8:]) == int.from_bytes(raw[4:8], "little"):
            value = value_of(raw, page[at + ENTRY : at + span * ENTRY])
            if value is not None:
                yield Entry(raw[0], raw[1], raw[3], raw[8:24].split(b"\0")[0].decode("ascii", "replace"), value)
            number += span
        else:
            number += 1


def written(page: bytes, number: int) -> bool:
    """Does the map say that this entry holds something?"""
    return page[32 + number // 4] >> number % 4 * 2 & 3 == WRITTEN


def value_of(raw: bytes, more: bytes) -> bytes | None:
    """What an entry holds, which goes on in the entries after it; None where that is damaged."""
    kind, told = raw[1], raw[24:32]
    if kind in NUMBERS:
        return told[: NUMBERS[kind]]
    if kind not in {TEXT, BLOB, CHUNK}:
        return told
    size, check = int.from_bytes(told[:2], "little"), int.from_bytes(told[4:], "little")
    value = more[:size]
    if len(value) < size or crc(value) != check:
        return None
    return value.rstrip(b"\0") if kind == TEXT else value


def joined(index: Entry, chunks: dict[tuple[int, str, int], bytes]) -> bytes | None:
    """The blob that an index tells of; None where a chunk of it is missing."""
    size, count, first = struct.unpack_from("<IBB", index.value)
    parts = [chunks.get((index.namespace, index.key, first + number)) for number in range(count)]
    whole = b"".join(part for part in parts if part is not None)
    return whole if None not in parts and len(whole) == size else None


def crc(content: bytes) -> int:
    """ESP-IDF's CRC-32, which begins with all ones and is not turned at its end (`esp_rom_crc32_le(0xFFFFFFFF, ...)`)."""
    return zlib.crc32(content, 0xFFFFFFFF) & 0xFFFFFFFF
