"""`girouette push`, `save`, and `restore` of a board: what a board on USB is given or gives, without a registry."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.commands.options import AsJson, Recipes, recipes_of, settled, terminal
from deploy.commands.speech import LANG, argument, option, tell
from deploy.faults import DONE
from devices.words import say

if TYPE_CHECKING:
    from deploy.flashing.flash import Speak
    from deploy.flashing.ports import Port
    from deploy.flashing.pushing import Compared

PLUG_S = 60.0
LOOK_S = 0.3
OnePort = Annotated[str | None, option("flash_port", "--port", metavar="PORT")]
NoStub = Annotated[bool, option("no_stub", "--no-stub")]


def push(
    ctx: typer.Context,
    device: Annotated[str | None, argument("device")] = None,
    *,
    port: OnePort = None,
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
    port: OnePort = None,
    no_stub: NoStub = False,
    as_json: AsJson = False,
) -> int:
    """Read a board's whole flash back into a file."""
    from deploy.flashing.faults import Size
    from deploy.flashing.saving import save as save_to

    where = plugged(port)
    with progress(as_json=as_json) as speak:
        chip = save_to(where.path, file, lambda share: speak("write", share), no_stub=no_stub)
    told = {"file": str(file), "chip": chip.kind, "bytes": chip.flash_bytes, "mac": chip.mac}
    tell(told, [say("flashing.saved", LANG, file=file, size=Size(chip.flash_bytes).said(LANG))], as_json=as_json)
    return DONE


def restore_board(file: Path, port: str | None, *, as_json: bool) -> None:
    """Put a saved board back, under new numbers."""
    from deploy.flashing.saving import restore

    where = plugged(port)
    with progress(as_json=as_json) as speak:
        device = restore(where.path, file, lambda share: speak("write", share))
    line = say("flashing.restored", LANG, device=device) if device else say("flashing.restored_unknown", LANG)
    tell({"from": str(file), "port": where.path, "device": device}, [line], as_json=as_json)


def progress(*, as_json: bool) -> AbstractContextManager[Speak]:
    """How far it is, for whoever watches."""
    from deploy.flashing.bar import shown

    return shown(LANG, watched=terminal(), silent=as_json)


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
