"""`girouette device replace`: another board goes on where one stood, and the history of the place with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.devices import check_accounts, chosen_recipes, hints, renew_accounts, told_of
from deploy.commands.durations import seconds
from deploy.commands.options import AsJson, Recipes, RegistryUrl, StoreUrl, registry_of, settled
from deploy.commands.speech import argument, option, tell, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devices.recipe import Recipe
    from gateway.registry import Device, Registry
    from gateway.registry.enrol import Enrolled


def replace(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    old: Annotated[str, argument("old")],
    new: Annotated[str | None, argument("new")] = None,
    *,
    slugs: Annotated[list[str] | None, option("replace_recipe", "--recipe", metavar="SLUG")] = None,
    name: Annotated[str | None, option("id", "--id", metavar="ID")] = None,
    since: Annotated[str, option("replace_since", "--since", metavar="DURATION")] = "0s",
    revoke: Annotated[bool, option("replace_revoke", "--revoke")] = False,
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """Another board, one in stock or a new one, goes on at the place of this one."""
    settings = settled(ctx, store=store, registry=registry, recipes=recipes)
    check_accounts(settings, name)
    at_s = int(time.time() - seconds(since))
    with registry_of(settings) as known:
        before = known.identities.device(old)
        mine = chosen_recipes(settings, slugs or before.recipe.split("+")) if new is None else ()
        with known.together():
            made = newcomer(known, before, mine, name, at_s=at_s) if new is None else None
            heir = made.id if made is not None else str(new)
            hand_over(known, before, heir, at_s=at_s, revoke=revoke)
        command = renew_accounts(settings, known)
        after, place = known.identities.device(heir), known.identities.last_place(heir)
        corrected = [one.name for one in known.calibrations() if one.device_id == old and one.end_s is None]
    told: dict[str, Any] = {
        "old": old, "new": heir, "place": place, "at_s": at_s, "stage": after.stage, "reload": command,
    }  # fmt: skip
    lines = [text("replaced", old=old, new=heir, stage=after.stage)]
    if made is not None:
        told["device"] = {**told_of(made, made.page(settings.public_url)), "stage": after.stage, "place": place}
        lines += [*(f"{key:<11}{value}" for key, value in told["device"].items()), text("password_once")]
    lines += [] if after.password_hash else [text("replaced_flash", new=heir)]
    lines += [text("replaced_lost" if revoke or before.revoked_s is not None else "replaced_stock", old=old)]
    lines += [text("replaced_corrected", old=old, new=heir, names=", ".join(corrected))] if corrected else []
    tell(told, [*lines, *hints(settings, command)], as_json=as_json)


def hand_over(known: Registry, before: Device, heir: str, *, at_s: int, revoke: bool) -> None:
    """The one goes on where the other stood, which is locked out where that is asked for."""
    known.replace(before.id, heir, at_s=at_s)
    if revoke and before.revoked_s is None:
        known.identities.revoke(before.id, at_s=int(time.time()))


def newcomer(known: Registry, before: Device, mine: Sequence[Recipe], name: str | None, *, at_s: int) -> Enrolled:
    """A new device in stock, of the old one's pilot, that measures as often."""
    from gateway.registry.enrol import Newcomer, enrol

    return enrol(known, Newcomer(mine, before.pilot_id, None, before.period_s, at_s, id=name))
