"""`girouette registry merge`: what a workshop's file holds is the town's from now on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import AsJson, Recipes, RegistryUrl, StoreUrl, settled
from deploy.commands.speech import Command, Group, argument, option, tell, text
from deploy.faults import USAGE, CommandError

if TYPE_CHECKING:
    from deploy.passage.merging import Merged

registry = typer.Typer(cls=Group, help=text("registry"))
ROWS = {
    "pilot": "merged_pilot", "place": "merged_place", "device": "merged_device", "series": "merged_series",
    "calibration": "merged_calibration",
}  # fmt: skip
"""Tables of which it is told how many rows were new, with the word for them."""
TAKEN = {
    "readings": "merged_readings", "late": "merged_late", "windows": "merged_windows", "events": "merged_events",
    "accounts": "merged_accounts", "refused": "merged_refused",
}  # fmt: skip


@registry.command("merge", cls=Command, help=text("registry_merge"))
def merge(
    ctx: typer.Context,
    source: Annotated[str, argument("merge_source")],
    *,
    renames: Annotated[list[str] | None, option("merge_rename", "--rename", metavar="OLD=NEW")] = None,
    apply: Annotated[bool, option("merge_apply", "--apply/--dry-run")] = False,
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry_url: RegistryUrl = None,
    as_json: AsJson = False,
) -> None:
    """Try it and say what would come, or with `--apply` do it."""
    from deploy.commands.devices import hints, renew_accounts
    from deploy.commands.options import registry_of
    from deploy.passage.merging import Merge
    from deploy.passage.merging import merge as bring

    settings = settled(ctx, store=store, registry=registry_url, recipes=recipes)
    names, auto = names_of(renames or ())
    found = bring(Merge(Path(source.removeprefix("sqlite:")), settings, names, rename=auto), apply=apply)
    command = None
    more: list[str] = []
    if apply:
        with registry_of(settings) as known:
            command = renew_accounts(settings, known)
        more = hints(settings, command)
    tell(
        {**asdict(found), "applied": apply, "reload": command},
        [*lines_of(found, applied=apply), *more],
        as_json=as_json,
    )


def names_of(renames: Sequence[str]) -> tuple[dict[str, str], bool]:
    """New names by old ones, and whether all that clash are to get a free one. Raises CommandError.

    >>> names_of(["air-1=air-41", "auto"])
    ({'air-1': 'air-41'}, True)
    """
    names = {}
    for given in renames:
        old, equals, new = given.partition("=")
        if given != "auto" and not (equals and old and new):
            raise CommandError("bad_rename", code=USAGE, value=given)
        if given != "auto":
            names[old] = new
    return names, "auto" in renames


def lines_of(found: Merged, *, applied: bool) -> list[str]:
    """What was new, for people."""
    rows = [(text(word), found.rows[name]) for name, word in ROWS.items()]
    rows += [(text(word), found.taken[name]) for name, word in TAKEN.items()]
    renamed = [text("merged_renamed", old=old, new=new) for old, new in found.devices.items() if old != new]
    new = [f"{count:>9}  {name}" for name, count in rows if count]
    if not new:
        return [text("merged_nothing")]
    return [
        text("merged" if applied else "merge_tried"),
        *new,
        *renamed,
        text("merged_next" if applied else "merge_next"),
    ]
