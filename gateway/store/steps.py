"""The one embedded file: how it is opened, and the numbered steps that bring its tables up to date.

Series (`store_*`) and journal (`journal_*`) are made here; the registry's tables in the same file are alembic's
(gateway/migrations).
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from gateway.store.port import StoreAway, StoreError, StoreFull, StoreMismatch

WAIT_S = 20.0
"""How long a writer waits for another one before it gives up."""
APPLICATION_ID = 0x47697231
"""`Gir1`: what `file` and we know an embedded file by."""
OURS = ("store_", "journal_", "registry_", "sqlite_")
"""How names begin that may be in an embedded file."""

_POINT = (
    "measurement TEXT NOT NULL, time_s INTEGER NOT NULL, tags TEXT NOT NULL, fields TEXT NOT NULL, "
    "PRIMARY KEY (measurement, time_s, tags)"
)
_READING = (
    "series INTEGER NOT NULL, time_s INTEGER NOT NULL, value REAL, flag INTEGER NOT NULL, tests INTEGER NOT NULL, "
    "score REAL"
)
_WINDOW = (
    "series INTEGER NOT NULL, start_s INTEGER NOT NULL, count INTEGER NOT NULL, seen INTEGER NOT NULL, "
    "min REAL, max REAL, sum REAL, sum2 REAL, first REAL, first_s INTEGER NOT NULL, last REAL, last_s INTEGER NOT NULL, "
    "expected REAL, value REAL, completeness REAL, flag INTEGER NOT NULL"
)
"""Real columns are NULL where a number is NaN: SQLite knows no other way."""


def _tier(name: str, columns: str, at: str) -> tuple[str, str]:
    """Two tables a tier, see gateway/store/tiers.py: settled rows by series, fresh ones by time."""
    return (
        f"CREATE TABLE store_{name} ({columns}, PRIMARY KEY (series, {at})) WITHOUT ROWID",
        f"CREATE TABLE store_{name}_fresh ({columns}, PRIMARY KEY ({at}, series)) WITHOUT ROWID",
    )


_STORE_1 = (
    *_tier("raw", _READING, "time_s"),
    *_tier("m1", _WINDOW, "start_s"),
    *_tier("h1", _WINDOW, "start_s"),
    "CREATE TABLE store_settled (tier TEXT PRIMARY KEY, before_s INTEGER NOT NULL) WITHOUT ROWID",
    f"CREATE TABLE store_latest ({_READING}, PRIMARY KEY (series)) WITHOUT ROWID",
    "CREATE TABLE store_states (series INTEGER PRIMARY KEY, blob BLOB NOT NULL)",
    f"CREATE TABLE store_points ({_POINT}) WITHOUT ROWID",
)

_JOURNAL_1 = (
    # gateway/journal.py's tables; a store that shares the file trims `journal_log` by `seq`
    "CREATE TABLE journal_log (seq INTEGER PRIMARY KEY, at_s INTEGER NOT NULL, readings BLOB NOT NULL)",
    (
        "CREATE TABLE journal_ledger (device TEXT NOT NULL, ep INTEGER NOT NULL, n INTEGER NOT NULL, lo INTEGER NOT NULL, "
        "dropped INTEGER NOT NULL, heard_s INTEGER NOT NULL, edges TEXT NOT NULL, PRIMARY KEY (device, ep)) WITHOUT ROWID"
    ),
    "CREATE TABLE journal_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    (
        "CREATE TABLE journal_lost (device TEXT NOT NULL, ep INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, "
        "at_s INTEGER NOT NULL, PRIMARY KEY (device, ep, first)) WITHOUT ROWID"
    ),
    # gateway/quarantine.py's
    (
        "CREATE TABLE journal_quarantine (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL, device TEXT NOT NULL, "
        "ep INTEGER NOT NULL, sq INTEGER NOT NULL, time_s INTEGER NOT NULL, topic TEXT NOT NULL, payload BLOB NOT NULL, "
        "again INTEGER NOT NULL DEFAULT 0)"
    ),
    "CREATE UNIQUE INDEX journal_quarantine_sample ON journal_quarantine (device, ep, sq) WHERE ep >= 0",
    "CREATE INDEX journal_quarantine_device ON journal_quarantine (device, id)",
    "CREATE INDEX journal_quarantine_again ON journal_quarantine (id) WHERE again",
    "CREATE TABLE journal_overflow (device TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID",
)

_STORE_2 = (
    (
        "CREATE TABLE store_events (series INTEGER NOT NULL, start_s INTEGER NOT NULL, told_s INTEGER NOT NULL, "
        "end_s INTEGER NOT NULL, kind INTEGER NOT NULL, size REAL, against REAL, compared INTEGER NOT NULL, "
        "agreeing INTEGER NOT NULL, PRIMARY KEY (series, start_s, kind)) WITHOUT ROWID"
    ),
    "CREATE TABLE store_watch (name TEXT PRIMARY KEY, blob BLOB NOT NULL)",
)

_STORE_3 = _tier("d1", _WINDOW, "start_s")

STEPS: Sequence[Sequence[str]] = ((*_STORE_1, *_JOURNAL_1), _STORE_2, _STORE_3)
"""STEPS[n] brings a file of version n to n + 1. A step that was published is never changed: add one."""
VERSION = len(STEPS)


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection to the file, durable at each commit (WAL, synchronous=FULL), transactions by hand; any one thread at a time.

    The file holds keys of boards and private links: its owner alone reads what we make or write to.
    Raises StoreAway where there is no such file to read, or it cannot be opened.
    """
    uri = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    try:
        db = _open(uri) if read_only or path.exists() else _make(uri)
    except (sqlite3.OperationalError, OSError) as e:
        raise StoreAway("cannot_open", file=path, why=e) from e
    if not read_only and os.name == "posix":
        _close_to_others(path)
    try:
        if not read_only:
            db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heeded by a new file only: room can go back to a full disk
            _write_ahead(db)
        db.execute("PRAGMA synchronous = FULL")  # NORMAL lost acknowledged rows in 25 of 40 power cuts
        db.execute(f"PRAGMA journal_size_limit = {64 << 20}")
    except sqlite3.Error as e:
        db.close()
        raise told(e) from e
    return db


def _open(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=WAIT_S, isolation_level=None, check_same_thread=False)


def _make(uri: str) -> sqlite3.Connection:
    """Open a file that is not there yet; SQLite gives it the mode of one that only its owner reads.

    We do not make it ourselves: to close a file takes from the whole process the locks that SQLite holds on it by then in another
    thread (https://www.sqlite.org/howtocorrupt.html, 2.2).
    """
    with tempfile.NamedTemporaryFile() as private:
        return _open(f"{uri}&modeof={quote(private.name)}")


def _close_to_others(path: Path) -> None:
    """Take from others what they may do with a file of ours, and with what SQLite keeps beside it."""
    for file in (path, *(path.with_name(path.name + beside) for beside in ("-wal", "-shm"))):
        with contextlib.suppress(OSError):  # another's file, or a file system without modes: it is used as it is
            found = file.stat()
            if found.st_uid == os.geteuid() and found.st_mode & 0o077:
                file.chmod(stat.S_IMODE(found.st_mode) & 0o700)


def _write_ahead(db: sqlite3.Connection) -> None:
    """Choose WAL; SQLite does not wait by itself while another connection does the same."""
    until = time.monotonic() + WAIT_S
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as e:
            if e.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def prepare(db: sqlite3.Connection) -> None:
    """Bring the file up to date under one lock; another program's file or a newer one is refused with StoreMismatch."""
    try:
        if _version(db) == VERSION:
            return
        db.execute("BEGIN IMMEDIATE")
        try:
            _climb(db)
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
    except sqlite3.Error as e:
        raise told(e) from e


def check(db: sqlite3.Connection) -> None:
    """Refuse a file that is not of our version, without changing it."""
    if (found := known(db)) < VERSION:
        raise StoreMismatch("older", found=found, version=VERSION)


def known(db: sqlite3.Connection) -> int:
    """The file's version, 0 where nothing is in it; another program's file or a newer one is refused with StoreMismatch."""
    try:
        return _version(db)
    except sqlite3.Error as e:
        raise told(e) from e


def recognise(db: sqlite3.Connection) -> None:
    """Refuse another program's file with StoreMismatch; one that holds nothing is anybody's."""
    (mark,), (version,) = (db.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version"))
    if mark == APPLICATION_ID:
        return
    others = [
        name
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith(OURS)
    ]
    if mark or version or others:
        raise StoreMismatch("others", found=", ".join(others[:3]) or f"version {version}")


def told(error: sqlite3.Error) -> StoreError:
    """What SQLite says, in the words of the port and with what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StoreFull("disk_full")
    if code in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
        return StoreMismatch("damaged", why=error)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return StoreAway("held", seconds=WAIT_S)
    if code == sqlite3.SQLITE_READONLY:
        return StoreAway("not_writable")
    return StoreAway("no_answer", why=error)


def _version(db: sqlite3.Connection) -> int:
    recognise(db)
    found = int(db.execute("PRAGMA user_version").fetchone()[0])
    if found > VERSION:
        raise StoreMismatch("newer", found=found, version=VERSION)
    return found


def _climb(db: sqlite3.Connection) -> None:
    """Take the steps that are missing; the version is read again under the lock."""
    for step in STEPS[_version(db) :]:
        for statement in step:
            db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {VERSION}")
