"""`girouette board --pty` and `girouette try`: virtual boards, and a recipe for a minute, without a board."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from deploy.commands.durations import seconds
from deploy.commands.recipes import BoardKind, one_recipe
from deploy.commands.speech import LANG, argument, option
from deploy.faults import CommandError
from devices.words import say

if TYPE_CHECKING:
    from deploy.workshop.rehearsal import Wanted
    from devices.recipe import Recipe

WIDTH = 34


def board(
    recipe: Annotated[str | None, argument("board_recipe", metavar="RECIPE")] = None,
    *,
    pty: Annotated[bool, option("board_pty", "--pty")] = False,
    chip: Annotated[str | None, option("board_chip", "--chip", metavar="CHIP")] = None,
    count: Annotated[int, option("board_count", "--count", metavar="N")] = 1,
    folder: Annotated[Path | None, option("board_folder", "--folder", metavar="DIR")] = None,
    link: Annotated[Path | None, option("board_link", "--link", metavar="PATH")] = None,
    for_: Annotated[str | None, option("for", "--for", metavar="DURATION")] = None,
) -> None:
    """Run virtual boards behind terminals until Ctrl-C, and say what to type next."""
    from deploy.workshop.rehearsal import Wanted, boards

    if not pty:
        raise CommandError("board_needs_pty")
    one = None if recipe is None else one_recipe(Path(recipe), chip)
    kind = chip or (one.board if one is not None else "c6")
    wanted = Wanted(kind, count, one, folder, link)
    over = threading.Event()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), boards(wanted, lambda flash: fill(flash, kind, one), tell_mode) as ports:
        for line in introduced(wanted, ports):
            print(line, flush=True)
        over.wait(None if for_ is None else seconds(for_))


def try_(
    recipe: Annotated[Path, argument("try_recipe", metavar="RECIPE")],
    *,
    for_: Annotated[str, option("for", "--for", metavar="DURATION")] = "60s",
    kind: BoardKind = None,
    port: Annotated[int | None, option("port", "--port", metavar="N")] = None,
) -> None:
    """Try a recipe for a while, in the terminal and on a page."""
    from deploy.workshop.trying import try_recipe

    if not try_recipe(one_recipe(recipe, kind), for_s=seconds(for_), port=port, lang=LANG):
        raise CommandError("try_silent", recipe=recipe)


def fill(flash: Path, chip: str, recipe: Recipe | None) -> None:
    """Give a new board a recipe's firmware, which belongs to nobody; or nothing."""
    if recipe is None:
        return
    from devices.flash.parts import parts
    from devices.trial import alone
    from devices.virtual.stand_in import stand_in

    with flash.open("r+b") as opened:
        for part in parts(stand_in(chip), alone(recipe), chip, flash.stat().st_size):
            opened.seek(part.offset)
            opened.write(part.content)


def introduced(wanted: Wanted, ports: list[str]) -> list[str]:
    """What the person reads: the ports, what to type next, and how it ends."""
    from deploy.workshop.rehearsal import links

    key = "board_ready" if wanted.recipe is not None else "board_new"
    recipe = wanted.recipe.slug if wanted.recipe is not None else "climate"
    lines = [say(f"rehearsal.{key}", LANG, port=port, chip=wanted.chip, recipe=recipe) for port in ports]
    lines += [say("rehearsal.board_link", LANG, port=p, link=k) for p, k in zip(ports, links(wanted), strict=False)]
    flash = f"girouette flash {recipe} --many" if len(ports) > 1 else f"girouette flash {recipe}"
    gone = say("rehearsal.board_gone", LANG) if wanted.folder is None else ""
    return [
        *lines, "", say("rehearsal.board_next", LANG),
        typed(flash, "next_many" if len(ports) > 1 else "next_flash"),
        typed(f"mpremote connect {ports[0]} repl", "next_repl"),
        f"  {say('rehearsal.next_editor', LANG)}", "",
        say("rehearsal.board_end", LANG, gone=gone), "",
    ]  # fmt: skip


def typed(command: str, key: str) -> str:
    """A command and what it does."""
    return f"  {command:<{WIDTH}} {say(f'rehearsal.{key}', LANG)}"


def tell_mode(port: str, mode: str) -> None:
    """A board entered its bootloader, or left it."""
    print(say(f"rehearsal.now_{mode}", LANG, port=port), flush=True)
