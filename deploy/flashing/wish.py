"""Which device a board is to be: the one that it is already, one that is named, or a new one of a recipe."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.flashing.esptool import chip_named
from deploy.flashing.faults import FlashError

if TYPE_CHECKING:
    from devices.recipe import Recipe
    from gateway.registry import Device


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person has asked for, and what is to hold where nothing was asked."""

    slugs: tuple[str, ...] = ()
    """The recipes of a new device; empty where the board, or the registry, is to say."""
    device: str | None = None
    """The device that this board is to be, by name."""
    board: str | None = None
    """The kind of board, where the chip does not say or another one is wired."""
    place: str | None = None
    place_name: str | None = None
    pilot: str | None = None
    groups: tuple[str, ...] = ()
    period_s: int | None = None
    batch: int | None = None
    as_new: bool = False
    """Make a new device of a board that is one already."""
    whole: bool = False
    """Write everything by esptool, though MicroPython answers."""
    no_stub: bool = False
    micropython: Path | None = None
    """The file of MicroPython, where it is not to be downloaded."""
    wait_s: float | None = 120.0
    """How long to wait for the first reading; None: not at all."""


@dataclass(frozen=True, slots=True)
class Who:
    """What becomes of a board."""

    slugs: tuple[str, ...]
    device: str | None
    """The device that it is to be; None for a new one."""
    keeps: bool
    """Is it this device already? Then its identity, its counter and what waits on it stay."""


def decide(there: str | None, wish: Wish, devices: Mapping[str, Device]) -> Who:
    """What becomes of a board on which this device was found (None: none). Raises FlashError where that is a question."""
    if there is None or wish.as_new:
        named = devices[wish.device] if wish.device is not None else None
        slugs = recipe_of(named) if named is not None else wish.slugs
        if not slugs:
            raise FlashError("which_recipe")
        return Who(slugs, wish.device, keeps=False)
    row = devices.get(there)
    if row is None or not row.in_service:
        raise FlashError("stranger", device=there)
    if wish.device not in {None, there}:
        raise FlashError("other_device", device=there, wanted=wish.device)
    if wish.slugs and tuple(sorted(wish.slugs)) != tuple(sorted(recipe_of(row))):
        raise FlashError("other_recipe", device=there, recipe=row.recipe, wanted="+".join(wish.slugs))
    return Who(recipe_of(row), there, keeps=True)


def completed(wish: Wish, question: str, answer: str) -> Wish:
    """The wish with what a person has answered to a question that was open."""
    if question == "which_recipe":
        return replace(wish, slugs=tuple(answer.split("+")))
    return replace(wish, place=answer)


def recipe_of(row: Device) -> tuple[str, ...]:
    """The recipes of a device."""
    return tuple(row.recipe.split("+"))


def fitting(recipes: Sequence[Recipe], kind: str | None, wish: Wish, port: str) -> str:
    """The kind of board that these recipes are placed on, for a chip of this kind. Raises FlashError for a chip that is none of theirs.

    A virtual board has no chip: then it is the one that was asked for, or the first that the recipes are drawn for.
    """
    common = [board for board in recipes[0].boards if all(board in recipe.boards for recipe in recipes)]
    wanted = wish.board or kind or next(iter(common), "")
    if wanted not in common or (kind is not None and wanted != kind):
        names = ", ".join(map(chip_named, [wish.board] if wish.board else common))
        raise FlashError(
            "wrong_chip",
            port=port,
            chip=chip_named(kind or wanted),
            recipe="+".join(r.slug for r in recipes),
            wanted=names,
        )
    return wanted


def wired_as(recipes: Sequence[Recipe], wiring: Mapping[str, object]) -> str | None:
    """The kind of board on which these recipes are wired so; None where it is none of theirs."""
    from devices.image import place, wired

    for board in recipes[0].boards:
        if all(board in recipe.boards for recipe in recipes):
            here = wired(place(recipes, board))
            if all(json.loads(json.dumps(here[name])) == told for name, told in wiring.items()):
                return board
    return None
