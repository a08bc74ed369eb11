"""`girouette device`: boards that become devices, and their life."""

from __future__ import annotations

import itertools
import os
import secrets
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.durations import seconds
from deploy.commands.options import AsJson, Recipes, RegistryUrl, StoreUrl, recipes_of, registry_of, rows_of, settled
from deploy.commands.pilots import chosen_pilot, chosen_place
from deploy.commands.speech import LANG, Command, Group, argument, option, tell, text
from deploy.faults import CommandError, sentence

if TYPE_CHECKING:
    from deploy.settings import Settings
    from devices.recipe import Recipe
    from gateway.registry import Place, Registry

PUBLIC, RETIRED = "public", "retired"
SECRET = {"password_hash", "update_key", "update_serial", "pilot_id"}
"""What the list of devices leaves out."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A device before it is registered."""

    id: str
    recipes: Sequence[Recipe]
    place: Place
    period_s: int
    at_s: int
    """From when on its samples belong to the place."""


device = typer.Typer(cls=Group, help=text("device"))


@device.command("add", cls=Command, help=text("device_add"))
def add_device(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    *,
    slugs: Annotated[list[str], option("recipe", "--recipe", metavar="SLUG")],
    where: Annotated[str, option("place", "--place", metavar="LAT,LON")],
    name: Annotated[str | None, option("id", "--id", metavar="ID")] = None,
    place_name: Annotated[str | None, option("place_name", "--name")] = None,
    pilot: Annotated[str | None, option("pilot", "--pilot", metavar="SLUG")] = None,
    period_s: Annotated[int | None, option("period", "--period", metavar="SECONDS", min=1, max=86_400)] = None,
    since: Annotated[str, option("since", "--since", metavar="DURATION")] = "1d",
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """A new device at a place; its password is told this once."""
    settings = settled(ctx, store=store, registry=registry, recipes=recipes)
    check_accounts(settings, name)
    mine = chosen_recipes(settings, slugs)
    back_s = seconds(since)
    with registry_of(settings, make=True) as known:
        device_id = free_name(known, name, mine)
        at = chosen_place(known, chosen_pilot(known, pilot), where, place_name)
        every_s = period_s if period_s is not None else min(r.period_s for r in mine)
        told = register(known, Newcomer(device_id, mine, at, every_s, first_moment(known, at, back_s)))
        command = renew_accounts(settings, known)
    after = [text("password_once"), *hints(settings, command), text("device_next", key=at.key, name=device_id)]
    lines = [*(f"{key:<11}{value}" for key, value in told.items()), *after]
    tell({**told, "reload": command}, lines, as_json=as_json)


@device.command("list", cls=Command, help=text("device_list"))
def list_devices(
    ctx: typer.Context, *, store: StoreUrl = None, registry: RegistryUrl = None, as_json: AsJson = False
) -> None:
    """All devices, with where they are and what they fill."""
    with registry_of(settled(ctx, store=store, registry=registry)) as known:
        rows = device_rows(known)
    tell(rows, rows_of(rows, "id", "stage", "recipe", "place", "shard", "firmware"), as_json=as_json)


@device.command("stage", cls=Command, help=text("device_stage"))
def stage_device(
    ctx: typer.Context,
    name: Annotated[str, argument("device")],
    stage: Annotated[str, argument("stage")],
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """The device is in another stage from now on."""
    settings = settled(ctx, store=store, registry=registry)
    with registry_of(settings) as known:
        before = {row.id: row.stage for row in known.devices()}.get(name)
        known.set_stage(name, stage, at_s=int(time.time()))
        command = renew_accounts(settings, known) if stage == RETIRED else None
    told = {"id": name, "stage": stage, "reload": command}
    more = hints(settings, command) if stage == RETIRED else []
    if before == PUBLIC and stage not in {PUBLIC, RETIRED}:
        more = [text("device_hidden")]
    tell(told, [text("device_staged", name=name, stage=stage), *more], as_json=as_json)


def chosen_recipes(settings: Settings, slugs: Sequence[str]) -> list[Recipe]:
    """The recipes of these names (`air+noise` is two), tried together on one board. Raises CommandError, RefusalError."""
    from devices.image import place

    known, wanted = recipes_of(settings), [slug for word in slugs for slug in word.split("+")]
    for slug in wanted:
        if slug not in known:
            raise CommandError("unknown_recipe", slug=slug, choices=", ".join(known))
    return place([known[slug] for slug in wanted], None)


def free_name(registry: Registry, wanted: str | None, recipes: Sequence[Recipe]) -> str:
    """The name that is wanted, or the first of `recipe-1`, `recipe-2`, ... that no device ever had."""
    from deploy.accounts import COMMANDS, GATEWAY, WATCH
    from devices.reading import is_device

    taken = {row.id for row in registry.devices()}
    if wanted is None:
        base = recipes[0].slug.replace("_", "-")[:26]
        wanted = next(name for n in itertools.count(1) if (name := f"{base}-{n}") not in taken)
    if not is_device(wanted):
        raise CommandError("bad_device", name=wanted)
    if wanted in {COMMANDS, WATCH} or wanted.startswith(GATEWAY):
        raise CommandError("device_service", name=wanted)
    if wanted in taken:
        raise CommandError("device_taken", name=wanted)
    return wanted


def first_moment(registry: Registry, place: Place, back_s: float) -> int:
    """From when on a new device's samples belong to the place: so long ago, but not before another device left.

    A board keeps what it measured before it was registered, and sends it then.
    """
    left = [row.end_s for row in registry.installations() if row.place_id == place.id and row.end_s is not None]
    return max([0, int(time.time() - back_s), *left])


def register(registry: Registry, new: Newcomer) -> dict[str, Any]:
    """Register the device under a fresh password, of which only the hash is kept, and with a fresh key for its updates.

    Gives what the board must be told.
    """
    from deploy.accounts import hash_password
    from devices.reading import topic_of

    password, update_key = secrets.token_urlsafe(32), secrets.token_hex(32)
    channels = [(c.name, c.quantity, r.quality.get(c.name, {})) for r in new.recipes for c in r.channels]
    with registry.together():
        row = registry.add_device(
            new.id, pilot_id=new.place.pilot_id, recipe="+".join(r.slug for r in new.recipes), channels=channels,
            period_s=float(new.period_s), place_id=new.place.id, at_s=new.at_s,
            password_hash=hash_password(password, secrets.token_bytes(12)),
        )  # fmt: skip
        registry.set_update_key(row.id, update_key)
    return {
        "id": row.id, "shard": row.shard, "topic": topic_of(row.id), "user": row.user, "password": password,
        "update_key": update_key, "place": new.place.id, "period_s": row.period_s, "stage": row.stage,
    }  # fmt: skip


def check_accounts(settings: Settings, name: str | None) -> None:
    """Refuse before anything is registered where the broker's accounts cannot be written afterwards."""
    from deploy.accounts import AccountsError, read_services

    if settings.accounts is not None:
        if name in {account.user for account in read_services(settings.accounts)}:
            raise AccountsError("service_name", name=name)
        if not os.access(settings.accounts, os.W_OK):
            raise CommandError("accounts_not_ours", folder=settings.accounts)


def renew_accounts(settings: Settings, registry: Registry) -> str | None:
    """Write the broker's accounts anew where their folder is set, and let the broker know; what is left to type for that."""
    from deploy.accounts import hang_up, write_accounts

    if settings.accounts is None:
        return None
    try:
        write_accounts(settings.accounts, registry.devices())
    except OSError as e:  # what was registered is so all the same, and its password is told once
        print(text("refused", why=sentence(e, LANG)), file=sys.stderr)
        return "girouette deploy accounts"
    return hang_up(settings.broker_pid_file, folder=settings.accounts)


def hints(settings: Settings, command: str | None) -> list[str]:
    """What a person is to know of the broker's accounts."""
    if settings.accounts is None:
        return [text("no_accounts")]
    return [] if command is None else [text("tell_broker", command=command)]


def device_rows(registry: Registry) -> list[dict[str, Any]]:
    """Every device without its secrets, with the place where it is now and the series that it fills there."""
    at = {row.device_id: row.place_id for row in registry.installations() if row.end_s is None}
    places = {row.id: row for row in registry.places()}
    pilots = {row.id: row.slug for row in registry.pilots()}
    series = {(row.place_id, row.channel): row.id for row in registry.series()}
    channels = registry.channels()
    rows = []
    for row in registry.devices():
        here = places.get(at.get(row.id, 0))
        public = {key: value for key, value in asdict(row).items() if key not in SECRET}
        mine = {c: series.get((here.id, c)) for c, _ in channels[row.id]} if here else {}
        rows.append({**public, "pilot": pilots[row.pilot_id], "place": here and here.name, "series": mine})
    return rows
