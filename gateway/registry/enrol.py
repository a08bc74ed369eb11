"""A newcomer becomes a device: the one way to an identity for the command line, for USB and for the browser.

Secrets leave here once, in `Enrolled`; of the password the registry keeps a hash alone.
"""

from __future__ import annotations

import base64
import itertools
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from devices.reading import is_device, topic_of
from devices.recipe import Recipe
from gateway.registry.passwords import hash_password, is_service
from gateway.registry.registry import Registry
from gateway.registry.rows import Device, RegistryRefusal

Chance = Callable[[int], bytes]
"""So many random bytes."""
SECRET_BYTES, SALT_BYTES = 32, 12
LONGEST_BASE = 26
PAGE_PATH = "/d/{link}"
"""The page of a device by its link, under the public address."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A device before it is registered."""

    recipes: Sequence[Recipe]
    pilot_id: int
    place_id: int | None
    """Where it stands; None for one in stock."""
    period_s: float
    at_s: int
    """From when on its samples belong to the place: not before another device left it, whatever is said here."""
    id: str | None = None
    """Its name; the first free one of its recipe where it is None."""
    groups: Sequence[str] = ()
    expires_s: int | None = None
    """When it is retired unless it is heard before: for identities that are made in advance."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What a board must be told to be this device: told once, kept nowhere."""

    id: str
    shard: str
    topic: str
    user: str
    password: str = field(repr=False)
    update_key: str = field(repr=False)
    link: str = field(repr=False)
    place_id: int | None
    period_s: float
    stage: str

    def page(self, public_url: str) -> str:
        """The address of its page, which nobody guesses: its path alone where the public address is not known."""
        return page_of(self.link, public_url)


def page_of(link: str, public_url: str) -> str:
    """The address of a device's page.

    >>> page_of("k3Jm", "https://air.example/"), page_of("k3Jm", "")
    ('https://air.example/d/k3Jm', '/d/k3Jm')
    """
    return public_url.rstrip("/") + PAGE_PATH.format(link=link)


def enrol(registry: Registry, new: Newcomer, *, chance: Chance = secrets.token_bytes) -> Enrolled:
    """Register the device with secrets of its own. Raises RegistryError; then nothing has changed.

    Any number may be enrolled at once, by any number of processes: no name and no secret is given twice.
    """
    with registry.together():
        return renew_secrets(registry, register(registry, new).id, chance=chance)


def register(registry: Registry, new: Newcomer) -> Device:
    """Register the device without secrets: nobody comes in by its name until it is flashed. Raises RegistryError."""
    channels = [(c.name, c.quantity, r.quality.get(c.name, {})) for r in new.recipes for c in r.channels]
    with registry.together():
        name = free_name(registry, new.id, new.recipes)
        registry.add_device(
            name, pilot_id=new.pilot_id, recipe="+".join(r.slug for r in new.recipes), channels=channels,
            period_s=float(new.period_s), place_id=new.place_id, at_s=first_moment(registry, new.place_id, new.at_s),
            password_hash="",
        )  # fmt: skip
        if new.expires_s is not None:
            registry.identities.set_expiry(name, new.expires_s)
        for group in new.groups:
            registry.identities.join([name], group)
        return registry.identities.device(name)


def renew_secrets(registry: Registry, name: str, *, chance: Chance = secrets.token_bytes) -> Enrolled:
    """The device under a fresh password and a fresh key: for the board that is flashed as this device now.

    The secrets from before open nothing any more. Raises RegistryUnknown, and RegistryRefusal for a device that is retired
    or revoked.
    """
    password, update_key = fresh_secrets(chance)
    with registry.together():
        registry.identities.set_password(name, hash_password(password, chance(SALT_BYTES)))
        registry.set_update_key(name, update_key)
        at = next((i.place_id for i in registry.installations() if (i.device_id, i.end_s) == (name, None)), None)
        row = registry.identities.device(name)
    return Enrolled(
        id=row.id, shard=row.shard, topic=topic_of(row.id), user=row.user, password=password, update_key=update_key,
        link=row.link, place_id=at, period_s=row.period_s, stage=row.stage,
    )  # fmt: skip


def fresh_secrets(chance: Chance) -> tuple[str, str]:
    """A password of 256 random bits in 43 characters, and a key for updates in hexadecimal."""
    password = base64.urlsafe_b64encode(chance(SECRET_BYTES)).rstrip(b"=").decode()
    return password, chance(SECRET_BYTES).hex()


def free_name(registry: Registry, wanted: str | None, recipes: Sequence[Recipe]) -> str:
    """The name that is wanted, or the first of `recipe-1`, `recipe-2`, ... that no device ever had.

    Raises RegistryRefusal for a name that cannot be given. It is free for as long as nobody else registers: call it in
    `registry.together()`.
    """
    taken = {row.id for row in registry.devices()}
    if wanted is None:
        base = recipes[0].slug[:LONGEST_BASE]
        return next(name for n in itertools.count(1) if (name := f"{base}-{n}") not in taken)
    if not is_device(wanted):
        raise RegistryRefusal("bad_name", name=wanted)
    if is_service(wanted):
        raise RegistryRefusal("service_name", name=wanted)
    if wanted in taken:
        raise RegistryRefusal("name_taken", name=wanted)
    return wanted


def first_moment(registry: Registry, place_id: int | None, at_s: int) -> int:
    """From when on a new device's samples belong to the place: from at_s on, but not before another device left.

    A board keeps what it measured before it was registered, and sends it then.
    """
    left = [row.end_s for row in registry.installations() if row.place_id == place_id and row.end_s is not None]
    return max([0, at_s, *left])
