"""`girouette revoke`, `device link` and `device group`: who may speak, whose page opens how, and who belongs together."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from deploy.commands.devices import device, hints, renew_accounts
from deploy.commands.options import AsJson, RegistryUrl, StoreUrl, registry_of, settled
from deploy.commands.speech import Command, Group, argument, option, tell, text

group = typer.Typer(cls=Group, help=text("device_group"))
device.add_typer(group, name="group")


def revoke(
    ctx: typer.Context,
    name: Annotated[str, argument("device")],
    *,
    undo: Annotated[bool, option("undo", "--undo")] = False,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """Lock a device out for good, or let it be flashed anew."""
    settings = settled(ctx, store=store, registry=registry)
    with registry_of(settings) as known:
        row = known.identities.restore(name) if undo else known.identities.revoke(name, at_s=int(time.time()))
        command = renew_accounts(settings, known)
    told = {"id": name, "revoked_s": row.revoked_s, "stage": row.stage, "reload": command}
    lines = [text("revoke_undone" if undo else "revoked_now", name=name), *hints(settings, command)]
    tell(told, lines, as_json=as_json)


@device.command("link", cls=Command, help=text("device_link"))
def link_device(
    ctx: typer.Context,
    name: Annotated[str, argument("device")],
    *,
    renew: Annotated[bool, option("renew", "--renew")] = False,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """The address of a device's page, renewed where asked."""
    from gateway.registry.enrol import page_of

    settings = settled(ctx, store=store, registry=registry)
    with registry_of(settings) as known:
        row = known.identities.renew_link(name) if renew else known.identities.device(name)
    page = page_of(row.link, settings.public_url)
    more = [text("link_renewed", name=name)] if renew else []
    more += [] if settings.public_url else [text("no_public_url")]
    tell({"id": name, "page": page}, [page, *more], as_json=as_json)


@group.command("add", cls=Command, help=text("device_group_add"))
def join_group(
    ctx: typer.Context,
    name: Annotated[str, argument("group")],
    words: Annotated[list[str], argument("devices")],
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """These devices are in the group from now on."""
    _change(ctx, name, words, join=True, store=store, registry=registry, as_json=as_json)


@group.command("remove", cls=Command, help=text("device_group_remove"))
def leave_group(
    ctx: typer.Context,
    name: Annotated[str, argument("group")],
    words: Annotated[list[str], argument("devices")],
    *,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """These devices are in the group no more."""
    _change(ctx, name, words, join=False, store=store, registry=registry, as_json=as_json)


def _change(
    ctx: typer.Context,
    name: str,
    words: list[str],
    *,
    join: bool,
    store: str | None,
    registry: str | None,
    as_json: bool,
) -> None:
    from deploy.groups import MARK, chosen

    name = name.removeprefix(MARK)
    with registry_of(settled(ctx, store=store, registry=registry)) as known:
        names = [row.id for row in chosen(known.devices(), words)]
        (known.identities.join if join else known.identities.leave)(names, name)
        inside = [row.id for row in known.devices() if name in row.groups]
    there = ", ".join(inside)
    lines = [text("group_now", group=name, names=there) if inside else text("group_empty", group=name)]
    tell({"group": name, "devices": inside}, lines, as_json=as_json)
