"""The embedded file is copied while the gateway writes to it, and put back while nobody does."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway.store.port import StoreAway, StoreMismatch
from gateway.store.steps import connect, known, recognise, told

STEP_PAGES = 1_000
Progress = Callable[[int, int], None]
"""Told how many pages are copied, and of how many."""


def silent(_done: int, _all: int) -> None:
    """Progress that nobody follows."""


def back_up(path: Path, to: Path, *, progress: Progress = silent) -> None:
    """`to` is the file as it was at one moment, checked and on disk; the gateway goes on meanwhile.

    Raises StoreMismatch for a file that is not ours, newer or damaged, StoreAway where there is none or `to` is there already,
    StoreFull where it does not fit. What is half made is taken away.
    """
    if to.exists():
        raise StoreAway("kept", file=to)
    half = to.with_name(f"{to.name}.half")
    half.unlink(missing_ok=True)
    try:
        with _source(path) as source, _told():
            _copy_out(source, half, progress)
        half.rename(to)
        _sync(to.parent)
    except OSError as e:
        raise StoreAway("cannot_write", file=to, why=e.strerror) from e
    finally:
        half.unlink(missing_ok=True)


def restore(backup: Path, path: Path, *, progress: Progress = silent) -> None:
    """The file is what the backup was, and nothing of what it was before; cut off in between, it is what it was before.

    Raises StoreMismatch for a backup that is not ours, newer or damaged, StoreAway where the gateway or the public side runs.
    """
    with _source(backup) as source, _told():
        _check(source, backup)
        with closing(_opened(path)) as db:
            with _about(path):
                recognise(db)
            _alone(db, path)
            source.backup(db, pages=STEP_PAGES, progress=_shown(progress))
            _check(db, path)


def alone(path: Path) -> None:
    """Nobody else has the file open now. Raises StoreAway where the gateway or the public side runs."""
    with closing(_opened(path)) as db:
        with _about(path):
            recognise(db)
        with _told():
            _alone(db, path)


def _copy_out(source: sqlite3.Connection, half: Path, progress: Progress) -> None:
    """One moment of the source as a file without a log beside it; who reads it needs write nothing."""
    os.close(os.open(half, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(half, isolation_level=None)) as copy:
        copy.execute("PRAGMA journal_mode = OFF")  # half a copy is of no use to anybody
        source.execute("BEGIN")
        source.execute("SELECT count(*) FROM sqlite_master").fetchone()  # from here on the copy is of this moment
        source.backup(copy, pages=STEP_PAGES, progress=_shown(progress))
        source.execute("COMMIT")
        copy.execute("PRAGMA journal_mode = DELETE")
        _check(copy, half)


@contextmanager
def _source(path: Path) -> Iterator[sqlite3.Connection]:
    """A file of ours to read from; of an older version too, so that one can be kept before it is brought up to date."""
    with closing(_opened(path, read_only=True)) as db:
        with _about(path):
            version = known(db)
        if version == 0:
            raise StoreMismatch("nothing_of_ours", file=path)
        yield db


def _alone(db: sqlite3.Connection, path: Path) -> None:
    """Nobody else has the file open: only then does SQLite give up its write-ahead log."""
    db.execute("PRAGMA busy_timeout = 0")
    try:
        db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as e:
        raise StoreAway("in_use", file=path) from e


def _check(db: sqlite3.Connection, path: Path) -> None:
    """The file is whole, page by page."""
    with _about(path):
        found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StoreMismatch("bad_pages", file=path, why=found)


def _shown(progress: Progress) -> Callable[[int, int, int], None]:
    return lambda _status, remaining, total: progress(total - remaining, total)


@contextmanager
def _told() -> Iterator[None]:
    """What SQLite says, in the words of the port."""
    try:
        yield
    except sqlite3.Error as e:
        raise told(e) from e


def _opened(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    with _about(path):
        return connect(path, read_only=read_only)


@contextmanager
def _about(path: Path) -> Iterator[None]:
    """What does not fit is told with the name of the file: there are two."""
    try:
        with _told():
            yield
    except StoreMismatch as e:
        raise StoreMismatch("of_file", file=path, told=e) from e


def _sync(folder: Path) -> None:
    """The name is on disk too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
