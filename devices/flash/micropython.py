"""MicroPython for a kind of board: the file that a person gives, the one of a folder that was prepared, or the official one, fetched once.

What was fetched lies in the cache, and its hash in a list beside it: a file that has become another one is not written to a
board. `micropython.toml` says which build is for which board.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from urllib.error import HTTPError, URLError

from devices.flash.chip_image import MAGIC, length_of, read_image
from devices.flash.partitions import STARTS, Table, read_table
from devices.refusal import InterpreterError

FILE = Path(__file__).parent / "micropython.toml"
CACHE = "GIROUETTE_CACHE"
LOCK = "micropython.json"
"""The hashes of the files that lie beside it, as they were when they came."""
PIECE, PATIENCE_S = 1 << 16, 30.0
MOST_BYTES = 16 << 20
Progress = Callable[[int, int], object]
"""Hears how many bytes are there, of how many."""


@dataclass(frozen=True, slots=True)
class Build:
    """An official build of MicroPython for one kind of board."""

    board: str
    file: str
    url: str
    page: str
    """Where a person finds it."""
    bytes: int | None = None
    sha256: str | None = None
    """Its hash, where it is known beforehand."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A sound image of MicroPython as an empty board is given it: bootloader, partition table and application."""

    content: bytes
    table: Table
    version: str
    """MicroPython's version."""

    @property
    def chip(self) -> str:
        """Which chip it is for."""
        return self.table.chip

    @property
    def sha256(self) -> str:
        """The hash of the whole file, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@cache
def builds() -> Mapping[str, Build]:
    """The official build for each kind of board."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return MappingProxyType({
        board: Build(
            board, row["file"], told["from"].format(file=row["file"]), told["page"].format(build=row["build"]),
            row.get("bytes"), row.get("sha256"),
        )
        for board, row in told["boards"].items()
    })  # fmt: skip


def read_whole(content: bytes, file: str) -> Whole:
    """Check a whole image, which came from this file. Raises InterpreterError.

    Bootloader and application must be sound by their own check bytes and hashes, for one chip that we know, and the application
    a MicroPython that reads our bytecode.
    """
    if content and length_of_any(content) == len(content):
        raise InterpreterError("micropython_app_alone", file=file)
    table = read_table(content)
    app = content[table.app.offset - STARTS[table.chip] :]
    length = length_of_any(app)
    if length_of_any(content) is None or length is None:
        raise InterpreterError("interpreter_damaged", file=file)
    image = read_image(app[:length], file)
    if image.chip != table.chip:
        raise InterpreterError("wrong_chip", is_for=image.chip, chip=table.chip)
    return Whole(content, table, image.micropython)


def length_of_any(content: bytes) -> int | None:
    """How long the first image in these bytes says that it is; None where it is not sound, or there is none."""
    return length_of(content) if len(content) > 24 and content[0] == MAGIC else None


def find_micropython(
    board: str,
    *,
    given: Path | None = None,
    prepared: Path | None = None,
    kept: Path | None = None,
    progress: Progress = lambda _count, _of: None,
) -> Whole:
    """MicroPython for this kind of board: from `given`, else from the folder `prepared`, else from the cache, else fetched.

    A folder that is given is one that was prepared. Raises InterpreterError with a sentence that says where to get it; OSError for a given file that cannot be read.
    """
    if given is not None and given.is_dir():
        given, prepared = None, given
    if given is not None:
        return meant_for(board, read_whole(given.read_bytes(), str(given)))
    build, folder = builds()[board], cache_folder() if kept is None else kept
    for place in (prepared, folder):
        if place is not None and (place / build.file).exists():
            return meant_for(board, read_kept(build, place))
    return meant_for(board, fetch(build, folder, progress))


def meant_for(board: str, whole: Whole) -> Whole:
    """The image, if it is for this kind of board. Raises InterpreterError."""
    if whole.chip != board:
        raise InterpreterError("wrong_chip", is_for=whole.chip, chip=board)
    return whole


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Where what was fetched is kept: `GIROUETTE_CACHE`, or a folder of the user's."""
    told = environ.get(CACHE) or environ.get("XDG_CACHE_HOME")
    base = Path(told) if told else Path.home() / ".cache"
    return base if environ.get(CACHE) else base / "girouette"


def read_kept(build: Build, folder: Path) -> Whole:
    """The file that lies in a folder, if it is still the one that came. Raises InterpreterError."""
    content = (folder / build.file).read_bytes()
    check_hash(build, content, folder)
    return read_whole(content, str(folder / build.file))


def fetch(build: Build, folder: Path, progress: Progress = lambda _count, _of: None) -> Whole:
    """Fetch a build into a folder, where it appears whole or not at all. Raises InterpreterError."""
    try:
        with urllib.request.urlopen(build.url, timeout=PATIENCE_S) as answer:  # noqa: S310 - our own table has the address
            content, of = b"", int(answer.headers.get("Content-Length") or build.bytes or 0)
            while piece := answer.read(PIECE):
                content += piece
                progress(len(content), max(of, len(content)))
                if len(content) > MOST_BYTES:
                    break
    except (OSError, URLError, ValueError) as error:
        if isinstance(error, HTTPError):
            error.close()
        cause = getattr(error, "reason", error)
        why = getattr(cause, "strerror", None) or cause
        raise InterpreterError("micropython_offline", page=build.page, file=build.file, why=why) from None
    check_hash(build, content, folder)
    whole = read_whole(content, build.file)
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / build.file, content)
    write(folder / LOCK, json.dumps(known(folder) | {build.file: whole.sha256}, indent=1).encode())
    return whole


def check_hash(build: Build, content: bytes, folder: Path) -> None:
    """Refuse bytes that are not those of the build, as it is known or as it first came. Raises InterpreterError."""
    wanted = build.sha256 or known(folder).get(build.file)
    if wanted is not None and hashlib.sha256(content).hexdigest() != wanted:
        raise InterpreterError("micropython_changed", file=build.file, folder=folder)


def known(folder: Path) -> dict[str, str]:
    """The hashes of what lies in a folder, by file."""
    try:
        told = json.loads((folder / LOCK).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def write(file: Path, content: bytes) -> None:
    """Write a file whole: a reader sees the old content or the new, never half of it."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    fresh.write_bytes(content)
    fresh.replace(file)
