"""What stands behind the atelier's pages: identities from the registry, bytes for boards, accounts on the broker, readings from the store."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from api.atelier.port import FirstReading, Made, Wanted
from deploy.workshop.larder import Larder
from deploy.workshop.making import Maker, check_chip, pieces
from deploy.workshop.passes import Passes
from devices.recipe import Recipe

if TYPE_CHECKING:
    from deploy.settings import Settings
    from gateway.registry import Registry
    from gateway.store.port import Reader


PASSES = "girouette-atelier.sqlite"
EXPIRES_S = 7 * 86_400
"""A board that was not heard a week after it was made is locked out: a flashing that failed leaves no open door."""
log = structlog.get_logger("atelier")


@dataclass(frozen=True, slots=True)
class Bench:
    """The workshop of this installation."""

    settings: Settings
    registry: Registry
    store: Reader
    recipes: Mapping[str, Recipe]
    guests: Passes
    larder: Larder = field(default_factory=Larder)

    def make(self, wanted: Wanted, *, by: str) -> Made:
        """A new device, registered, with the bytes for its board.

        Everything that can be refused is refused before. Raises SpokenError, WorkshopError with `wait_s` while MicroPython is fetched.
        """
        from deploy.commands.devices import check_accounts, renew_accounts

        maker = Maker(self.settings, self.registry, self.recipes)
        mine = maker.chosen(wanted.recipe.split("+"), wanted.board)
        check_chip(wanted.chip, wanted.board)
        whole = self.larder.micropython(maker, wanted.board)
        pieces(whole, maker.image(mine, wanted.board), wanted.flash_bytes)
        check_accounts(self.settings, wanted.name)
        now_s = int(time.time())
        made = maker.enrol(mine, name=wanted.name, at=wanted.place, expires_s=now_s + EXPIRES_S, now_s=now_s)
        self.guests.note(made.id, by)
        todo = renew_accounts(self.settings, self.registry)
        if todo is not None:
            log.warning("atelier.broker", device=made.id, todo=todo)
        return Made(
            device=made.id, page=made.page(self.settings.public_url), expires_s=now_s + EXPIRES_S,
            pieces=pieces(whole, maker.image(mine, wanted.board, made), wanted.flash_bytes), networks=len(maker.networks()),
            todo=todo,
        )  # fmt: skip

    def owner(self, device: str) -> str | None:
        """Who made this device here; None where nobody did."""
        return self.guests.owner(device)

    def page(self, device: str) -> str:
        """The private address of a device's page."""
        from gateway.registry.enrol import page_of

        return page_of(self.registry.identities.device(device).link, self.settings.public_url)

    def label(self, device: str, lang: str) -> str:
        """The label of a device, as SVG."""
        from deploy.labels import labels_of
        from devices.label import draw_labels

        row = self.registry.identities.device(device)
        url = self.settings.public_url
        return draw_labels(labels_of(self.registry, [row], self.recipes, url=url, lang=lang), lang)[0]

    def first_reading(self, device: str) -> FirstReading | None:
        """The first reading of this device that is stored."""
        from deploy.flashing.first import series_of

        stay = next((i for i in self.registry.installations() if (i.device_id, i.end_s) == (device, None)), None)
        if stay is None:
            return None
        values: dict[int, dict[str, float]] = {}
        for number, channel in series_of(self.registry, device).items():
            for block in self.store.blocks(number, stay.start_s, 1 << 40, tier="raw", rows=1):
                if len(block):
                    values.setdefault(int(block[0]["time_s"]), {})[channel] = float(block[0]["value"])
                break
        return FirstReading(min(values), values[min(values)]) if values else None


def passes_of(settings: Settings) -> Passes:
    """The links of this installation's atelier: as set, else beside the registry's file."""
    from deploy.assembly import file_of, registry_url

    return Passes(settings.atelier_passes or (file_of(registry_url(settings)) or Path(PASSES)).with_name(PASSES))


def open_workshop(settings: Settings, registry: Registry, store: Reader) -> Bench | None:
    """The workshop of this installation, None where it has none."""
    from devices.recipe import load_recipes

    if settings.atelier == "off":
        return None
    return Bench(settings, registry, store, load_recipes(settings.recipes), passes_of(settings))
