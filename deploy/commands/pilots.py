"""`girouette pilot` and `girouette place`: who measures, and where."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import AsJson, RegistryUrl, StoreUrl, registry_of, rows_of, settled
from deploy.commands.speech import Command, Group, argument, option, tell, text
from deploy.faults import CommandError

if TYPE_CHECKING:
    from gateway.registry import Pilot, Place, Registry

DEFAULT = ("pilote", "Pilote")
"""The pilot of somebody who has not made one: its short name and its name."""
POINT = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*[,;]\s*(-?\d+(?:\.\d+)?)\s*")

pilot = typer.Typer(cls=Group, help=text("pilot"))
place = typer.Typer(cls=Group, help=text("place"))


@pilot.command("add", cls=Command, help=text("pilot_add"))
def add_pilot(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    slug: Annotated[str, argument("slug")],
    name: Annotated[str, argument("pilot_name")],
    *,
    timezone: Annotated[str, option("timezone", "--timezone", metavar="ZONE")] = "Europe/Paris",
    licence: Annotated[str, option("licence", "--licence")] = "etalab-2.0",
    attribution: Annotated[str, option("attribution", "--attribution")] = "",
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """A new pilot, under its licence."""
    with registry_of(settled(ctx, store=store, registry=registry), make=True) as known:
        made = known.add_pilot(slug, name, timezone=timezone, licence=licence, attribution=attribution or name)
    tell(asdict(made), [text("pilot_made", slug=made.slug, name=made.name), *licence_hint(licence)], as_json=as_json)


@pilot.command("list", cls=Command, help=text("pilot_list"))
def list_pilots(
    ctx: typer.Context, *, store: StoreUrl = None, registry: RegistryUrl = None, as_json: AsJson = False
) -> None:
    """All pilots."""
    with registry_of(settled(ctx, store=store, registry=registry)) as known:
        rows = [asdict(row) for row in known.pilots()]
    tell(rows, rows_of(rows, "slug", "name", "licence", "timezone"), as_json=as_json)


@place.command("add", cls=Command, help=text("place_add"))
def add_place(
    ctx: typer.Context,
    name: Annotated[str, argument("place_name")],
    *,
    at: Annotated[str, option("at", "--at", metavar="LAT,LON")],
    slug: Annotated[str | None, option("pilot", "--pilot", metavar="SLUG")] = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """A new place of a pilot."""
    lat, lon = point(at)
    with registry_of(settled(ctx, store=store, registry=registry), make=True) as known:
        made = known.add_place(chosen_pilot(known, slug).id, name, lat=lat, lon=lon)
    tell(asdict(made), [text("place_made", number=made.id, name=made.name, key=made.key)], as_json=as_json)


@place.command("list", cls=Command, help=text("place_list"))
def list_places(
    ctx: typer.Context, *, store: StoreUrl = None, registry: RegistryUrl = None, as_json: AsJson = False
) -> None:
    """All places, with the keys that open them before they are public."""
    with registry_of(settled(ctx, store=store, registry=registry)) as known:
        rows = [asdict(row) for row in known.places()]
    tell(rows, rows_of(rows, "id", "name", "lat", "lon", "key"), as_json=as_json)


def point(written: str) -> tuple[float, float]:
    """Latitude and longitude in degrees, as a person writes them. Raises CommandError.

    >>> point("48.11,-1.68")
    (48.11, -1.68)
    """
    found = POINT.fullmatch(written)
    if found is None:
        raise CommandError("bad_point", value=written)
    return float(found[1]), float(found[2])


def licence_hint(licence: str) -> list[str]:
    """What a person is to know of a licence that no page can link to."""
    from api.licences import NAMES, licence_url

    known = licence_url(licence) is not None
    return [] if known else [text("licence_unknown", licence=licence, known=", ".join(NAMES))]


def chosen_pilot(registry: Registry, slug: str | None) -> Pilot:
    """The pilot of this short name; where none is given the only one, or a first one. Raises CommandError."""
    known = {row.slug: row for row in registry.pilots()}
    if slug is not None:
        if slug not in known:
            raise CommandError("unknown_pilot", slug=slug, choices=", ".join(known) or "-")
        return known[slug]
    if len(known) > 1:
        raise CommandError("which_pilot", choices=", ".join(known))
    return next(iter(known.values())) if known else registry.add_pilot(*DEFAULT, attribution=DEFAULT[1])


def chosen_place(registry: Registry, pilot_of_it: Pilot, written: str, name: str | None) -> Place:
    """The place of this number, or at this point, where the pilot gets a new one if it has none there.

    Raises CommandError for a number that no place of the pilot has.
    """
    known = [row for row in registry.places() if row.pilot_id == pilot_of_it.id]
    if written.isdecimal():
        for row in known:
            if row.id == int(written):
                return row
        raise CommandError("unknown_place", number=written, pilot=pilot_of_it.slug)
    lat, lon = point(written)
    for row in known:
        if (round(row.lat, 5), round(row.lon, 5)) == (round(lat, 5), round(lon, 5)):
            return row
    return registry.add_place(pilot_of_it.id, name or f"{lat:g}, {lon:g}", lat=lat, lon=lon)
