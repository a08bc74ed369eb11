"""What stands behind the atelier's pages: identities from the registry, bytes for boards, accounts on the broker, readings from the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from api.atelier.port import FirstReading, Made, Wanted, WorkshopError
from deploy.passes import Passes
from devices.recipe import Recipe

if TYPE_CHECKING:
    from deploy.settings import Settings
    from gateway.registry import Registry
    from gateway.store.port import Reader


PASSES = "girouette-atelier.sqlite"


@dataclass(frozen=True, slots=True)
class Bench:
    """The workshop of this installation."""

    settings: Settings
    registry: Registry
    store: Reader
    recipes: Mapping[str, Recipe]
    guests: Passes

    def make(self, wanted: Wanted, *, by: str) -> Made:
        """A new device, registered, with the bytes for its board."""
        del wanted, by
        raise WorkshopError("soon", status=503, wait_s=600)

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
        stay = next((i for i in self.registry.installations() if (i.device_id, i.end_s) == (device, None)), None)
        if stay is None:
            return None
        mine = {c for c, _ in self.registry.channels()[device]}
        series = {s.channel: s.id for s in self.registry.series() if s.place_id == stay.place_id and s.channel in mine}
        values: dict[int, dict[str, float]] = {}
        for channel, number in series.items():
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
