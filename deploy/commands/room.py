"""What `girouette atelier` does for a room without internet: `--hotspot`, `--prepare`, and `--check` of either."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.commands.speech import LANG, tell, text
from deploy.faults import DONE, REFUSED, USAGE, CommandError
from devices.words import say

if TYPE_CHECKING:
    from deploy.commands.atelier import Asked
    from deploy.settings import Settings
    from deploy.workshop.hotspot import Room


def without_internet(
    settings: Settings, home: Path | None, folder: Path | None, *, check: bool, asked: Asked, pi: bool,
    as_json: bool,
) -> int:  # fmt: skip
    """Do what is asked for a room without internet; the exit code. Raises CommandError where a look is asked for at nothing."""
    if home is not None:
        return hotspot(home, check=check, as_json=as_json)
    if folder is None:
        raise CommandError("atelier_check_what", code=USAGE)
    if check:
        return compared(folder, as_json=as_json)
    return prepared(settings, folder, asked=asked, pi=pi, as_json=as_json)


def prepared(settings: Settings, folder: Path, *, asked: Asked, pi: bool, as_json: bool) -> int:
    """Fetch everything, and say how it is used."""
    from deploy.workshop import preparing
    from devices.pinout import load_pinouts

    known = load_pinouts()
    boards = [kind for word in asked.kinds for kind in word.split(",")] or list(known)
    for board in boards:
        if board not in known:
            raise CommandError("atelier_unknown_board", board=board, choices=", ".join(known))

    def said(what: str) -> None:
        print(text("preparing", what=what), file=sys.stderr)

    preparing.micropython(folder, boards, said)
    preparing.wheels(folder, pi=pi, progress=said)
    preparing.papers(folder, origin=settings.public_url or f"http://localhost:{settings.api_port}")
    if asked.slugs:
        tables(settings, folder, asked)
    count = preparing.seal(folder)
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    lines = [
        text("prepared", folder=folder, count=count, mib=f"{size / 2**20:.0f}"),
        text("prepared_install", folder=folder), text("prepared_flash", folder=folder),
        text("prepared_check", folder=folder),
    ]  # fmt: skip
    tell({"folder": str(folder), "files": count, "bytes": size}, lines, as_json=as_json)
    return DONE


def tables(settings: Settings, folder: Path, asked: Asked) -> None:
    """What lies on each table: the atelier as one file, with its batch of identities, their labels, and the sheets; made once."""
    from deploy.commands.atelier import filed, print_sheets
    from deploy.commands.options import recipes_of, registry_of
    from deploy.labels import labels_of
    from deploy.workshop.preparing import MICROPYTHON, PAPERS
    from devices.label import print_labels

    file = folder / "atelier.html"
    if file.exists():
        return
    own = settings.model_copy(update={"board_micropython": folder / MICROPYTHON})
    made, _ = filed(own, replace(asked, file=file))
    names = made["devices"]
    assert isinstance(names, list)
    with registry_of(settings) as known:
        mine = [row for row in known.devices() if row.id in names]
        labels = labels_of(known, mine, recipes_of(settings), url=settings.public_url, lang=asked.lang)
    (folder / PAPERS / "labels.html").write_text(print_labels(labels, asked.lang), encoding="utf-8")
    with contextlib.redirect_stdout(sys.stderr):
        print_sheets(own, replace(asked, file=folder / PAPERS / "table.html"), file)


def compared(folder: Path, *, as_json: bool) -> int:
    """Is the folder as it was made? Exit code 1 where it is not."""
    from deploy.workshop.preparing import check

    found = check(folder)
    lines = [text("prepared_missing", files=", ".join(found.missing))] if found.missing else []
    lines += [text("prepared_changed", files=", ".join(found.changed))] if found.changed else []
    lines += [text("prepare_again", folder=folder)] if found else [text("prepared_whole", folder=folder)]
    tell(asdict(found), lines, as_json=as_json)
    return REFUSED if found else DONE


def hotspot(home: Path, *, check: bool, as_json: bool) -> int:
    """Write the files of a room's machine and say what to type, or look at what is there."""
    from deploy.workshop.hotspot import Room, steps, write_room

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
    from deploy.workshop.room import look

    if not (room.home / "girouette.toml").exists():
        raise CommandError("hotspot_not_there", folder=room.home)
    found = look(room, LANG)
    lines = [f"{text('sound' if one.ok else 'unsound'):<8}{one.told}" for one in found]
    tell([asdict(one) for one in found], lines, as_json=as_json)
    return DONE if all(one.ok for one in found) else REFUSED
