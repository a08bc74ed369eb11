"""The atelier as one file that needs no server: the page, its script, the drawings, MicroPython, the disks, and a batch of identities that ends.

The file holds the secrets of its boards. Only its owner reads it, it asks for nothing from anywhere (its own policy forbids it),
and what was not used when it ends is locked out by the gateway.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from api.atelier.offer import drawing
from api.atelier.pages import BUNDLE, board_choices, card, drawings, embed, read_asset, render, told_to_script
from deploy.faults import CommandError
from devices.recipe import Recipe

if TYPE_CHECKING:
    from api.atelier.port import Piece
    from deploy.workshop.making import Maker
    from devices.flash.micropython import Progress, Whole
    from gateway.registry.enrol import Enrolled

MIB = 1 << 20
FLASHES = (4 * MIB, 8 * MIB, 16 * MIB)
"""Sizes of flash that boards come with: the disk lies at the end of it, so that each has its own."""
MODE = 0o600


@dataclass(frozen=True, slots=True)
class Plan:
    """What the file is for."""

    recipes: Sequence[Recipe]
    """Each with the boards alone that the file is for."""
    seats: int
    each: int
    """Boards of each recipe that a seat may make."""
    now_s: int
    expires_s: int
    lang: str

    @property
    def boards(self) -> list[str]:
        """The kinds of board that the file is for."""
        return list(dict.fromkeys(board for recipe in self.recipes for board in recipe.boards))

    @property
    def count(self) -> int:
        """How many boards it makes at most."""
        return self.seats * self.each * len(self.recipes)


@dataclass(frozen=True, slots=True)
class Held:
    """One identity of the batch, and whose it is."""

    seat: int
    number: int
    recipe: Recipe
    enrolled: Enrolled


def narrowed(recipes: Sequence[Recipe], boards: Sequence[str]) -> list[Recipe]:
    """These recipes, for these boards alone. Raises CommandError for one that is for none of them."""
    found = []
    for recipe in recipes:
        left = tuple(board for board in recipe.boards if board in boards)
        if not left:
            raise CommandError("atelier_no_board", recipe=recipe.slug, choices=", ".join(recipe.boards))
        found.append(replace(recipe, boards=left))
    return found


def enrol_all(maker: Maker, plan: Plan) -> list[Held]:
    """Every identity of the batch, registered at once or not at all. Raises RegistryError."""
    found = []
    with maker.registry.together():
        for seat in range(1, plan.seats + 1):
            for recipe in plan.recipes:
                for number in range(1, plan.each + 1):
                    made = maker.enrol([recipe], name=None, at=None, expires_s=plan.expires_s, now_s=plan.now_s)
                    found.append(Held(seat, number, recipe, made))
    return found


def packed(content: bytes) -> str:
    """Bytes as the page holds them: gzip, the same each time, in base64."""
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


@dataclass(frozen=True, slots=True)
class Load:
    """What boards are written with, besides who they are."""

    micropython: Mapping[str, Whole]
    disks: Mapping[str, Piece]
    """By `recipe/board/bytes of flash`."""

    @property
    def nvs_bytes(self) -> int:
        """How much room the settings have on every one of these boards. Raises CommandError where they differ."""
        sizes = {whole.table.nvs.size for whole in self.micropython.values()}
        if len(sizes) != 1:
            raise CommandError("atelier_mixed", boards=", ".join(self.micropython))
        return sizes.pop()


def load(maker: Maker, plan: Plan, progress: Progress = lambda _count, _of: None) -> Load:
    """MicroPython and the disks: nothing of one board. Raises InterpreterError, RefusalError."""
    from deploy.workshop.making import pieces

    wholes = {board: maker.micropython(board, progress) for board in plan.boards}
    disks = {}
    for recipe in plan.recipes:
        for board in recipe.boards:
            image = maker.image([recipe.on(board)], board)
            for flash_bytes in FLASHES:
                made = pieces(wholes[board], image, flash_bytes)
                disks[f"{recipe.slug}/{board}/{flash_bytes}"] = next(p for p in made if p.name == "vfs")
    return Load(wholes, disks)


def batch(maker: Maker, plan: Plan, loaded: Load, held: Sequence[Held]) -> dict[str, Any]:
    """What the page's script gives to boards."""
    from devices.flash.partitions import STARTS

    return {
        "expires_s": plan.expires_s,
        "seats": plan.seats,
        "networks": len(maker.networks()),
        "identities": [identity(maker, one, loaded.nvs_bytes) for one in held],
        "micropython": {b: {"offset": STARTS[b], "gz": packed(w.content)} for b, w in loaded.micropython.items()},
        "vfs": {
            key: {"offset": disk.offset, "flash_bytes": int(key.rpartition("/")[2]), "gz": packed(disk.content)}
            for key, disk in loaded.disks.items()
        },
    }


def identity(maker: Maker, one: Held, nvs_bytes: int) -> dict[str, Any]:
    """One identity, with the bytes that make a board this device."""
    from devices.flash.parts import make_nvs

    board = one.recipe.boards[0]
    nvs = make_nvs(maker.image([one.recipe.on(board)], board, one.enrolled).settings, nvs_bytes)
    return {
        "seat": one.seat, "number": one.number, "recipe": one.recipe.slug, "device": one.enrolled.id,
        "page": one.enrolled.page(maker.settings.public_url), "nvs": base64.b64encode(nvs).decode(),
    }  # fmt: skip


def page(plan: Plan, held: Mapping[str, Any], *, note: str) -> str:
    """The whole file. Raises CommandError where the script was not built."""
    script = read_asset(f"atelier/{BUNDLE}")
    if script is None:
        raise CommandError("atelier_not_built")
    style = b"\n".join(read_asset(name) or b"" for name in ("style.css", "atelier.css"))

    def drawn(recipe: Recipe, board: str) -> str:
        return data_address("image/svg+xml", drawing(recipe, board).encode())

    return render(
        "make", plan.lang, mode="file", base="", inside=False, built=True, mark="", others={}, note=note,
        policy=policy(script, style), icon=data_address("image/svg+xml", read_asset("icon.svg") or b""),
        style=inside(style, "style"), bundle=inside(script, "script"),
        cards=[card(recipe, plan.lang, drawn) for recipe in plan.recipes], boards=board_choices(plan.recipes, plan.lang),
        drawings=drawings(plan.recipes, plan.lang, drawn, plan.boards),
        embedded=embed(told_to_script(plan.recipes, plan.lang, mode="file", batch=held)),
    )  # fmt: skip


def policy(script: bytes, style: bytes) -> str:
    """What the file may do: run its own script in its own style, show its own pictures, and ask nobody for anything."""
    return (
        f"default-src 'none'; script-src {hash_of(script)}; style-src {hash_of(style)}; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def hash_of(content: bytes) -> str:
    """How a policy names the content of an element."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"


def inside(content: bytes, element: str) -> Markup:
    """Content that stands in an element as it is. Raises ValueError where it would end it."""
    text = content.decode()
    if f"</{element}" in text.lower():
        raise ValueError(f"the content ends its own {element} element")
    return Markup(text)  # noqa: S704 - our own script and style


def data_address(media: str, content: bytes) -> str:
    """Bytes as an address."""
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


def claim(file: Path) -> None:
    """Afterwards the file is there, empty, and its owner alone reads it. Raises CommandError where there is one of the name."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, MODE))
    except FileExistsError:
        raise CommandError("atelier_file_there", file=file) from None


def fill(file: Path, text: str) -> int:
    """Put the text into a file that was claimed; its size in bytes."""
    with file.open("wb") as out:
        out.write(text.encode())
        out.flush()
        os.fsync(out.fileno())
    return file.stat().st_size
