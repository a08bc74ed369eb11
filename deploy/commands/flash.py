"""`girouette flash`, `push`, `save`, and `restore` of a board: what USB can do for a board, in one command each."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
from deploy.commands.speech import LANG, argument, option, tell
from deploy.faults import AWAY, DONE, REFUSED, exit_code
from devices.words import say

if TYPE_CHECKING:
    from deploy.flashing.flash import Done, Workbench
    from deploy.flashing.many import Row
    from deploy.flashing.ports import Lister, Port
    from deploy.flashing.pushing import Compared
    from deploy.flashing.wish import Wish
    from deploy.reach import Reach
    from deploy.settings import Settings
    from devices.recipe import Recipe
    from gateway.registry import Registry

PLUG_S = 60.0
LOOK_S = 0.3
Ports = Annotated[list[str] | None, option("flash_port", "--port", metavar="PORT")]
NoStub = Annotated[bool, option("no_stub", "--no-stub")]


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


def push(
    ctx: typer.Context,
    device: Annotated[str | None, argument("device")] = None,
    *,
    port: Annotated[str | None, option("flash_port", "--port", metavar="PORT")] = None,
    dry_run: Annotated[bool, option("push_dry", "--dry-run")] = False,
    board: Annotated[str | None, option("board", "--board", metavar="BOARD")] = None,
    recipes: Recipes = None,
    as_json: AsJson = False,
) -> int:
    """Copy the files that differ to a board that is a device already, verify each, and restart it."""
    from deploy.flashing.mpremote import restart
    from deploy.flashing.pushing import compare, copy
    from deploy.flashing.wish import Wish

    settings, where, began = settled(ctx, recipes=recipes), plugged(port), time.monotonic()
    with progress(as_json=as_json) as speak:
        found = compare(where, recipes_of(settings), settings, Wish(device=device, board=board))
        if not dry_run:
            copy(found, lambda share: speak("write", share))
        restart(where.path)
    took_s, changes = time.monotonic() - began, found.changes
    told = {"device": found.device, "written": changes.written, "gone": changes.gone, "seconds": round(took_s, 2)}
    tell(told, sentences(found, took_s, dry_run=dry_run), as_json=as_json)
    return DONE


def sentences(found: Compared, took_s: float, *, dry_run: bool) -> list[str]:
    """What was copied, or would be."""
    changes = found.changes
    if not changes:
        return [say("flashing.push_same", LANG, device=found.device)]
    if dry_run:
        lines = [say("flashing.would_write", LANG, path=path) for path in changes.written]
        return lines + [say("flashing.would_remove", LANG, path=path) for path in changes.gone]
    count = {"written": len(changes.written), "gone": len(changes.gone)}
    return [say("flashing.pushed", LANG, device=found.device, took_s=took_s, **count)]


def save(
    file: Annotated[Path, argument("save_file", metavar="FILE")],
    *,
    port: Annotated[str | None, option("flash_port", "--port", metavar="PORT")] = None,
    no_stub: NoStub = False,
    as_json: AsJson = False,
) -> int:
    """Read a board's whole flash back into a file."""
    from deploy.flashing.faults import size
    from deploy.flashing.saving import save as save_to

    where = plugged(port)
    with progress(as_json=as_json) as speak:
        chip = save_to(where.path, file, lambda share: speak("write", share), no_stub=no_stub)
    told = {"file": str(file), "chip": chip.kind, "bytes": chip.flash_bytes, "mac": chip.mac}
    tell(told, [say("flashing.saved", LANG, file=file, size=size(chip.flash_bytes))], as_json=as_json)
    return DONE


def restore_board(file: Path, port: str | None, *, as_json: bool) -> None:
    """Put a saved board back, under new numbers."""
    from deploy.flashing.saving import restore

    where = plugged(port)
    with progress(as_json=as_json) as speak:
        device = restore(where.path, file, lambda share: speak("write", share))
    line = say("flashing.restored", LANG, device=device) if device else say("flashing.restored_unknown", LANG)
    tell({"from": str(file), "port": where.path, "device": device}, [line], as_json=as_json)


def progress(*, as_json: bool) -> Any:
    """How far it is, for whoever watches."""
    from deploy.flashing.bar import shown

    return shown(LANG, watched=terminal(), silent=as_json)


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


def plugged(given: str | None) -> Port:
    """The board's port; where a person watches and none is there, it is waited for. Raises FlashError."""
    from deploy.flashing.faults import FlashError
    from deploy.flashing.ports import boards, chosen

    until_s = time.monotonic() + (PLUG_S if given is None and terminal() else 0.0)
    asked = False
    while True:
        try:
            return chosen(given, boards)
        except FlashError as e:
            if e.key not in {"no_data_cable", "no_board", "no_driver"} or time.monotonic() > until_s:
                raise
        if not asked:
            print(say("flashing.plug_in", LANG, wait_s=PLUG_S), file=sys.stderr, flush=True)
            asked = True
        time.sleep(LOOK_S)


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


def workbench(settings: Settings, known: Registry, wish: Wish, ports: Sequence[Port]) -> Workbench:
    """What boards are flashed with here. Raises FlashError where no broker answers although readings are waited for."""
    import threading

    from deploy.assembly import open_store
    from deploy.commands.devices import check_accounts, renew_accounts
    from deploy.flashing.enrolling import Enrolling
    from deploy.flashing.flash import Workbench
    from deploy.flashing.ports import boards
    from deploy.reach import reach
    from deploy.rehearsal import running_boards
    from devices.stand_in import stand_in

    where = reach(settings, here=bool(ports) and all(on_this_machine(port) for port in ports))
    rehearsed = (
        wish.micropython is None and bool(ports) and {p.path for p in ports} <= {b.port for b in running_boards()}
    )
    told = wish.micropython or settings.board_micropython
    if wish.wait_s is not None:
        check_broker(where, settings)
    check_accounts(settings, None)
    accounts = threading.Lock()

    def changed() -> None:
        with accounts:
            renew_accounts(settings, known)

    return Workbench(
        Enrolling(known, recipes_of(settings), where, networks(settings), public_url(settings)),
        lambda: open_store(settings.store, read_only=True, settings=settings),
        lambda kind: stand_in(kind) if rehearsed else micropython_for(kind, told),
        changed,
        boards,
    )


def micropython_for(kind: str, told: Path | None) -> bytes:
    """MicroPython for a kind of board: the file, or that of the prepared folder, that was told, else fetched once.

    Raises InterpreterError, OSError.
    """
    from devices.micropython import find_micropython

    if told is not None and told.is_dir():
        return find_micropython(kind, prepared=told).content
    return find_micropython(kind, given=told).content


def on_this_machine(port: Port) -> bool:
    """Is it a virtual board, whose loopback is ours?"""
    return port.path.startswith(("/dev/pts/", "socket://127.0.0.1:", "rfc2217://127.0.0.1:"))


def check_broker(where: Reach, settings: Settings) -> None:
    """Refuse before anything is written where no board could send. Raises FlashError."""
    from deploy.flashing.faults import FlashError
    from deploy.reach import answers

    if answers(where.host, where.port):
        return
    if not settings.board_broker and answers("127.0.0.1", where.port):
        raise FlashError("broker_here_only", code=AWAY, host=where.host, port=where.port)
    raise FlashError("no_broker", code=AWAY, host=where.host, port=where.port)


def networks(settings: Settings) -> list[dict[str, Any]]:
    """The Wi-Fi networks that every board is to know."""
    from deploy.networks import known_networks

    return known_networks(settings)


def public_url(settings: Settings) -> str:
    """Where pages are: as set, else on this machine."""
    return settings.public_url or f"http://{settings.api_host}:{settings.api_port}"


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
