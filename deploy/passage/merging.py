"""A workshop's file taken into a town's registry, journal and store: everything once, however often it is done.

The source is copied first, so that it may be in use, of an older version, or on a medium that cannot be written to. Where the
town keeps everything in one file, one transaction takes it all or nothing; else each step may be done again.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from deploy.assembly import file_of, journal_file, labels_of, open_registry, open_store, registry_url
from deploy.faults import CommandError
from deploy.settings import Settings
from gateway.registry.database import Database
from gateway.registry.joining import Clash, Ids, Joined, clashes, join, needed, numbered
from gateway.store.backup import alone, back_up
from gateway.store.steps import connect, prepare

if TYPE_CHECKING:
    from deploy.passage.taking import Taken
    from gateway.journal import Journal
    from gateway.store.port import Store

Progress = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Source:
    """A copy of the file that is merged, open."""

    connection: Connection
    journal: Journal
    store: Store


@dataclass(frozen=True, slots=True)
class Merged:
    """What was new."""

    st: str
    """The source's ledger."""
    devices: Mapping[str, str]
    """What each of its devices is called now."""
    rows: Mapping[str, int]
    """New rows of the registry by table."""
    taken: Mapping[str, int]
    """New readings, windows, events, accounts, refusals."""
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Merge:
    """What is to be merged where."""

    source: Path
    settings: Settings
    names: Mapping[str, str] = field(default_factory=dict)
    """Old name -> new one, of devices and of pilots."""
    rename: bool = False
    """Whatever clashes gets the next free name."""


def merge(what: Merge, *, apply: bool, progress: Progress = lambda *_: None) -> Merged:
    """What it brings; without `apply` it is tried on a copy. Raises CommandError, RegistryError and StoreError.

    The gateway and the public side must not run meanwhile, or nothing is changed: they know the ledger by heart.
    """
    began = time.monotonic()
    own = local_files(what.settings)
    for file in own if apply else ():
        if file.exists():
            alone(file)
    folder = journal_file(what.settings).resolve().parent
    with tempfile.TemporaryDirectory(prefix="merge-", dir=folder) as room, opened_source(what, Path(room)) as source:
        settings = what.settings if apply else on_copies(what.settings, own, Path(room))
        with _target(settings, apply=apply) as target:
            found = target.take(source, what, progress)
    return Merged(**{**asdict(found), "took_s": time.monotonic() - began})


def local_files(settings: Settings) -> list[Path]:
    """The town's files on this machine."""
    files = [file_of(settings.store), file_of(registry_url(settings)), journal_file(settings)]
    return sorted({file.resolve() for file in files if file is not None})


@contextlib.contextmanager
def opened_source(what: Merge, room: Path) -> Iterator[Source]:
    """A copy of the source, of one moment and of this version. Raises CommandError for what cannot be merged."""
    from gateway.journal import Journal

    if what.source.resolve() in local_files(what.settings):
        raise CommandError("merge_itself", file=what.source)
    copy = room / "source.sqlite"
    back_up(what.source, copy)
    with contextlib.closing(connect(copy)) as db:
        prepare(db)
    with contextlib.ExitStack() as opened:
        registry = opened.enter_context(contextlib.closing(Database(f"sqlite:{copy}", migrate=True)))
        journal = opened.enter_context(contextlib.closing(Journal(copy)))
        store = opened.enter_context(contextlib.closing(open_store(f"sqlite:{copy}", read_only=True)))
        if journal.remembered("drained") is not None:
            raise CommandError("merge_remote", file=what.source)
        yield Source(opened.enter_context(registry.reading()), journal, store)


def on_copies(settings: Settings, own: list[Path], room: Path) -> Settings:
    """The same town on copies of its files, to try something on."""
    copies = {}
    for number, file in enumerate(own):
        copies[file] = room / f"town-{number}.sqlite"
        if file.exists():
            back_up(file, copies[file])
    at = {
        "store": file_of(settings.store), "registry": file_of(registry_url(settings)), "journal": journal_file(settings)
    }  # fmt: skip
    there = {name: copies[file.resolve()] for name, file in at.items() if file is not None}
    return settings.model_copy(
        update={name: there[name] if name == "journal" else f"sqlite:{there[name]}" for name in there}
    )


@contextlib.contextmanager
def _target(settings: Settings, *, apply: bool) -> Iterator[OneFile | Apart]:
    """The town, in one file or in several places."""
    file = file_of(settings.store)
    if file is not None and file_of(registry_url(settings)) == file:
        yield OneFile(file)
    else:
        yield Apart(settings, apply=apply)


@dataclass(frozen=True, slots=True)
class OneFile:
    """A town whose registry, journal and series are one file."""

    file: Path

    def take(self, source: Source, what: Merge, progress: Progress) -> Merged:
        """All of it in one transaction."""
        from deploy.passage.taking import take
        from gateway.journal import Journal

        with (
            contextlib.closing(Database(f"sqlite:{self.file}", migrate=True)) as database,
            database.writing() as connection,
        ):
            raw = connection.connection.driver_connection
            journal, store = Journal(self.file, within=raw), open_store(f"sqlite:{self.file}", within=raw)
            joined = joined_with(connection, source, journal, what)
            return told(source, joined, take(source, journal, store, ids=joined.ids, progress=progress))


@dataclass(frozen=True, slots=True)
class Apart:
    """A town whose series, registry or journal are elsewhere: each step by itself, and all of them again where one fails."""

    settings: Settings
    apply: bool

    def take(self, source: Source, what: Merge, progress: Progress) -> Merged:
        """First the registry, then the series, at last the ledger."""
        from deploy.passage.taking import take
        from gateway.journal import Journal

        url = registry_url(self.settings)
        with contextlib.ExitStack() as opened:
            journal = opened.enter_context(contextlib.closing(Journal(journal_file(self.settings))))
            database = opened.enter_context(contextlib.closing(Database(url, migrate=True)))
            with contextlib.suppress(_TriedError), database.writing() as connection:
                joined = joined_with(connection, source, journal, what)
                if not self.apply and file_of(url) is None:
                    raise _TriedError
            registry = opened.enter_context(contextlib.closing(open_registry(url)))
            store = opened.enter_context(
                contextlib.closing(open_store(self.settings.store, labels=labels_of(registry), settings=self.settings))
            )
            return told(
                source, joined,
                take(source, journal, store, ids=joined.ids, progress=progress, dry=not self.apply),
            )  # fmt: skip


class _TriedError(Exception):
    """It was only tried: the transaction is taken back."""


def joined_with(connection: Connection, source: Source, journal: Journal, what: Merge) -> Joined:
    """The registry's part. Raises CommandError where names clash, with the names that would do."""
    if source.journal.st == journal.st:
        raise CommandError("merge_itself", file=what.source)
    known = known_ids(journal, source.journal.st)
    names = dict(what.names)
    found = clashes(connection, source.connection, names, known)
    if found and not what.rename:
        raise CommandError("merge_clash", clashes=", ".join(clash.name for clash in found), renames=renames(found))
    names |= needed(found)
    return join(connection, source.connection, names=names, known=known)


def renames(found: list[Clash]) -> str:
    """The options that would solve these clashes."""
    return " ".join(f"--rename {clash.name}={clash.free}" for clash in found)


def known_ids(journal: Journal, st: str) -> Ids:
    """What the rows of this source were called when it was merged before; nothing where it never was."""
    from deploy.passage.taking import FACT

    kept = journal.remembered(FACT + st)
    return numbered(json.loads(kept)["ids"]) if kept else {}


def told(source: Source, joined: Joined, taken: Taken) -> Merged:
    """What was new, in numbers."""
    devices = {str(old): str(new) for old, new in joined.ids["device"].items()}
    return Merged(source.journal.st, devices, joined.added, asdict(taken))
