"""A board's disk: littlefs as MicroPython mounts it, made, read, renewed when a board is flashed again, and put back.

The library of the extra `flash` makes it, with the sizes that MicroPython mounts it with (`extmod/vfs_lfs.c`: reads and writes of 32
bytes, caches of 128), so that it lies there as the board itself would have written it.
"""

from __future__ import annotations

import binascii
import json
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from devices.flash.partitions import BLOCK
from devices.refusal import ImageError, InterpreterError

if TYPE_CHECKING:
    from littlefs import LittleFS

READ_BYTES, CACHE_BYTES, BLOCK_CYCLES = 32, 128, 100
OLDEST, NEWEST = 0x00020000, 0x00020001
"""Versions of littlefs on disk. Every MicroPython mounts 2.0; those since 1.23 make 2.1 of it at their first write."""
PROGRAM = ("girouette", "anchors", "a", "b")
"""Folders that are the firmware's and its updates'."""
PASSING = (
    "update.json", "config.good", "heard", "room", "crash.txt", "interpreter.json", "interpreter.at", "tls.txt", "obeyed",
)  # fmt: skip
"""What the firmware wrote down about the version that it was."""


def make_vfs(files: Mapping[str, bytes], size: int) -> bytes:
    """A file system of exactly this size with these files, always the same bytes. Raises ImageError where they have no room."""
    disk = littlefs(bytearray(b"\xff" * size), OLDEST)
    disk.format()
    disk.mount()
    return written(disk, files)


def read_vfs(region: bytes) -> dict[str, bytes]:
    """The files of a file system by path. Raises InterpreterError where there is none."""
    disk = mounted(region)
    paths = [f"{folder.rstrip('/')}/{name}" for folder, _, names in disk.walk("/") for name in names]
    return {path: content(disk, path) for path in sorted(paths)}


def renewed_vfs(region: bytes, files: Mapping[str, bytes]) -> bytes:
    """The file system of a board that stays the device that it is, with other firmware.

    What it keeps: its counter, its spool, its diary, and what it knows of date and network; of what was changed from
    afar, the last order's number, so that no order is obeyed twice, and the settings where the recipe is the same.
    Raises InterpreterError where there is no file system, ImageError where the files have no room.
    """
    disk, old = mounted(region), read_vfs(region)
    for path in old:
        if passes(path, old, files):
            disk.remove(path)
    for folder in set(PROGRAM) & set(disk.listdir("/")):
        disk.remove(f"/{folder}", recursive=True)
    starts = json.dumps({"good": "", "trial": None, "serial": serial(old), "fails": 0}).encode()
    return written(disk, {**files, "/slots.json": starts})


def restored_vfs(region: bytes, ep: int | None = None) -> bytes:
    """The file system of a board that was saved, fit to be put back: its next sample is the first of a new `ep`.

    The numbers that the board gave since it was saved are not known, so none of that `ep` is given again; what waits in the
    spool keeps its own numbers, its dates and its place (`girouette/numbers.py`). Raises InterpreterError.
    """
    disk, old = mounted(region), read_vfs(region)
    told = counter(old.get("/counter", b""))
    if told is None:
        return bytes(disk.context.buffer)  # the board makes a new one by itself
    kept = {name: told[name] for name in ("boot", "gone", "bases", "moved", "passed") if name in told}
    text = json.dumps({"ep": secrets.randbelow(1 << 30) if ep is None else ep, "sq": 1, **kept}, separators=(",", ":"))
    return written(disk, {"/counter": f"{binascii.crc32(text.encode()):08x} {text}".encode()})


def littlefs(buffer: bytearray, disk_version: int) -> LittleFS:
    """A file system on these bytes, neither formatted nor mounted, with MicroPython's parameters."""
    from littlefs import LittleFS, UserContext

    return LittleFS(
        UserContext(buffer=buffer), mount=False, block_size=BLOCK, block_count=len(buffer) // BLOCK,
        read_size=READ_BYTES, prog_size=READ_BYTES, cache_size=CACHE_BYTES, lookahead_size=READ_BYTES,
        block_cycles=BLOCK_CYCLES, disk_version=disk_version,
    )  # fmt: skip


def mounted(region: bytes) -> LittleFS:
    """A copy of a file system, in the version of littlefs in which it is: a later one would not be read by the board's."""
    from littlefs import LittleFSError

    for version in (OLDEST, NEWEST):
        disk = littlefs(bytearray(region), version)
        try:
            disk.mount()
        except LittleFSError:
            continue
        return disk
    raise InterpreterError("no_vfs")


def written(disk: LittleFS, files: Mapping[str, bytes]) -> bytes:
    """The bytes of a file system once these files are in it. Raises ImageError where they have no room."""
    from littlefs import LittleFSError

    try:
        for path in sorted(files):
            disk.makedirs(path.rpartition("/")[0] or "/", exist_ok=True)
            with disk.open(path, "wb") as file:
                file.write(files[path])
        disk.unmount()
    except LittleFSError:
        raise ImageError("vfs_full", size=len(disk.context.buffer) >> 10) from None
    return bytes(disk.context.buffer)


def content(disk: LittleFS, path: str) -> bytes:
    """A file's bytes."""
    with disk.open(path, "rb") as file:
        found: bytes = file.read()
    return found


def passes(path: str, old: Mapping[str, bytes], files: Mapping[str, bytes]) -> bool:
    """Does this file go when the firmware is written anew?"""
    if path == "/changes.json":
        return recipe(old) != recipe(files)
    return path.split("/")[1] in PROGRAM or path.removesuffix(".new").lstrip("/") in PASSING


def recipe(files: Mapping[str, bytes]) -> object:
    """What the board of these files measures; None where they do not say."""
    try:
        return json.loads(files["/config.json"])["recipe"]
    except (LookupError, ValueError, TypeError):
        return None


def serial(files: Mapping[str, bytes]) -> int:
    """The number of the last order that the board of these files obeyed."""
    try:
        return int(json.loads(files["/slots.json"])["serial"])
    except (LookupError, ValueError, TypeError):
        return 0


def counter(text: bytes) -> dict[str, Any] | None:
    """What a board's counter says; None where it cannot be read, as the firmware itself judges it."""
    try:
        check, told = text.split(b" ", 1)
        found = json.loads(told) if int(check, 16) == binascii.crc32(told) else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
