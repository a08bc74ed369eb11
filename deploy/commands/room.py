"""What `girouette atelier` does for a room without internet: `--hotspot`, `--prepare`, and `--check` of either."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.commands.speech import LANG, tell, text
from deploy.faults import DONE, REFUSED, USAGE, CommandError
from deploy.files import put
from devices.words import say

if TYPE_CHECKING:
    from deploy.commands.atelier import Asked
    from deploy.settings import Settings
    from deploy.workshop.hotspot import Room


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders that a room without internet has, as far as they were named."""

    hotspot: Path | None
    """What its machine runs from."""
    prepare: Path | None
    """What is fetched beforehand."""
    prepared: Path | None
    """What was fetched beforehand, and is used now."""

    def __bool__(self) -> bool:
        """Was any of them named?"""
        return any((self.hotspot, self.prepare, self.prepared))


def without_internet(
    settings: Settings, folders: Folders, *, check: bool, asked: Asked, pi: bool, as_json: bool
) -> int:
    """Do what is asked for a room without internet; the exit code. Raises CommandError where it is not clear what for."""
    from deploy.workshop.hotspot import Room

    home, folder = folders.hotspot, folders.prepare
    if folders.prepared is not None and (home is None or check):
        raise CommandError("atelier_prepared_what", code=USAGE)
    if home is not None:
        room = Room(home.resolve())
        if check:
            return looked_at(room, as_json=as_json)
        return hotspot(settings, room, folders.prepared, asked=asked, as_json=as_json)
    if folder is None:
        raise CommandError("atelier_check_what", code=USAGE)
    if check:
        return compared(folder, as_json=as_json)
    if pi and asked.slugs:
        raise CommandError("atelier_pi_recipe", code=USAGE, folder=folder)
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
    put(folder / PAPERS / "labels.html", print_labels(labels, asked.lang).encode(), mode=0o600)
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


def hotspot(settings: Settings, room: Room, prepared: Path | None, *, asked: Asked, as_json: bool) -> int:
    """Write the files of a room's machine and say what to type. Raises CommandError, with nothing written."""
    from deploy.commands.atelier import PREPARED_FOR
    from deploy.workshop.hotspot import name_prepared, steps, write_room

    made = made_by(settings, asked)
    if prepared is not None:
        check_prepared(prepared)
    written = [] if (room.home / "secrets").exists() else write_room(room)
    if prepared is not None:
        name_prepared(room, prepared)
    listed = steps(room, LANG, made=made, seats=f"--seats {asked.seats} --each {asked.each} --for {PREPARED_FOR}")
    head = (
        say("hotspot.written", LANG, folder=room.home, count=len(written))
        if written
        else say("hotspot.there", LANG, folder=room.home)
    )
    lines = [head]
    for number, step in enumerate(listed, 1):
        lines += ["", f"{number}. {step.told}", *(f"   {command}" for command in step.commands)]
    told = {"folder": str(room.home), "written": [str(p) for p in written], "steps": [asdict(step) for step in listed]}
    tell(told, lines, as_json=as_json)
    return DONE


def made_by(settings: Settings, asked: Asked) -> str:
    """What the boards of a room measure, as it is typed. Raises CommandError for what there is not."""
    from deploy.commands.atelier import spoken, wanted
    from deploy.workshop.hotspot import MADE

    if not asked.slugs:
        return MADE
    wanted(settings, asked)
    words = [word for slug in asked.slugs for word in ("--recipe", slug)]
    words += [word for kind in asked.kinds for word in ("--board", kind)]
    return " ".join([*words, "--lang", spoken(asked.lang)])


def check_prepared(folder: Path) -> None:
    """Refuse a folder that is not as it was prepared. Raises CommandError."""
    from deploy.workshop.preparing import check

    found = check(folder)
    if found:
        raise CommandError("prepared_spoilt", folder=folder, files=", ".join((*found.missing, *found.changed)))


def looked_at(room: Room, *, as_json: bool) -> int:
    """What is there, and what lacks; exit code 1 where something does."""
    from deploy.workshop.room import look

    if not room.settings_file.exists():
        raise CommandError("hotspot_not_there", folder=room.home)
    found = look(room, LANG)
    lines = [f"{text('sound' if one.ok else 'unsound'):<8}{one.told}" for one in found]
    tell([asdict(one) for one in found], lines, as_json=as_json)
    return DONE if all(one.ok for one in found) else REFUSED
