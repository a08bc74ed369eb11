"""Boards made for the atelier: an identity from the registry, the bytes of its flash, its account on the broker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.atelier.port import Piece, Point, WorkshopError
from devices.pinout import load_pinouts
from devices.recipe import Recipe

if TYPE_CHECKING:
    from deploy.settings import Settings
    from devices.flash.micropython import Progress, Whole
    from devices.image import Image
    from gateway.registry import Pilot, Place, Registry
    from gateway.registry.enrol import Enrolled

GROUP = "atelier"
"""The group of all boards that are made here."""
SECRET = {"nvs"}
"""The parts of a flash that are one board's own."""


@dataclass(frozen=True, slots=True)
class Maker:
    """What boards are made of on this installation."""

    settings: Settings
    registry: Registry
    recipes: Mapping[str, Recipe]

    def chosen(self, slugs: Sequence[str], board: str) -> list[Recipe]:
        """These recipes, together on this kind of board. Raises WorkshopError, and RefusalError where they do not go together."""
        from devices.image import place

        for slug in slugs:
            if slug not in self.recipes:
                raise WorkshopError("unknown_recipe", recipe=slug)
            if board not in self.recipes[slug].boards:
                choices = ", ".join(self.recipes[slug].boards)
                raise WorkshopError("unknown_board", board=board, choices=choices)
        return place([self.recipes[slug] for slug in slugs], board)

    def micropython(self, board: str, progress: Progress = lambda _count, _of: None) -> Whole:
        """MicroPython for this kind of board, as set, as prepared, as kept or fetched. Raises InterpreterError, OSError."""
        from devices.flash.micropython import find_micropython

        told = self.settings.board_micropython
        if told is not None and told.is_dir():
            return find_micropython(board, prepared=told, progress=progress)
        return find_micropython(board, given=told, progress=progress)

    def image(self, recipes: Sequence[Recipe], board: str, enrolled: Enrolled | None = None) -> Image:
        """The files of a board and what makes it this device; without one, as long as it could ever be."""
        from deploy.identity import LONGEST, identity_of
        from deploy.workshop.reach import reach
        from devices.image import build_image

        identity = identity_of(
            enrolled or LONGEST, reach(self.settings), networks=self.networks(), public_url=self.settings.public_url,
            board=board, period_s=own_period_s(recipes, enrolled),
        )  # fmt: skip
        return build_image(recipes, identity)

    def networks(self) -> list[Mapping[str, Any]]:
        """The Wi-Fi networks that every board is to know."""
        from deploy.networks import known_networks

        return list(known_networks(self.settings))

    def enrol(
        self, recipes: Sequence[Recipe], *, name: str | None, at: Point | None, expires_s: int, now_s: int
    ) -> Enrolled:
        """A new device of these recipes at a place of its own; nothing is registered where anything is refused.

        Raises RegistryError.
        """
        from gateway.registry.enrol import Newcomer, enrol, free_name

        with self.registry.together():
            found, pilot = free_name(self.registry, name, recipes), self.pilot()
            place = self.place(pilot, found, at)
            period_s = min(recipe.period_s for recipe in recipes)
            new = Newcomer(recipes, pilot.id, place.id, period_s, now_s, id=found, groups=(GROUP,), expires_s=expires_s)
            return enrol(self.registry, new)

    def pilot(self) -> Pilot:
        """The pilot of new boards: the first that is no demonstration, else a first one."""
        from deploy.commands.pilots import DEFAULT

        real = [row for row in self.registry.pilots() if not row.demo]
        return real[0] if real else self.registry.add_pilot(*DEFAULT, attribution=DEFAULT[1])

    def place(self, pilot: Pilot, device: str, at: Point | None) -> Place:
        """A place for this device alone: where it was said, else where the pilot's newest place is, to be moved from there later."""
        if at is not None:
            return self.registry.add_place(pilot.id, at.name, lat=at.lat, lon=at.lon)
        known = [row for row in self.registry.places() if row.pilot_id == pilot.id]
        lat, lon = (known[-1].lat, known[-1].lon) if known else (0.0, 0.0)
        return self.registry.add_place(pilot.id, f"Atelier ({device})", lat=lat, lon=lon)


def own_period_s(recipes: Sequence[Recipe], enrolled: Enrolled | None) -> int | None:
    """The period of a device that was given another one than its recipes'."""
    usual_s = min(recipe.period_s for recipe in recipes)
    return None if enrolled is None or enrolled.period_s == usual_s else round(enrolled.period_s)


def pieces(micropython: Whole, image: Image, flash_bytes: int) -> list[Piece]:
    """The pieces of a board's flash. Raises RefusalError where they have no room, WorkshopError without the extra `flash`."""
    from devices.flash.parts import parts

    try:
        made = parts(micropython.content, image, micropython.chip, flash_bytes)
    except ModuleNotFoundError as e:
        raise WorkshopError("no_flash") from e
    return [Piece(part.name, part.offset, part.content, secret=part.name in SECRET) for part in made]


def check_chip(chip: str, board: str) -> None:
    """Refuse a chip that is not this board's: what it is called by esptool, variants of the package included. Raises WorkshopError."""
    from api.atelier.offer import chip_of

    pinout = load_pinouts()[board]
    if chip_of(chip) != chip_of(pinout.chip):
        raise WorkshopError("wrong_chip", chip=chip, board=pinout.name, wanted=chip_of(pinout.chip))
