"""`girouette label`: what is printed and stuck on the box of a board."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import Recipes, RegistryUrl, StoreUrl, recipes_of, registry_of, settled
from deploy.commands.speech import LANG, argument, option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devices.label import Label
    from devices.recipe import Recipe
    from gateway.registry import Registry


def label(
    ctx: typer.Context,
    names: Annotated[list[str], argument("devices")],
    *,
    file: Annotated[Path, option("label_file", "--file", metavar="FILE")] = Path("labels.svg"),
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
) -> None:
    """Draw the labels of these devices, ten on a sheet, and say where they are."""
    from devices.label import draw_labels

    settings = settled(ctx, store=store, registry=registry, recipes=recipes)
    with registry_of(settings) as known:
        labels = labels_of(known, names, recipes_of(settings), settings.public_url)
    for number, sheet in enumerate(draw_labels(labels, LANG)):
        where = file if number == 0 else file.with_stem(f"{file.stem}-{number + 1}")
        where.write_text(sheet, encoding="utf-8")
        print(where)


def labels_of(known: Registry, names: list[str], recipes: Mapping[str, Recipe], url: str) -> list[Label]:
    """What the labels of these devices say. Raises CommandError for one that is not registered."""
    from deploy.groups import chosen
    from devices.label import Label

    devices = chosen(known.devices(), names)
    places = {row.id: row for row in known.places()}
    at = {row.device_id: places[row.place_id] for row in known.installations() if row.end_s is None}
    labels = []
    for row in devices:
        slugs = row.recipe.split("+")
        title = " + ".join(recipes[slug].name(LANG) if slug in recipes else slug for slug in slugs)
        place = at.get(row.id)
        address = f"{url.rstrip('/')}/{LANG}/" if url else ""
        labels.append(Label(row.id, title, place.name if place else "", address))
    return labels
