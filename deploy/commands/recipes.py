"""`girouette recipe`: what can be measured, and a recipe of one's own before there is a board."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.durations import seconds
from deploy.commands.options import AsJson, Recipes, recipes_of, rows_of, settled
from deploy.commands.speech import LANG, Command, Group, argument, option, tell, text
from deploy.faults import CommandError

if TYPE_CHECKING:
    from devices.console import Sample
    from devices.recipe import Recipe
    from devices.simulate import Board

recipe = typer.Typer(cls=Group, help=text("recipe"))
Folder = Annotated[Path, argument("recipe_folder", metavar="DIR")]
BoardKind = Annotated[str | None, option("board", "--board", metavar="BOARD")]
LOOK_S = 0.2


@recipe.command("list", cls=Command, help=text("recipe_list"))
def list_recipes(ctx: typer.Context, *, recipes: Recipes = None, as_json: AsJson = False) -> None:
    """All recipes, one's own included."""
    rows = [
        {
            "slug": row.slug, "name_fr": row.name_fr, "name_en": row.name_en, "summary_fr": row.summary_fr,
            "summary_en": row.summary_en, "scale": row.scale, "seen": row.seen, "period_s": row.period_s, "channels": [c.name for c in row.channels], "boards": list(row.boards), "price_eur": row.price_eur,
        }
        for row in recipes_of(settled(ctx, recipes=recipes)).values()
    ]  # fmt: skip
    tell(rows, rows_of(rows, "slug", "scale", f"name_{LANG}", f"summary_{LANG}"), as_json=as_json)


@recipe.command("check", cls=Command, help=text("recipe_check"))
def check_recipes(folder: Folder, *, as_json: AsJson = False) -> None:
    """Each recipe in a folder in a sentence, or why one adds up to none."""
    from devices.recipe import read_folder, told

    found = read_folder(folder)
    rows = [{"slug": one.slug, "channels": [c.name for c in one.channels], "boards": list(one.boards)} for one in found]
    tell(rows, [told(one, LANG) for one in found], as_json=as_json)


@recipe.command("draw", cls=Command, help=text("recipe_draw"))
def draw_recipes(folder: Folder) -> None:
    """Write the drawings of each recipe in a folder, one a board, and the tables of its README where it has one."""
    from devices.sheet import sheet_of

    for one in recipes_at(folder):
        for file, content in sheet_of(one).items():
            file.parent.mkdir(exist_ok=True)
            file.write_text(content, encoding="utf-8")
            print(file)


@recipe.command("try", cls=Command, help=text("recipe_try"))
def try_recipe(
    folder: Folder,
    *,
    for_: Annotated[str | None, option("for", "--for", metavar="DURATION")] = None,
    board: BoardKind = None,
) -> None:
    """Run a recipe's firmware on simulated hardware and print what it measures, until Ctrl-C or for a while."""
    from devices.trial import line_of, trial

    one = one_recipe(folder, board)
    until_s = time.monotonic() + seconds(for_) if for_ is not None else float("inf")
    with tempfile.TemporaryDirectory() as place, trial(one, Path(place)) as running:
        if running.replayed:
            print(text("recipe_replayed"))
        if for_ is None:
            print(text("recipe_until"), file=sys.stderr, flush=True)
        said = 0
        with suppress(KeyboardInterrupt):
            for sample in samples(running, until_s):
                said += 1  # before it is printed: who reads the line may answer with Ctrl-C at once
                print(f"{clock(sample)}   {line_of(sample, one, LANG)}", flush=True)
        if not said:
            raise CommandError("recipe_silent", log=running.log.read_text(encoding="utf-8", errors="replace").strip())


def new(
    slug: Annotated[str, argument("new_slug", metavar="SLUG")],
    *,
    driver: Annotated[str, option("new_driver", "--driver", metavar="DRIVER")] = "bme280",
    to: Annotated[Path, option("new_to", "--to", metavar="DIR")] = Path(),
) -> None:
    """Write the folder of a new recipe with one known part, and a test that passes at once."""
    from devices.fresh import write_recipe
    from devices.recipe import told

    made = write_recipe(to, slug, driver, month=time.strftime("%Y-%m"))
    print(told(made, LANG))
    for file in sorted(made.folder.iterdir()):
        print(file)
    print(text("new_next", folder=made.folder))


def recipes_at(folder: Path) -> list[Recipe]:
    """The recipes in a folder; where there is no such folder, the one that `air` or `air+noise` names."""
    from devices.joined import named
    from devices.recipe import read_folder

    joined = None if folder.exists() else named(str(folder))
    return read_folder(folder) if joined is None else [joined]


def one_recipe(folder: Path, board: str | None) -> Recipe:
    """The one recipe in a folder, or that a word names, on this board or its first. Raises CommandError where there are several."""
    if len(found := recipes_at(folder)) > 1:
        raise CommandError("one_recipe", choices=", ".join(str(one.folder) for one in found))
    return found[0] if board is None else found[0].on(board)


def samples(running: Board, until_s: float) -> Iterator[Sample]:
    """Each sample of a running board, as it comes, until a moment of the monotonic clock or until the board ends."""
    from devices.trial import measured

    count = 0
    while time.monotonic() < until_s and running.poll() is None:
        fresh = measured(running)[count:]
        yield from fresh
        count += len(fresh)
        time.sleep(LOOK_S)


def clock(sample: Sample) -> str:
    """The local time of a sample."""
    return time.strftime("%H:%M:%S", time.localtime(sample.time_s))
