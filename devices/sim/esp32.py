"""The chip's partitions: files beside the board's disk, with the bootloader's rule of trying and going back (ESP-IDF, "App rollback").

A board with the folder `partitions` has two slots, `ota_0` and `ota_1`, and `otadata.json`: two entries of a number and a state, as
the two sectors of the chip's `otadata`. The higher number says which slot starts. A slot that was chosen is NEW, at its first start
PENDING_VERIFY, and VALID once it is marked; a start that finds it still pending aborts it and takes the other. Without the
folder there is one slot, `factory`.

What runs is this machine's interpreter all the same: `start` tells on the console which one it would be. One that
does not come up bears the words `girouette: dead`; both are looked for in its first block.
"""

import errno
import hashlib
import json
import os
import struct

FOLDER = "../partitions/"
LABELS = "ota_0", "ota_1"
BLOCK = 4096
NEW, PENDING_VERIFY, VALID, INVALID, ABORTED = range(5)
UNDEFINED = 0xFFFFFFFF
MAGIC = 0xE9
DEAD = b"girouette: dead"
BANNER = b"MicroPython v"
_started = None


class Partition:
    """A part of the flash, as `esp32.Partition` gives it."""

    BOOT, RUNNING, TYPE_APP, TYPE_DATA = 0, 1, 0, 1

    def __init__(self, which=RUNNING):
        if which in (self.BOOT, self.RUNNING):
            which = (which and _started or LABELS[_active(_entries())]) if two_slots() else "factory"
        self._label = which

    def info(self) -> tuple:
        """Type, subtype, address, size, label, encrypted."""
        index = LABELS.index(self._label) if self._label in LABELS else -1
        size = os.stat(self._path)[6] if index >= 0 else 0x1F0000
        return (
            self.TYPE_APP,
            16 + index if index >= 0 else 0,
            0x10000 + max(index, 0) * size,
            size,
            self._label,
            False,
        )

    def get_next_update(self) -> "Partition":
        """The slot that comes after this one; ENOENT where there is none."""
        if not two_slots():
            raise OSError(errno.ENOENT)
        return Partition(LABELS[self._label == LABELS[0]])

    def writeblocks(self, number: int, content: bytes) -> None:
        """Erase whole blocks and write them."""
        with open(self._path, "r+b") as file:
            file.seek(number * BLOCK)
            file.write(content)

    def readblocks(self, number: int, buffer: bytearray) -> None:
        """Read into the buffer."""
        with open(self._path, "rb") as file:
            file.seek(number * BLOCK)
            file.readinto(buffer)

    def set_boot(self) -> None:
        """Let this slot start next, if a sound image for this chip lies in it: ESP_ERR_OTA_VALIDATE_FAILED where none does."""
        with open(Partition(self.RUNNING)._path, "rb") as file:
            chip = file.read(14)[12:]
        if sound(self._path)[12:14] != chip:
            raise OSError(-0x1503)
        entries, index = _entries(), LABELS.index(self._label)
        usable = [n if state not in (INVALID, ABORTED) else 0 for n, state in entries]
        number = max(usable) + 1
        while (number - 1) % 2 != index:
            number += 1
        entries[1 if usable[0] > usable[1] else 0] = [number, NEW]  # the entry that holds now stays
        _write(entries)

    @classmethod
    def mark_app_valid_cancel_rollback(cls) -> None:
        """The interpreter that runs is good."""
        entries = _entries()
        for entry in entries:
            if entry[1] == PENDING_VERIFY:
                entry[1] = VALID
        _write(entries)

    @property
    def _path(self) -> str:
        return FOLDER + self._label


def two_slots() -> bool:
    """Has the board room for two interpreters?"""
    try:
        os.stat(FOLDER + LABELS[1])
    except OSError:
        return False
    return True


def start() -> None:
    """What the bootloader does at each reset, and what the interpreter says that it starts."""
    global _started
    if not two_slots():
        return
    entries = _entries()
    for entry in entries:
        if entry[1] == PENDING_VERIFY:
            entry[1] = ABORTED
    label = _started = LABELS[_active(entries)]
    for entry in entries:
        if entry[1] == NEW:
            entry[1] = PENDING_VERIFY
    _write(entries)
    with open(FOLDER + label, "rb") as file:
        content = file.read(BLOCK)
    at = content.find(BANNER)
    print("# bootloader:", label, content[at : content.find(b"\x00", at)].decode())
    if DEAD in content:
        import machine

        machine.reset()


def sound(path: str) -> bytes:
    """The head of an image that the bootloader takes by its segments, check byte and hash; nothing where it does not.

    Read in small pieces: the board's heap is not the bootloader's.
    """
    found, check, piece = hashlib.sha256(), 0xEF, bytearray(256)
    with open(path, "rb") as file:

        def take(count: int) -> bytearray:
            part = memoryview(piece)[: file.readinto(memoryview(piece)[:count])]
            found.update(part)
            return part

        head = bytes(take(24))
        if head[0] != MAGIC or not 0 < head[1] <= 16:
            return b""
        at = 24
        for _ in range(head[1]):
            left = struct.unpack("<II", take(8))[1]
            at += 8 + left
            while left > 0:
                part = take(min(left, 256))
                if not part:
                    return b""
                for byte in part:
                    check ^= byte
                left -= len(part)
        last = take(16 - at % 16)
        if last[-1] != check or head[23] and found.digest() != file.read(32):
            return b""
    return head


def _entries() -> list:
    try:
        with open(FOLDER + "otadata.json") as file:
            return json.load(file)
    except OSError:
        return [[0, UNDEFINED], [0, UNDEFINED]]  # erased: the first slot starts


def _active(entries: list) -> int:
    numbers = [n for n, state in entries if n and state not in (INVALID, ABORTED)]
    return (max(numbers) - 1) % 2 if numbers else 0


def _write(entries: list) -> None:
    with open(FOLDER + "otadata.new", "w") as file:
        json.dump(entries, file)
    os.rename(FOLDER + "otadata.new", FOLDER + "otadata.json")
