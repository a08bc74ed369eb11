"""A board becomes a device of the registry, and its image is made.

A device is enrolled once its board was found, recognised and can be given what it needs. Where the board then does not take
its identity, the device stays in a group that bears the board's own number, and the next try on the same board takes it again,
under fresh secrets: a failed flashing leaves no dead device behind, and no secret on this computer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deploy.flashing.faults import FlashError
from deploy.groups import waiting

if TYPE_CHECKING:
    from deploy.flashing.wish import Who, Wish
    from deploy.workshop.reach import Reach
    from devices.image import Image
    from devices.recipe import Recipe
    from gateway.registry import Device, Place, Registry
    from gateway.registry.enrol import Enrolled

UNFINISHED = "flashing-"
"""What the group of a board begins with that has not taken its identity yet."""


@dataclass(frozen=True, slots=True)
class Enrolling:
    """What a device is made of."""

    registry: Registry
    recipes: Mapping[str, Recipe]
    where: Reach
    networks: Sequence[Mapping[str, Any]]
    """The Wi-Fi networks that every board is to know."""
    public_url: str = ""

    def enrol(self, mac: str, who: Who, wish: Wish) -> Enrolled:
        """The device that a board of this number is to be, with secrets that nobody had before. Raises RegistryError, FlashError.

        One of the same recipe that waits for a board in one of the wish's groups comes before a new one.
        """
        from gateway.registry.enrol import Newcomer, enrol, renew_secrets

        mine, group = [self.recipes[slug] for slug in who.slugs], unfinished(mac)
        with self.registry.together():
            if who.device is not None:
                return renew_secrets(self.registry, who.device)
            begun = [d.id for d in self.registry.devices() if group in d.groups and d.recipe == "+".join(who.slugs)]
            if begun:
                return renew_secrets(self.registry, begun[0])
            if waits := waiting(self.registry.devices(), wish.groups, "+".join(who.slugs)):
                self.registry.identities.join([waits[0].id], group)
                return renew_secrets(self.registry, waits[0].id)
            at = self.place(mine, wish)
            every_s = wish.period_s or min(recipe.period_s for recipe in mine)
            new = Newcomer(mine, at.pilot_id, at.id, every_s, int(time.time()), groups=(*wish.groups, group))
            return enrol(self.registry, new)

    def begun(self, mac: str) -> Device | None:
        """The device that a board of this number was to become, and whose identity it has not taken."""
        return next((row for row in self.registry.devices() if unfinished(mac) in row.groups), None)

    def finished(self, device: str, mac: str) -> None:
        """The board has taken its identity."""
        with self.registry.together():
            row = self.registry.identities.device(device)
            if unfinished(mac) in row.groups:
                self.registry.identities.leave([device], unfinished(mac))

    def place(self, recipes: Sequence[Recipe], wish: Wish) -> Place:
        """Where a new device stands: where it was said, else the pilot's first place.

        Two devices of one recipe cannot fill the series of one place: the second gets one of its own at the same point.
        """
        from deploy.commands.pilots import chosen_pilot, chosen_place

        pilot = chosen_pilot(self.registry, wish.pilot)
        known = [row for row in self.registry.places() if row.pilot_id == pilot.id]
        if wish.place is None and not known:
            raise FlashError("no_place")
        at = known[0] if wish.place is None else chosen_place(self.registry, pilot, wish.place, wish.place_name)
        if wish.place is not None and wish.place.isdecimal():
            return at
        name = at.name if wish.place_name is None else wish.place_name
        number, here = 1, at
        while self.taken(here, recipes):
            number += 1
            named = f"{name} {number}"
            here = next((p for p in known if p.name == named), None) or self.registry.add_place(
                pilot.id, named, lat=at.lat, lon=at.lon
            )
        return here

    def taken(self, place: Place, recipes: Sequence[Recipe]) -> bool:
        """Does a device that stands there fill a channel of these recipes?"""
        channels = self.registry.channels()
        there = {i.device_id for i in self.registry.installations() if (i.place_id, i.end_s) == (place.id, None)}
        wanted = {channel.name for recipe in recipes for channel in recipe.channels}
        return any(name in wanted for device in there for name, _ in channels.get(device, ()))

    def image(self, slugs: Sequence[str], board: str, wish: Wish, enrolled: Enrolled | None = None) -> Image:
        """The files of a board of these recipes, and what makes it this device; without one, the files alone."""
        from deploy.identity import LONGEST, identity_of
        from devices.image import Image, build_image

        identity = identity_of(
            enrolled or LONGEST, self.where, networks=self.networks, public_url=self.public_url, board=board,
            period_s=wish.period_s, batch=wish.batch,
        )  # fmt: skip
        made = build_image([self.recipes[slug] for slug in slugs], identity)
        return made if enrolled is not None else Image(made.files, {})


def unfinished(mac: str) -> str:
    """The group of a board that has not taken its identity yet, by the board's own number.

    >>> unfinished("24:0A:c4:1f:67:7d")
    'flashing-240ac41f677d'
    """
    return UNFINISHED + mac.replace(":", "").lower()
