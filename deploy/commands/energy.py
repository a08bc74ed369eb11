"""`girouette energy`: how long a battery lasts, reckoned from data sheets."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import AsJson, Recipes, recipes_of, settled
from deploy.commands.speech import LANG, argument, option, tell
from deploy.faults import CommandError
from devices.words import decimal, say

if TYPE_CHECKING:
    from devices.energy import Life
    from devices.recipe import Recipe

BAR = 40
MAINS_MA = 3.7 / 1000


def energy(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    slug: Annotated[str, argument("recipe")],
    *,
    period_s: Annotated[int | None, option("new_period", "--period", metavar="SECONDS", min=10, max=86_400)] = None,
    batch: Annotated[int, option("batch", "--batch", metavar="N", min=1, max=60)] = 6,
    battery_mah: Annotated[float, option("battery_mah", "--battery", metavar="MAH", min=1)] = 3000,
    board: Annotated[str | None, option("board", "--board", metavar="BOARD")] = None,
    drawing: Annotated[Path | None, option("svg", "--svg", metavar="FILE")] = None,
    recipes: Recipes = None,
    as_json: AsJson = False,
) -> None:
    """Days of a battery by the time between two samples."""
    from devices.energy import Life, can_sleep, days
    from devices.energy_curve import draw_energy

    known = recipes_of(settled(ctx, recipes=recipes))
    if slug not in known:
        raise CommandError("unknown_recipe", slug=slug, choices=", ".join(known))
    recipe = known[slug] if board is None else known[slug].on(board)
    life = Life(period_s or max(recipe.period_s, 600), batch, battery_mah)
    told = {
        "recipe": slug, "board": recipe.board, "period_s": life.period_s, "batch": batch, "battery_mah": battery_mah,
        "sleeps": can_sleep(recipe), "days": round(days(recipe, life), 1),
        "days_kit": round(days(recipe, Life(life.period_s, batch, battery_mah, kit=True)), 1),
    }  # fmt: skip
    tell(told, sentences(recipe, life), as_json=as_json)
    if drawing is not None:
        drawing.write_text(draw_energy(recipe, life, LANG), encoding="utf-8")
        print(say("energy.drawn", LANG, file=drawing), file=sys.stderr)


def sentences(recipe: Recipe, life: Life) -> list[str]:
    """The table with its bars, and what it means."""
    from devices.energy import JOIN_S, USABLE, WAKE_S, Life, can_sleep, days
    from devices.energy_curve import PERIODS_S, lives, name_of, period_text, table_of

    name = recipe.name(LANG)
    mah = f"{life.battery_mah:g}"
    supposed = say("energy.supposed", LANG, wake=number(WAKE_S), join=number(JOIN_S), usable=round(100 * USABLE))
    if not can_sleep(recipe):
        return [awake(recipe, life, name), supposed]
    lines = [say("energy.title", LANG, recipe=name, mah=mah), ""]
    table = table_of(recipe, life)
    most = max(max(row) for row in table)
    for one, column in zip(lives(life), zip(*table, strict=True), strict=True):
        lines.append(say("energy.way", LANG, way=name_of(one, LANG)))
        lines += [
            f"  {period_text(s, LANG):>7} {round(d):>5}  {bar(d, most)}" for s, d in zip(PERIODS_S, column, strict=True)
        ]
    kit = Life(life.period_s, life.batch, life.battery_mah, kit=True)
    chosen = say(
        "energy.chosen", LANG, period=period_text(life.period_s, LANG), batch=life.batch,
        days=round(days(recipe, life)), kit_days=round(days(recipe, kit)),
    )  # fmt: skip
    return [*lines, "", chosen, supposed]


def awake(recipe: Recipe, life: Life, name: str) -> str:
    """What is said of a recipe that cannot sleep."""
    from devices.energy import day_mah, days, load_currents

    known = load_currents().drivers
    drivers = ", ".join(s.driver for s in recipe.sensors if known[s.driver].always)
    watts = day_mah(recipe, life) * MAINS_MA  # a panel gives its nominal power for about an hour a day in December
    return say(
        "energy.awake", LANG, recipe=name, drivers=drivers, days=number(days(recipe, life)),
        mah=f"{life.battery_mah:g}", watts=round(watts + 0.5),
    )  # fmt: skip


def number(value: float) -> str:
    """A number with one decimal, as it is written in the language of the terminal."""
    return decimal(f"{value:.1f}", LANG)


def bar(value: float, most: float) -> str:
    """A bar for the terminal."""
    return "█" * max(round(BAR * value / most), 1)
