"""What `girouette atelier` does for a room without internet: `--hotspot`, `--prepare`, and `--check` of either."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.commands.speech import LANG, tell, text
from deploy.faults import DONE, REFUSED, USAGE, CommandError
from devices.words import say

if TYPE_CHECKING:
    from deploy.hotspot import Room
    from deploy.settings import Settings


def without_internet(
    settings: Settings, home: Path | None, folder: Path | None, *, check: bool, kinds: Sequence[str], pi: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Do what is asked for a room without internet; the exit code. Raises CommandError where a look is asked for at nothing."""
    if home is not None:
        return hotspot(home, check=check, as_json=as_json)
    if folder is None:
        raise CommandError("atelier_check_what", code=USAGE)
    if check:
        return compared(folder, as_json=as_json)
    return prepared(settings, folder, kinds=kinds, pi=pi, as_json=as_json)


def prepared(settings: Settings, folder: Path, *, kinds: Sequence[str], pi: bool, as_json: bool) -> int:
    """Fetch everything, and say how it is used."""
    from deploy import preparing
    from devices.pinout import load_pinouts

    known = load_pinouts()
    boards = [kind for word in kinds for kind in word.split(",")] or list(known)
    for board in boards:
        if board not in known:
            raise CommandError("atelier_unknown_board", board=board, choices=", ".join(known))

    def said(what: str) -> None:
        print(text("preparing", what=what), file=sys.stderr)

    preparing.micropython(folder, boards, said)
    preparing.wheels(folder, pi=pi, progress=said)
    preparing.papers(folder, origin=settings.public_url or f"http://localhost:{settings.api_port}")
    count = preparing.seal(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    lines = [
        text("prepared", folder=folder, count=count, mib=f"{size / 2**20:.0f}"),
        text("prepared_install", folder=folder), text("prepared_flash", folder=folder),
        text("prepared_check", folder=folder),
    ]  # fmt: skip
    tell({"folder": str(folder), "files": count, "bytes": size}, lines, as_json=as_json)
    return DONE


def compared(folder: Path, *, as_json: bool) -> int:
    """Is the folder as it was made? Exit code 1 where it is not."""
    from deploy.preparing import check

    found = check(folder)
    lines = [text("prepared_missing", files=", ".join(found.missing))] if found.missing else []
    lines += [text("prepared_changed", files=", ".join(found.changed))] if found.changed else []
    lines += [text("prepare_again", folder=folder)] if found else [text("prepared_whole", folder=folder)]
    tell(asdict(found), lines, as_json=as_json)
    return REFUSED if found else DONE


def hotspot(home: Path, *, check: bool, as_json: bool) -> int:
    """Write the files of a room's machine and say what to type, or look at what is there."""
    from deploy.hotspot import Room, steps, write_room

    room = Room(home.resolve())
    if check:
        return looked_at(room, as_json=as_json)
    written = [] if (room.home / "secrets").exists() else write_room(room)
    listed = steps(room, LANG)
    head = (
        say("hotspot.written", LANG, folder=home, count=len(written))
        if written
        else say("hotspot.there", LANG, folder=home)
    )
    lines = [head]
    for number, step in enumerate(listed, 1):
        lines += ["", f"{number}. {step.told}", *(f"   {command}" for command in step.commands)]
    told = {"folder": str(home), "written": [str(p) for p in written], "steps": [asdict(step) for step in listed]}
    tell(told, lines, as_json=as_json)
    return DONE


def looked_at(room: Room, *, as_json: bool) -> int:
    """What is there, and what lacks; exit code 1 where something does."""
    from deploy.room import look

    if not (room.home / "girouette.toml").exists():
        raise CommandError("hotspot_not_there", folder=room.home)
    found = look(room, LANG)
    lines = [f"{text('sound' if one.ok else 'unsound'):<8}{one.told}" for one in found]
    tell([asdict(one) for one in found], lines, as_json=as_json)
    return DONE if all(one.ok for one in found) else REFUSED
