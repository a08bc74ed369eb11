"""`girouette flash`: a board on USB becomes a device, in one command."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deploy.commands.cable import NoStub, plugged, progress
from deploy.commands.durations import seconds
from deploy.commands.options import (
    AsJson,
    BrokerUrl,
    Recipes,
    RegistryUrl,
    StoreUrl,
    recipes_of,
    registry_of,
    settled,
    terminal,
)
from deploy.commands.outfit import workbench
from deploy.commands.speech import LANG, argument, option, tell
from deploy.faults import DONE, REFUSED, exit_code
from devices.words import say

if TYPE_CHECKING:
    from deploy.flashing.flash import Done
    from deploy.flashing.many import Row
    from deploy.flashing.ports import Lister, Port
    from deploy.flashing.wish import Wish
    from deploy.settings import Settings
    from devices.recipe import Recipe
    from gateway.registry import Registry

Ports = Annotated[list[str] | None, option("flash_port", "--port", metavar="PORT")]


def flash(  # noqa: PLR0913 - a command's options are its parameters
    ctx: typer.Context,
    word: Annotated[str | None, argument("flash_what", metavar="[RECIPE|DEVICE]")] = None,
    *,
    ports: Ports = None,
    where: Annotated[str | None, option("flash_place", "--place", metavar="LAT,LON")] = None,
    place_name: Annotated[str | None, option("place_name", "--name")] = None,
    pilot: Annotated[str | None, option("pilot", "--pilot", metavar="SLUG")] = None,
    groups: Annotated[list[str] | None, option("flash_group", "--group", metavar="NAME")] = None,
    board: Annotated[str | None, option("board", "--board", metavar="BOARD")] = None,
    period_s: Annotated[int | None, option("period", "--period", metavar="SECONDS", min=1, max=86_400)] = None,
    batch: Annotated[int | None, option("flash_batch", "--batch", metavar="N", min=1, max=60)] = None,
    micropython: Annotated[Path | None, option("micropython", "--micropython", metavar="FILE")] = None,
    as_new: Annotated[bool, option("as_new", "--as-new")] = False,
    whole: Annotated[bool, option("whole", "--whole")] = False,
    no_stub: NoStub = False,
    many: Annotated[bool, option("many", "--many")] = False,
    count: Annotated[int | None, option("many_count", "--count", metavar="N", min=1)] = None,
    wait: Annotated[str, option("flash_wait", "--wait", metavar="DURATION")] = "2m",
    broker: BrokerUrl = None,
    recipes: Recipes = None,
    store: StoreUrl = None,
    registry: RegistryUrl = None,
    as_json: AsJson = False,
) -> int:
    """Make a device of the board on USB, or bring it up to date, and wait for its first reading."""
    from deploy.flashing.wish import Wish

    settings = settled(ctx, broker=broker, store=store, registry=registry, recipes=recipes)
    with registry_of(settings, make=True) as known:
        slugs, device, inside = meant(word, recipes_of(settings), known)
        wish = Wish(
            slugs=slugs, device=device, board=board, place=where, place_name=place_name, pilot=pilot, groups=(*inside, *(groups or ())),
            period_s=period_s, batch=batch, as_new=as_new, whole=whole, no_stub=no_stub, micropython=micropython,
            wait_s=seconds(wait) or None,
        )  # fmt: skip
        if many:
            return flash_room(settings, known, wish, ports or (), count=count, as_json=as_json)
        port = plugged(ports[0] if ports else None)
        done = flash_one(settings, known, wish, port, as_json=as_json)
    tell(asdict(done), report(done, settings, LANG), as_json=as_json)
    return DONE


Meant = tuple[tuple[str, ...], str | None, tuple[str, ...]]


def meant(word: str | None, recipes: dict[str, Recipe] | Any, known: Registry) -> Meant:
    """The recipes, or the device, that a word means; of `@group` the recipe that waits there for boards, and the group.

    Raises FlashError, CommandError.
    """
    from deploy.flashing.faults import FlashError
    from deploy.groups import MARK, recipe_waiting

    if word is None:
        return (), None, ()
    if word.startswith(MARK):
        group = word.removeprefix(MARK)
        return tuple(recipe_waiting(known.devices(), group).split("+")), None, (group,)
    if word in {row.id for row in known.devices()}:
        return (), word, ()
    slugs = tuple(word.split("+"))
    if all(slug in recipes for slug in slugs):
        return slugs, None, ()
    raise FlashError("unknown_word", word=word)


def flash_one(settings: Settings, known: Registry, wish: Wish, port: Port, *, as_json: bool) -> Done:
    """One board, with what is not known yet asked of the person at the terminal."""
    from deploy.flashing.faults import FlashError
    from deploy.flashing.flash import flash as flash_board
    from deploy.flashing.wish import completed

    bench = workbench(settings, known, wish, [port])
    for _ in range(3):
        try:
            with progress(as_json=as_json) as speak:
                return flash_board(port, wish, bench, speak)
        except FlashError as e:
            answer = asked(e.key, recipes_of(settings))
            if answer is None:
                raise
            wish = completed(wish, e.key, answer)
    raise AssertionError(wish)


def asked(what: str, recipes: Any) -> str | None:
    """What the person at the terminal answers to a question that flashing has; None where nobody is asked."""
    questions = {"which_recipe": "ask_recipe", "no_place": "ask_place"}
    if what not in questions or not (terminal() and sys.stdin.isatty()):
        return None
    print(
        say(f"flashing.{questions[what]}", LANG, **({"choices": ", ".join(recipes)} if what == "which_recipe" else {}))
    )
    return sys.stdin.readline().strip() or None


def report(done: Done, settings: Settings, lang: str) -> list[str]:
    """What became of a board, for its person."""
    from deploy.flashing.table import spoken
    from devices.quantity import load_quantities

    if done.stored is None:
        lines = [say("flashing.unheard", lang, device=done.device)]
    else:
        values = spoken(done.stored.values, load_quantities(settings.recipes), lang)
        lines = [say("flashing.ready", lang, device=done.device, values=values)]
    lines += [say("flashing.page", lang, page=done.page)]
    return lines + ([say("flashing.next", lang, device=done.device)] if done.new else [])


def flash_room(
    settings: Settings, known: Registry, wish: Wish, ports: Sequence[str], *, count: int | None, as_json: bool
) -> int:  # fmt: skip
    """Boards as they are plugged in, until Ctrl-C or until so many."""
    from deploy.flashing.faults import FlashError
    from deploy.flashing.many import Room, take_all
    from deploy.flashing.table import shown, spoken
    from devices.quantity import load_quantities

    if wish.device is not None:
        raise FlashError("many_device", device=wish.device)
    lister = lister_of(ports)
    bench = workbench(settings, known, wish, lister())
    quantities = load_quantities(settings.recipes)
    room = Room(wish, bench)
    with shown(LANG, lambda done: spoken(done.cable, quantities, LANG), watched=terminal() and not as_json) as look:
        take_all(room, lister, count=count, look=look)
    failed = [row for row in room.rows if row.error is not None]
    line = say("flashing.many_counted", LANG, done=len(room.rows) - len(failed), failed=len(failed))
    tell([told_of(row) for row in room.rows], [line], as_json=as_json)
    return REFUSED if failed else DONE


def told_of(row: Row) -> dict[str, Any]:
    """One board of a room, for a script."""
    from deploy.faults import sentence

    if row.done is not None:
        return asdict(row.done)
    error: Any = row.error
    return {
        "port": row.port.path,
        "error": getattr(error, "key", "system"),
        "says": sentence(error, LANG),
        "code": exit_code(error),
    }


def lister_of(ports: Sequence[str]) -> Lister:
    """Lists the boards that are there: those of the ports that were named, else all on USB."""
    from deploy.flashing.faults import open_fault
    from deploy.flashing.ports import Port, boards

    if not ports:
        return boards
    return lambda: [Port(path, path) for path in ports if open_fault(path) is None]
