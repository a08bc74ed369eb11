"""What the registry knows, as frozen values, and how it refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devices.refusal import SpokenError

STAGES = ("atelier", "essai", "public", "loaned", "retired")
"""The life of a device. It begins in the first; the last one is for ever."""


class RegistryError(SpokenError):
    """The registry could not do it; the sentence says what to do.

    RegistryError
    |-- RegistryRefusal   what was asked does not fit what is registered
    |-- RegistryUnknown   nothing is registered under this name or number
    |-- RegistryMismatch  its schema is not ours
    `-- RegistryAway      the database does not answer: it may later
    """

    words = "registry"


class RegistryRefusal(RegistryError):  # noqa: N818 - says what happened
    """What was asked does not fit what is registered."""


class RegistryUnknown(RegistryError):  # noqa: N818
    """Nothing is registered under this name or number."""


class RegistryMismatch(RegistryError):  # noqa: N818
    """The registry was written by another version of the schema."""


class RegistryAway(RegistryError):  # noqa: N818
    """The database does not answer."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """A city's trial: who measures, and under which licence."""

    id: int
    slug: str
    name: str
    timezone: str
    licence: str
    attribution: str
    demo: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is measured: one public point, decided once."""

    id: int
    pilot_id: int
    name: str
    lat: float
    lon: float
    key: str
    """What the unguessable link ends with that opens the place before it is public."""


@dataclass(frozen=True, slots=True)
class Device:
    """One flashed board."""

    id: str
    pilot_id: int
    shard: str
    recipe: str
    """Slugs of its recipes, joined by `+`."""
    period_s: float
    stage: str
    user: str
    password_hash: str
    added_s: int
    update_key: str = ""
    """By which the board knows its updates, in hexadecimal: a secret; empty for one that takes none over the air."""
    update_serial: int = 0
    """The number of its last order: a board takes none with a lower one."""
    firmware: str = ""
    """What it was heard to run last."""
    link: str = ""
    """What the unguessable address ends with that opens its page before it is public."""
    expires_s: int | None = None
    """When it is retired unless it is heard before; None where it is never so, or was heard."""
    revoked_s: int | None = None
    """Since when it is locked out."""
    groups: tuple[str, ...] = ()
    """In the order of the alphabet."""

    @property
    def in_service(self) -> bool:
        """Is it neither retired nor revoked?"""
        return self.stage != STAGES[-1] and self.revoked_s is None


@dataclass(frozen=True, slots=True)
class Update:
    """A new version that a device was given, and what became of it."""

    id: int
    device_id: str
    at_s: int
    version: str
    end: str
    """kept, back, refused or silent."""
    why: str
    """The device's own word, where it was refused or came back."""


@dataclass(frozen=True, slots=True)
class Installation:
    """A device at a place, in [start_s, end_s); end_s is None while it is there."""

    id: int
    device_id: str
    place_id: int
    start_s: int
    end_s: int | None


@dataclass(frozen=True, slots=True)
class Series:
    """One channel of one place: it outlives the devices that fill it."""

    id: int
    place_id: int
    channel: str
    quantity: str
    period_s: float
    """The expected period that is valid now."""
    generated_until_s: int | None
    """Readings before this time were generated, not measured."""
    quality: Mapping[str, float]
    """Thresholds that differ from the quantity's: the recipe's, then its own."""
    own: Mapping[str, float]
    """Its own alone."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a channel of a device is corrected, for what it measures in [start_s, end_s)."""

    id: int
    device_id: str
    channel: str
    method: str
    """One of `gateway.numerics.corrections.METHODS`."""
    version: int
    """That of the method; a line's is its own number."""
    start_s: int
    end_s: int | None
    numbers: Mapping[str, float]
    evidence: Mapping[str, object]
    """How the numbers were found: R2, RMSE, pairs, dates, beside what; empty where nobody said."""
    added_s: int
    removed_s: int | None

    @property
    def name(self) -> str:
        """What stands beside each corrected value: `barkjohn-2021@1`, `linear@7`."""
        return f"{self.method}@{self.version}"
