"""`girouette device`: boards that become devices, and their life."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.durations import seconds
from deploy.commands.options import AsJson, Recipes, RegistryUrl, StoreUrl, recipes_of, registry_of, rows_of, settled
from deploy.commands.pilots import chosen_pilot, chosen_place
from deploy.commands.speech import LANG, Command, Group, argument, option, tell, text
from deploy.faults import DONE, REFUSED, USAGE, CommandError, sentence

if TYPE_CHECKING:
    from deploy.settings import Settings
    from devices.recipe import Recipe
    from gateway.registry import Registry
    from gateway.registry.enrol import Enrolled

PUBLIC, RETIRED = "public", "retired"
SECRET = {"password_hash", "update_key", "update_serial", "pilot_id", "link"}
"""What the list of devices leaves out."""
BOARD_COLUMNS = ("line", "id", "recipe", "place", "period_s", "groups")
COLUMNS = ("id", "stage", "recipe", "place", "shard", "firmware")


device = typer.Typer(cls=Group, help=text("device"))


@device.command("add", cls=Command, help=text("device_add"))
def add_device(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    *,
    slugs: Annotated[list[str] | None, option("recipe", "--recipe", metavar="SLUG")] = None,
    where: Annotated[str | None, option("place", "--place", metavar="LAT,LON")] = None,
    name: Annotated[str | None, option("id", "--id", metavar="ID")] = None,
    place_name: Annotated[str | None, option("place_name", "--name")] = None,
    pilot: Annotated[str | None, option("pilot", "--pilot", metavar="SLUG")] = None,
    period_s: Annotated[int | None, option("period", "--period", metavar="SECONDS", min=1, max=86_400)] = None,
    since: Annotated[str, option("since", "--since", metavar="DURATION")] = "1d",
    file: Annotated[Path | None, option("boards_file", "--file", metavar="FILE")] = None,
    dry_run: Annotated[bool, option("boards_dry_run", "--dry-run")] = False,
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> int:
    """A new device at a place, whose password is told this once; or those of a file."""
    from gateway.registry.enrol import Newcomer, enrol, free_name

    settings = settled(ctx, store=store, registry=registry, recipes=recipes)
    if file is not None:
        check_alone(slugs=slugs, where=where, name=name, place_name=place_name, pilot=pilot, period_s=period_s)
        return add_many(settings, file, since_s=int(time.time() - seconds(since)), dry_run=dry_run, as_json=as_json)
    if not slugs or where is None or dry_run:
        raise CommandError("add_needs", code=USAGE, name="--file" if dry_run else "--place" if slugs else "--recipe")
    check_accounts(settings, name)
    mine = chosen_recipes(settings, slugs)
    since_s = int(time.time() - seconds(since))
    with registry_of(settings, make=True) as known:
        free_name(known, name, mine)  # refused before a pilot or a place is made for it
        at = chosen_place(known, chosen_pilot(known, pilot), where, place_name)
        every_s = period_s if period_s is not None else min(r.period_s for r in mine)
        made = enrol(known, Newcomer(mine, at.pilot_id, at.id, every_s, since_s, id=name))
        command = renew_accounts(settings, known)
    told = told_of(made, made.page(settings.public_url))
    after = [text("password_once"), *hints(settings, command), text("device_next", page=told["page"], name=made.id)]
    lines = [*(f"{key:<11}{value}" for key, value in told.items()), *after]
    tell({**told, "reload": command}, lines, as_json=as_json)
    return DONE


@device.command("list", cls=Command, help=text("device_list"))
def list_devices(
    ctx: typer.Context,
    *,
    group: Annotated[str | None, option("group", "--group", metavar="NAME")] = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """All devices, or those of a group, with where they are and what they fill."""
    from deploy.groups import MARK

    with registry_of(settled(ctx, store=store, registry=registry)) as known:
        rows = device_rows(known)
    if group is not None:
        rows = [row for row in rows if group.removeprefix(MARK) in row["groups"]]
    shown = [{**row, "place": row["place"] or "", "told": told_beside(row)} for row in rows]
    lines = rows_of(shown, *COLUMNS, "told")
    tell(rows, lines, as_json=as_json)


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
        more = [text("device_hidden", name=name)]
    tell(told, [text("device_staged", name=name, stage=stage), *more], as_json=as_json)


def check_alone(**given: object) -> None:
    """Refuse what the lines of a file say themselves. Raises CommandError."""
    if any(value is not None for value in given.values()):
        raise CommandError("add_file_alone", code=USAGE)


def add_many(settings: Settings, file: Path, *, since_s: int, dry_run: bool, as_json: bool) -> int:
    """Register the boards of a file, or show what would be; the exit code."""
    from deploy.boards import read_lines, register_lines

    lines = read_lines(file)
    with tried_or_meant(settings, dry_run=dry_run) as known:
        done, refused = register_lines(
            known, lines, lambda cell: chosen_recipes(settings, [cell]), at_s=since_s, dry_run=dry_run
        )
    for one in refused:
        print(text("boards_refused", line=one.line, why=one.why.said(LANG)), file=sys.stderr)
    rows: list[dict[str, Any]] = [asdict(one) for one in done]
    whys = [{"line": one.line, "why": one.why.said(LANG)} for one in refused]
    heads = dict(zip(BOARD_COLUMNS, text("boards_heads").split("|"), strict=True))
    shown = [heads, *({**row, "period_s": f"{row['period_s']:g} s", "groups": grouped(row)} for row in rows)]
    end = "boards_none" if refused else "boards_tried" if dry_run else "boards_done"
    said = [*rows_of(shown, *BOARD_COLUMNS), text(end, count=len(done), refused=len(refused), file=file)]
    tell({"applied": not (refused or dry_run), "devices": rows, "refused": whys}, said, as_json=as_json)
    return REFUSED if refused else DONE


@contextlib.contextmanager
def tried_or_meant(settings: Settings, *, dry_run: bool) -> Iterator[Registry]:
    """The registry; an empty one for the moment where things are only tried and there is none yet."""
    from deploy.assembly import file_of, open_registry, registry_url

    file = file_of(registry_url(settings))
    if not dry_run or file is None or file.exists():
        with registry_of(settings, make=True) as known:
            yield known
        return
    with tempfile.TemporaryDirectory() as folder, contextlib.closing(open_registry(f"sqlite:{folder}/tried")) as known:
        yield known


def chosen_recipes(settings: Settings, slugs: Sequence[str]) -> list[Recipe]:
    """The recipes of these names (`air+noise` is two), tried together on one board. Raises CommandError, RefusalError."""
    from devices.image import place

    known, wanted = recipes_of(settings), [slug for word in slugs for slug in word.split("+")]
    for slug in wanted:
        if slug not in known:
            raise CommandError("unknown_recipe", slug=slug, choices=", ".join(known))
    return place([known[slug] for slug in wanted], None)


def told_of(made: Enrolled, page: str) -> dict[str, Any]:
    """What the board must be told, and where its page is."""
    return {
        "id": made.id, "shard": made.shard, "topic": made.topic, "user": made.user, "password": made.password,
        "update_key": made.update_key, "place": made.place_id, "period_s": made.period_s, "stage": made.stage, "page": page,
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
    """Write the broker's accounts anew where their folder is set, and let the broker know; what is left to type for that.

    Identities that were to be used by now and were not are ended first.
    """
    from deploy.accounts import hang_up, write_accounts
    from gateway.registry.identities import LATE_S

    registry.identities.expire(at_s=int(time.time()) - LATE_S)
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


def grouped(row: Mapping[str, Any]) -> str:
    """The groups of a device, as they are named elsewhere."""
    return " ".join(f"@{name}" for name in row["groups"])


def told_beside(row: Mapping[str, Any]) -> str:
    """The groups of a device in the list, and whether it is revoked."""
    revoked = text("is_revoked") if row["revoked_s"] is not None else ""
    return f"{grouped(row)} {revoked}".strip()


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
