"""What the labels of devices say, from the registry; the QR code of each carries the unguessable address of its page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import segno

from devices.label import Code, Label
from devices.recipe import Recipe
from gateway.registry import Device, Registry
from gateway.registry.enrol import page_of

CORRECTION = "m"
"""15 % of the code may be scratched or wet; at the size of a label its modules are 0.7 mm wide all the same."""


def labels_of(
    registry: Registry, devices: Iterable[Device], recipes: Mapping[str, Recipe], *, url: str, lang: str
) -> list[Label]:
    """The labels of these devices; where `url`, the public address, is empty they have no code."""
    places = {row.id: row for row in registry.places()}
    at = {row.device_id: places[row.place_id].name for row in registry.installations() if row.end_s is None}
    site = url.rstrip("/").partition("://")[2]
    return [
        Label(
            row.id, title(row, recipes, lang), at.get(row.id, ""), site, code_of(page_of(row.link, url)) if site else ()
        )
        for row in devices
    ]


def title(row: Device, recipes: Mapping[str, Recipe], lang: str) -> str:
    """What a device measures, in a language: the names of its recipes."""
    return " + ".join(recipes[slug].name(lang) if slug in recipes else slug for slug in row.recipe.split("+"))


def code_of(address: str) -> Code:
    """The modules of the QR code of an address."""
    return tuple(tuple(row) for row in segno.make(address, error=CORRECTION, micro=False).matrix)
