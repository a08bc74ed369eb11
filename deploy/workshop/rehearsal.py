"""Boards that are not there, for a workshop to be rehearsed: `girouette board --pty`.

Each is a chip with its bootloader (devices/virtual/chip.py), or one that has a recipe's firmware in its flash already. Which ports they are on
stands in a folder of this machine and user, as long as they run, so that `girouette flash` finds them as it finds boards on USB.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from devices.refusal import SpokenError

if TYPE_CHECKING:
    from devices.recipe import Recipe

PACKAGES = ("esp32_mock_bootloader", "esptool", "littlefs", "esp_idf_nvs_partition_gen")
"""What a chip without a chip is made of."""
MAKER = b"\x02\x67\x69"
"""How the numbers of virtual boards begin: the second bit of the first byte says that no maker gave them (IEEE 802)."""
MOST = 20


class RehearsalError(SpokenError):
    """There can be no such virtual board; the sentence says what to do."""

    words = "rehearsal"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The virtual boards that are asked for."""

    chip: str
    count: int = 1
    recipe: Recipe | None = None
    """What its firmware measures; None is a board as out of its bag."""
    folder: Path | None = None
    """Where they are kept; nowhere where it is None."""
    link: Path | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A virtual board that runs on this machine."""

    port: str
    chip: str
    number: str


def check(wanted: Wanted) -> None:
    """Refuse what this machine cannot do."""
    from devices.flash.partitions import STARTS
    from devices.interpreter import have_micropython

    if sys.platform == "win32":
        raise RehearsalError("no_windows")
    if not have_micropython():
        raise RehearsalError("no_interpreter")
    for package in PACKAGES:
        if find_spec(package) is None:
            raise RehearsalError("no_package", package=package.replace("_", "-"))
    if wanted.chip not in STARTS:
        raise RehearsalError("bad_chip", value=wanted.chip, choices=", ".join(STARTS))
    if not 1 <= wanted.count <= MOST:
        raise RehearsalError("bad_count", value=wanted.count, most=MOST)


@contextlib.contextmanager
def boards(wanted: Wanted, lay: Callable[[Path], None], changed: Callable[[str, str], None]) -> Iterator[list[str]]:
    """The boards run, and can be found, while this is open: their ports.

    `lay(flash)` fills the flash of a new board; `changed(port, mode)` is told when one enters its bootloader or leaves it.
    """
    from devices.recipe import load_recipes
    from devices.virtual.chip import Make, VirtualChip

    check(wanted)
    own = {} if wanted.recipe is None else {wanted.recipe.slug: wanted.recipe.signals}
    signals = {slug: recipe.signals for slug, recipe in load_recipes().items()} | own
    with kept(wanted.folder) as home, contextlib.ExitStack() as open_:
        running = []
        for number in range(1, wanted.count + 1):
            directory = home / f"{wanted.chip}-{number}"
            board = VirtualChip(wanted.chip, directory, signals=signals, make=Make(mac=mac_of(directory)))
            if not (directory / "laid").exists():
                lay(board.flash)
                (directory / "laid").touch()
            running.append(open_.enter_context(board))
            board.changed = partial(changed, board.port)
        for board in running:
            board.ready()
        ports = [board.port for board in running]
        open_.enter_context(announced([Found(b.port, b.chip, b.make.mac.hex(":")) for b in running]))
        for link, port in zip(links(wanted), ports, strict=False):
            open_.enter_context(linked(link, port))
        yield ports


def mac_of(directory: Path) -> bytes:
    """A board's own number, the same as long as its folder is there."""
    return MAKER + hashlib.sha256(str(directory.resolve()).encode()).digest()[:3]


@contextlib.contextmanager
def kept(folder: Path | None) -> Iterator[Path]:
    """The folder of the boards: the one to keep, or one that is gone afterwards."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="girouette-") as passing:
        yield Path(passing)


def links(wanted: Wanted) -> list[Path]:
    """The names under which the ports are found too: PATH, or PATH-1, PATH-2 and so on."""
    if wanted.link is None:
        return []
    if wanted.count == 1:
        return [wanted.link]
    return [wanted.link.with_name(f"{wanted.link.name}-{number}") for number in range(1, wanted.count + 1)]


@contextlib.contextmanager
def linked(link: Path, port: str) -> Iterator[None]:
    """`link` leads to the port while this is open. Raises RehearsalError where something else has its name."""
    if link.exists() and not link.is_symlink():
        raise RehearsalError("link_taken", link=link)
    link.unlink(missing_ok=True)
    link.symlink_to(port)
    try:
        yield
    finally:
        link.unlink(missing_ok=True)


def place() -> Path:
    """Where this user's virtual boards are written down."""
    return Path(tempfile.gettempdir()) / f"girouette-boards-{getattr(os, 'getuid', int)()}"


@contextlib.contextmanager
def announced(found: Sequence[Found]) -> Iterator[None]:
    """These boards are found by `running_boards` while this is open."""
    folder = place()
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{os.getpid()}.json"
    file.write_text(json.dumps([[one.port, one.chip, one.number] for one in found]), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def running_boards() -> list[Found]:
    """The virtual boards of this machine and user; those of a process that is gone are forgotten."""
    folder, running = place(), []
    if not folder.is_dir() or folder.stat().st_uid != os.getuid():
        return []
    for file in sorted(folder.glob("*.json")):
        if not runs(int(file.stem)):
            file.unlink(missing_ok=True)
            continue
        running += [Found(*row) for row in json.loads(file.read_text(encoding="utf-8"))]
    return running


def runs(pid: int) -> bool:
    """Is there such a process?"""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True
