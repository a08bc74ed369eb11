"""`girouette label`: what is printed and stuck on the box of a board."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import Recipes, RegistryUrl, StoreUrl, recipes_of, registry_of, settled
from deploy.commands.speech import LANG, argument, option, text
from deploy.files import put

if TYPE_CHECKING:
    from gateway.registry import Device

SVG = ".svg"


def label(
    ctx: typer.Context,
    names: Annotated[list[str], argument("devices")],
    *,
    file: Annotated[Path, option("label_file", "--file", metavar="FILE")] = Path("labels.html"),
    wifi: Annotated[bool, option("label_wifi", "--wifi")] = False,
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
) -> None:
    """Draw the labels of these devices, ten on a sheet, and say where they are."""
    from deploy.groups import chosen
    from deploy.labels import labels_of
    from devices.label import draw_labels, print_labels

    settings = settled(ctx, store=store, registry=registry, recipes=recipes)
    with registry_of(settings) as known:
        devices = chosen(known.devices(), names)
        labels = labels_of(known, devices, recipes_of(settings), url=settings.public_url, lang=LANG)
        if wifi:
            labels = [replace(drawn, wifi=own_wifi(row)) for drawn, row in zip(labels, devices, strict=True)]
    pages = draw_labels(labels, LANG) if file.suffix == SVG else [print_labels(labels, LANG)]
    for number, page in enumerate(pages):
        where = file if number == 0 else file.with_stem(f"{file.stem}-{number + 1}")
        put(where, page.encode(), mode=0o600)  # a code is a private link, and --wifi a key
        print(where)
    if not settings.public_url:
        print(text("label_no_code"), file=sys.stderr)


def own_wifi(row: Device) -> str:
    """Name and key of the Wi-Fi that a board opens where it finds none; empty for one that opens none."""
    from devices.portal import own_network

    own = own_network(row.id, row.update_key)
    return text("label_own_wifi", name=own.ssid, key=own.key) if own else ""
