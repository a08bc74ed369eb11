"""What stands behind the atelier's pages: recipes, new boards, their first reading, and who was let in."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from devices.recipe import Recipe
from devices.refusal import SpokenError

STATUS = {
    **dict.fromkeys(
        ("closed", "other_name", "public_here", "other_user", "cookie_old", "link_unknown", "link_used", "link_old", "boards_spent", "insecure", "elsewhere"), 403
    ),
    **dict.fromkeys(
        ("no_atelier", "not_built", "unknown_recipe", "unknown_board", "unknown_device", "part_gone"), 404
    ),
    "bad_request": 400, "too_long": 413, "not_json": 415, "too_fast": 429, "no_flash": 501, "fetching": 503, "offline": 503,
}  # fmt: skip
"""HTTP's word for what the atelier refuses; 422 where none stands here."""


class WorkshopError(SpokenError):
    """The atelier refuses; the sentence says what to do."""

    words = "workshop"

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(key, **values)
        self.status = STATUS.get(key, 422)
        wait_s = values.get("wait_s")
        self.wait_s = wait_s if isinstance(wait_s, int) else None
        """After how long asking again makes sense."""


@dataclass(frozen=True, slots=True)
class Point:
    """Where a board is going to be."""

    name: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """A board that somebody holds in their hands, and what it is to become."""

    recipe: str
    board: str
    chip: str
    """What the board says it is: ESP32-C6 and so on."""
    flash_bytes: int
    name: str | None = None
    place: Point | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a board's flash."""

    name: str
    offset: int
    content: bytes
    secret: bool
    """Is it of this one board, and nobody else's to read?"""

    @property
    def sha256(self) -> str:
        """Its hash, which is its address."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Made:
    """A device that has just been registered, and what its board is to be written with."""

    device: str
    page: str
    """The private address of its page."""
    expires_s: int
    """Until when it must have been heard, in seconds since 1970 UTC: it is locked out otherwise."""
    pieces: Sequence[Piece]
    networks: int
    """How many networks it knows: with none, somebody has to give it one."""
    todo: str | None = None
    """What is left to type on the gateway's machine before the broker lets the board in; None where nothing is."""


@dataclass(frozen=True, slots=True)
class FirstReading:
    """What a device measured first, as the store has it."""

    time_s: int
    values: Mapping[str, float]
    """By channel."""


@dataclass(frozen=True, slots=True)
class Guest:
    """Who was let in by a link."""

    name: str
    """Which link it was: no secret, for the record and for what belongs to whom."""
    until_s: int
    boards_left: int


class Guests(Protocol):
    """Who was let in: links that open once, and the cookies that they are exchanged for. Only hashes are kept."""

    def enter(self, link: str, now_s: float) -> tuple[str, Guest]:
        """The cookie that this link is exchanged for, once. Raises WorkshopError where it is unknown, used or too old."""

    def known(self, cookie: str, now_s: float) -> Guest | None:
        """Who bears this cookie; None where nobody does, or does no more."""

    def spend(self, guest: Guest) -> None:
        """One board more is made by this guest's link. Raises WorkshopError where it may make no more."""

    def give_back(self, guest: Guest) -> None:
        """The board that was spent last was not made after all."""


class Workshop(Protocol):
    """The atelier of one installation of Girouette."""

    @property
    def guests(self) -> Guests:
        """Who was let in."""

    @property
    def recipes(self) -> Mapping[str, Recipe]:
        """What a board may become."""

    def make(self, wanted: Wanted, *, by: str) -> Made:
        """A new device, registered, with the bytes for its board; `by` is whose it is.

        Raises SpokenError where it cannot be made, WorkshopError with `wait_s` where it can be in a moment.
        """

    def owner(self, device: str) -> str | None:
        """Who made this device here; None where nobody did."""

    def page(self, device: str) -> str:
        """The private address of a device's page."""

    def label(self, device: str, lang: str) -> str:
        """The label of a device, as SVG."""

    def first_reading(self, device: str) -> FirstReading | None:
        """The first reading of this device that is stored."""
