"""`girouette bench faults`: what the gateway finds of known sensor faults."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.commands.options import AsJson
from deploy.commands.speech import LANG, argument, option, tell
from deploy.faults import USAGE, CommandError
from devices.words import say


def faults(
    ctx: typer.Context,
    folder: Annotated[Path | None, argument("faults_folder", metavar="[DIR]")] = None,
    *,
    make: Annotated[Path | None, option("faults_make", "--make", metavar="DIR")] = None,
    seed: Annotated[int, option("faults_seed", "--seed", metavar="N", min=0)] = 1,
    as_json: AsJson = False,
) -> None:
    """Make a folder of series with known faults, or say what the gateway finds of those of a folder."""
    if (folder is None) == (make is None):
        raise CommandError("faults_which", code=USAGE)
    if make is not None:
        from deploy.bench.making import make as fill
        from devices.quantity import load_quantities
        from devices.recipe import package_recipes

        made = fill(make, seed, package_recipes(), quantities=load_quantities())
        told = {"folder": str(make), "series": made.series, "readings": made.readings, "faults": made.faults}
        tell(told, [say("faults.made", LANG, **told)], as_json=as_json)
        return
    assert folder is not None
    _find(ctx, folder, as_json=as_json)


def _find(ctx: typer.Context, folder: Path, *, as_json: bool) -> None:
    """Take a folder's readings through the gateway's numerics, and say what came out."""
    from deploy.bench.counting import counted
    from deploy.bench.faults import watched
    from deploy.bench.folder import load
    from devices.quantity import load_quantities
    from devices.recipe import load_recipes

    series, happened = load(folder)
    own = ctx.obj.recipes if ctx.obj else ()
    outcome = counted(watched(series, load_quantities(own), load_recipes(own)), series, happened)
    told = outcome.told()
    lines = [
        say(
            "faults.kind", LANG, kind=kind, found=found, count=count, share=found / count,
            delay=_spoken(outcome.delay_s(kind)),
        )
        for kind, (found, count) in outcome.found.items()
    ]  # fmt: skip
    summary = say(
        "faults.told", LANG, found=outcome.share, count=outcome.count, delay=_spoken(outcome.delay_s()),
        alarms=outcome.alarms, flags=outcome.flags,
    )  # fmt: skip
    stuck = [
        say(
            "faults.stuck_unseen" if one.worst_delay_s is None else "faults.stuck", LANG, quantity=one.quantity,
            period=f"{one.period_s:g}", count=one.count, unseen=one.unseen, worst=_spoken(one.worst_delay_s),
        )
        for one in outcome.stuck
    ]  # fmt: skip
    alarms = say(
        "faults.alarms", LANG, alarms=outcome.false_alarms, events=outcome.false_events, bursts=outcome.false_bursts,
        tails=outcome.tail_bursts, strict=outcome.strict,
        exempt=outcome.exempt_s / 3600,
    )  # fmt: skip
    tell(told, [*lines, "", *stuck, "", summary, alarms], as_json=as_json)


def _spoken(delay_s: float | None) -> str:
    """A delay for people."""
    if delay_s is None:
        return "-"
    return (
        f"{delay_s:.0f} s"
        if delay_s < 600
        else f"{delay_s / 60:.0f} min"
        if delay_s < 7200
        else f"{delay_s / 3600:.1f} h"
    )
