"""What could not be admitted, with its bytes: bounded, counted, and replayable once the reason is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_OF_DEVICE = 500
"""Rows kept of one device, the newest; all that nobody has registered count as one."""
MOST = 20_000
"""Rows kept in all, the newest."""
REPLAYED_AT_ONCE = 100

_PUT = (
    "INSERT INTO journal_quarantine (code, device, ep, sq, time_s, topic, payload) "
    "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE ?3 >= 0 OR NOT EXISTS "
    "(SELECT 1 FROM journal_quarantine WHERE device = ?2 AND ep < 0 AND code = ?1 AND payload = ?7) "
    "ON CONFLICT DO NOTHING"
)
_COLUMNS = "id, code, device, ep, sq, time_s, topic, payload, again"
_CHOSEN = (
    "(?1 IS NULL OR code = ?1) AND "
    # what came before somebody registered its device lies under nobody's name: its topic says whose it is
    "(?2 IS NULL OR device = ?2 OR (device = '' AND topic LIKE 'gir/1/__/' || ?2 || '/%'))"
)
_OVER_DEVICE = (
    "DELETE FROM journal_quarantine WHERE id <= "
    "(SELECT id FROM journal_quarantine WHERE device = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2) AND device = ?1"
)
_OVER_ALL = (
    "DELETE FROM journal_quarantine WHERE id <= (SELECT id FROM journal_quarantine ORDER BY id DESC LIMIT 1 OFFSET ?1)"
)
_COUNT_OVER = (
    "INSERT INTO journal_overflow VALUES (?1, ?2) ON CONFLICT (device) DO UPDATE SET count = count + excluded.count"
)
ANYBODY = ""
"""The device of what nobody has registered, and of what overflowed over all devices."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A message or a sample on its way into quarantine; `device` is empty where nobody registered it."""

    code: str
    device: str
    ep: int
    sq: int
    time_s: int
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Row:
    """What lies in quarantine."""

    id: int
    code: str
    device: str
    ep: int
    sq: int
    time_s: int
    topic: str
    payload: bytes
    again: int
    """1 where it was asked to be replayed, and the gateway has not done so yet."""


class Quarantine:
    """The rows of one file. `put`, `drop` and `told` belong inside a transaction of the journal's."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def put(self, refused: Sequence[Refused]) -> None:
        """Keep these; what lies there already adds nothing. Where there are too many, the oldest go and are counted."""
        if not refused:
            return
        rows = [(r.code, r.device, r.ep, r.sq, r.time_s, r.topic, r.payload) for r in refused]
        self._db.executemany(_PUT, rows)
        for device in {r.device for r in refused}:
            self._count_over(device, self._db.execute(_OVER_DEVICE, (device, MOST_OF_DEVICE)).rowcount)
        self._count_over(ANYBODY, self._db.execute(_OVER_ALL, (MOST,)).rowcount)

    def drop(self, ids: Iterable[int]) -> None:
        """These have been admitted after all."""
        self._db.executemany("DELETE FROM journal_quarantine WHERE id = ?", [(number,) for number in ids])

    def told(self, codes: Iterable[tuple[str, int]]) -> None:
        """These were replayed and refused again, with a code each."""
        self._db.executemany("UPDATE journal_quarantine SET code = ?, again = 0 WHERE id = ?", codes)

    def asked(self) -> list[Row]:
        """Some of those that were asked to be replayed, oldest first."""
        return self._rows("again ORDER BY id LIMIT ?", REPLAYED_AT_ONCE)

    def newest(self, *, code: str | None = None, device: str | None = None, most: int = 100) -> list[Row]:
        """The newest rows, of one code or of one device where that is asked for."""
        return self._rows(f"{_CHOSEN} ORDER BY id DESC LIMIT ?3", code, device, most)

    def show(self, number: int) -> Row | None:
        """One row."""
        return next(iter(self._rows("id = ?", number)), None)

    def replay(self, *, ids: Sequence[int] = (), code: str | None = None, device: str | None = None) -> int:
        """How many rows the gateway will try once more, within a minute or when it runs: by number, else by code and device."""
        if ids:
            mark = "UPDATE journal_quarantine SET again = 1 WHERE id = ?"
            return sum(self._db.execute(mark, (number,)).rowcount for number in ids)
        mark = f"UPDATE journal_quarantine SET again = 1 WHERE {_CHOSEN}"  # noqa: S608 - a constant
        return self._db.execute(mark, (code, device)).rowcount

    def counts(self) -> dict[str, int]:
        """Rows by code."""
        return dict(self._db.execute("SELECT code, count(*) FROM journal_quarantine GROUP BY code"))

    def overflow(self) -> int:
        """Rows that had to go because there were too many."""
        return int(self._db.execute("SELECT coalesce(sum(count), 0) FROM journal_overflow").fetchone()[0])

    def _rows(self, where: str, *values: object) -> list[Row]:
        found = self._db.execute(f"SELECT {_COLUMNS} FROM journal_quarantine WHERE {where}", values)  # noqa: S608 - constants
        return [Row(*row) for row in found]

    def _count_over(self, device: str, count: int) -> None:
        if count:
            self._db.execute(_COUNT_OVER, (device, count))
