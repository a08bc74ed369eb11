"""The chip's partitions and its NVS: files beside the board's disk, with the bootloader's rule of trying and going back (ESP-IDF, "App rollback").

A board with the folder `partitions` has two slots, `ota_0` and `ota_1`, and `otadata.json`: two entries of a number and a state, as
the two sectors of the chip's `otadata`. The higher number says which slot starts. A slot that was chosen is NEW, at its first start
PENDING_VERIFY, and VALID once it is marked; a start that finds it still pending aborts it and takes the other. Without the
folder there is one slot, `factory`.

NVS is a folder for each namespace, `nvs/<namespace>/`, with a file for each key: bytes of a blob, digits of a number in `<key>.i32`.

What runs is this machine's interpreter all the same: `start` tells on the console which one it would be. One that
does not come up bears the words `girouette: dead`; both are looked for in its first block.
"""

import errno
import hashlib
import json
import os
import struct

from place import beside, take_its_place

FOLDER = beside("partitions/")
NVS_FOLDER = beside("nvs")
LABELS = "ota_0", "ota_1"
BLOCK = 4096
NEW, PENDING_VERIFY, VALID, INVALID, ABORTED = range(5)
UNDEFINED = 0xFFFFFFFF
MAGIC = 0xE9
DEAD = b"girouette: dead"
BANNER = b"MicroPython v"
NVS_NOT_FOUND = -0x1102, "ESP_ERR_NVS_NOT_FOUND"
NVS_INVALID_NAME = -0x1106, "ESP_ERR_NVS_INVALID_NAME"
NVS_KEY_TOO_LONG = -0x1109, "ESP_ERR_NVS_KEY_TOO_LONG"
NVS_INVALID_LENGTH = -0x110C, "ESP_ERR_NVS_INVALID_LENGTH"
NVS_LONGEST = 15
"""Characters of a namespace or a key."""
_started = None


class NVS:
    """A namespace of the NVS partition, as `esp32.NVS` gives it; what was set is there for others once it is committed."""

    def __init__(self, namespace: str):
        if not 0 < len(namespace) <= NVS_LONGEST:
            raise OSError(*NVS_INVALID_NAME)
        self._folder = NVS_FOLDER + "/" + namespace
        self._set: dict = {}

    def set_i32(self, key: str, value: int) -> None:
        """Set a number."""
        struct.pack("<i", value)
        self._set[_name(key, ".i32")] = str(value).encode()

    def get_i32(self, key: str) -> int:
        """A number; NOT_FOUND where there is none."""
        return int(self._get(_name(key, ".i32")))

    def set_blob(self, key: str, value) -> None:
        """Set bytes; of a text they are those of UTF-8."""
        self._set[_name(key)] = value.encode() if isinstance(value, str) else bytes(value)

    def get_blob(self, key: str, buffer: bytearray) -> int:
        """Fill the buffer, and say how far; INVALID_LENGTH where it is too short, NOT_FOUND where there are no such bytes."""
        found = self._get(_name(key))
        if len(found) > len(buffer):
            raise OSError(*NVS_INVALID_LENGTH)
        buffer[: len(found)] = found
        return len(found)

    def erase_key(self, key: str) -> None:
        """Take a key away."""
        names = [name for name in (_name(key), _name(key, ".i32")) if self._has(name)]
        if not names:
            raise OSError(*NVS_NOT_FOUND)
        for name in names:
            self._set[name] = None

    def commit(self) -> None:
        """Put what was set on flash."""
        for folder in (NVS_FOLDER, self._folder):
            try:
                os.mkdir(folder)
            except OSError:
                pass  # it is there
        for name, value in self._set.items():
            path = self._folder + "/" + name
            if value is None:
                try:
                    os.remove(path)
                except OSError:
                    pass  # it was set and erased at once
                continue
            with open(path + ".new", "wb") as file:
                file.write(value)
            take_its_place(path + ".new", path)
        self._set = {}

    def _has(self, name: str) -> bool:
        try:
            self._get(name)
        except OSError:
            return False
        return True

    def _get(self, name: str) -> bytes:
        if name in self._set:
            found = self._set[name]
        else:
            try:
                with open(self._folder + "/" + name, "rb") as file:
                    found = file.read()
            except OSError:
                found = None
        if found is None:
            raise OSError(*NVS_NOT_FOUND)
        return found


def _name(key: str, kind: str = "") -> str:
    if not 0 < len(key) <= NVS_LONGEST:
        raise OSError(*(NVS_KEY_TOO_LONG if key else NVS_INVALID_NAME))
    return key + kind


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
    take_its_place(FOLDER + "otadata.new", FOLDER + "otadata.json")
