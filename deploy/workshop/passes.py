"""Who was let into the atelier: one-time links and the cookies that they are exchanged for, in a small file of its own.

Only hashes are kept. The file is read by its owner alone, and outlives a restart of the server: a room of people goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from api.atelier.port import Guest, WorkshopError

SECRET_BYTES = 24
"""192 random bits: nobody guesses a link, so that nobody needs to count their tries."""
OPENS_S = 15 * 60.0
"""How long a link waits to be opened."""
KEPT_S = 7 * 86_400.0
"""How long a link that is over is remembered, so that whoever opens it late is told why."""
WAIT_S = 5.0
LINKS = """CREATE TABLE IF NOT EXISTS link(
  hash BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, opens_until_s REAL NOT NULL, until_s REAL NOT NULL,
  boards_left INTEGER NOT NULL, cookie BLOB UNIQUE)"""
MADE = "CREATE TABLE IF NOT EXISTS made(device TEXT PRIMARY KEY, by TEXT NOT NULL)"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a link allows."""

    for_s: float = 2 * 3600.0
    """How long the atelier stays open for who entered by it."""
    boards: int = 20


class Passes:
    """The links of one atelier, in this file; any process and thread may use it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add_link(self, terms: Terms, now_s: float) -> str:
        """A new link; it is told this once."""
        link = secrets.token_urlsafe(SECRET_BYTES)
        with self._writing() as db:
            db.execute("DELETE FROM link WHERE until_s < ?", (now_s - KEPT_S,))
            row = (hashed(link), secrets.token_hex(4), now_s + OPENS_S, now_s + terms.for_s, terms.boards)
            db.execute("INSERT INTO link VALUES (?, ?, ?, ?, ?, NULL)", row)
        return link

    def enter(self, link: str, now_s: float) -> tuple[str, Guest]:
        """The cookie that this link is exchanged for, once. Raises WorkshopError where it is unknown, used or too old."""
        if self._row("SELECT 1 FROM link WHERE hash = ?", hashed(link)) is None:
            raise WorkshopError("link_unknown")
        cookie = secrets.token_urlsafe(SECRET_BYTES)
        with self._writing() as db:
            row = db.execute(
                "SELECT name, opens_until_s, until_s, boards_left, cookie FROM link WHERE hash = ?", (hashed(link),)
            ).fetchone()
            if row is None:
                raise WorkshopError("link_unknown")
            name, opens_until_s, until_s, boards_left, used = row
            if used is not None:
                raise WorkshopError("link_used")
            if now_s >= min(opens_until_s, until_s):
                raise WorkshopError("link_old")
            db.execute("UPDATE link SET cookie = ? WHERE name = ?", (hashed(cookie), name))
        return cookie, Guest(name, int(until_s), boards_left)

    def known(self, cookie: str, now_s: float) -> Guest | None:
        """Who bears this cookie; None where nobody does, or does no more."""
        row = self._row(
            "SELECT name, until_s, boards_left FROM link WHERE cookie = ? AND until_s > ?", hashed(cookie), now_s
        )
        return None if row is None else Guest(row[0], int(row[1]), row[2])

    def spend(self, guest: Guest) -> None:
        """One board more is made by this guest's link. Raises WorkshopError where it may make no more."""
        with self._writing() as db:
            change = "UPDATE link SET boards_left = boards_left - 1 WHERE name = ? AND boards_left > 0"
            if db.execute(change, (guest.name,)).rowcount == 0:
                raise WorkshopError("boards_spent")

    def give_back(self, guest: Guest) -> None:
        """The board that was spent last was not made after all."""
        with self._writing() as db:
            db.execute("UPDATE link SET boards_left = boards_left + 1 WHERE name = ?", (guest.name,))

    def note(self, device: str, by: str) -> None:
        """This device was made by them."""
        with self._writing() as db:
            db.execute("INSERT OR REPLACE INTO made VALUES (?, ?)", (device, by))

    def owner(self, device: str) -> str | None:
        """Who made this device; None where nobody did here."""
        row = self._row("SELECT by FROM made WHERE device = ?", device)
        return None if row is None else str(row[0])

    def _row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        """The first row that the file has to say; None where it has none, or is not there yet: nobody who asks makes it."""
        if not self._path.exists():
            return None
        with contextlib.closing(sqlite3.connect(self._path, timeout=WAIT_S, isolation_level=None)) as db:
            if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'made'").fetchone() is None:
                return None
            found: tuple[Any, ...] | None = db.execute(query, values).fetchone()
        return found

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it happens, or nothing."""
        self._path.touch(mode=0o600, exist_ok=True)
        with contextlib.closing(sqlite3.connect(self._path, timeout=WAIT_S, isolation_level=None)) as db, db:
            db.execute("BEGIN IMMEDIATE")
            for table in (LINKS, MADE):
                db.execute(table)
            yield db


def hashed(secret: str) -> bytes:
    """What is kept of a secret of 192 random bits: nothing slower is needed."""
    return hashlib.sha256(secret.encode()).digest()
