"""The one durable write: what was admitted, what the ledger holds, and what was refused, in one transaction.

It is an SQLite file, the embedded store's own where there is one. A batch is in it before it is acknowledged or receipted;
numerics and store read on from it, and so does a restart.
"""

from __future__ import annotations

import contextlib
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np

from gateway.numerics.columns import Columns
from gateway.quarantine import Quarantine, Refused, Row
from gateway.store.ballast import Ballast
from gateway.store.port import StoreFull
from gateway.store.steps import connect, prepare, told

KEEP_S = 7 * 86_400
"""So long a remote store can be restored from a backup and have what it lost written again."""
BALLAST_BYTES = 8 << 20
"""Room kept back on the disk, so that what was drained can still be let go of when it is full."""
READINGS = np.dtype([("series", "<u4"), ("time_s", "<i8"), ("value", "<f8")])
"""How a batch's readings lie in the log."""

_PUT_ENTRY = (
    "INSERT INTO journal_ledger VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device, ep) DO UPDATE SET n = excluded.n, "
    "lo = excluded.lo, dropped = excluded.dropped, heard_s = excluded.heard_s, edges = excluded.edges"
)
_LEDGER = "SELECT device, ep, n, lo, dropped, heard_s, edges FROM journal_ledger"
_PUT_FACT = "INSERT INTO journal_facts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
T = TypeVar("T")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """What the ledger holds of one `ep` of a device: gateway/receipts.py says what it means."""

    device: str
    ep: int
    n: int
    lo: int
    dr: int
    heard_s: int
    edges: Sequence[int]


@dataclass(frozen=True, slots=True)
class Lost:
    """Samples that a board has forgotten under a receipt, and that this ledger does not have: first to last."""

    device: str
    ep: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Change:
    """What a batch changes beside its readings."""

    entries: Sequence[Entry] = ()
    forgotten: Sequence[tuple[str, int]] = ()
    """(device, ep) of which nothing is remembered any more."""
    refused: Sequence[Refused] = ()
    replayed: Sequence[int] = ()
    """Numbers of quarantined rows that are among the readings now."""
    again: Sequence[tuple[str, int]] = ()
    """(code, number) of quarantined rows that were tried again, and refused."""

    def __bool__(self) -> bool:
        return any((self.entries, self.forgotten, self.refused, self.replayed, self.again))


class Journal:
    """One file, used by one thread at a time. Every method may raise StoreAway, StoreFull or StoreMismatch.

    `within` a transaction of somebody else's on the same file, what is written is there once that is committed.
    """

    def __init__(self, path: Path, *, within: sqlite3.Connection | None = None) -> None:
        self._folder = path.resolve().parent
        self._ballast = Ballast(path, BALLAST_BYTES)
        self._guest = within is not None
        with contextlib.ExitStack() as opened:
            self._db = within or opened.enter_context(contextlib.closing(connect(path)))
            if within is None:
                prepare(self._db)
            self._quarantine = Quarantine(self._db)
            with self._writing():
                self.st = self._fact("st") or self._new_st()
                """The random id of this ledger."""
                self._seq = max(self._drained(), self.last())
                """Numbers only grow, over restarts and trims too: who follows the log would miss a batch with an old one."""
            opened.pop_all()  # it stays open: nothing went wrong

    def close(self) -> None:
        """Let go of the file."""
        if not self._guest:
            self._db.close()

    def commit(self, columns: Columns, change: Change, *, now_s: int) -> int | None:
        """Afterwards all of it is on disk; the number of the readings in the log, None where there were none.

        Where it raises, whether it is there is not known: the same batch may be committed again, since the ledger absorbs
        samples and the store absorbs readings.
        """
        if not len(columns) and not change:
            return None
        if self._ballast.full():
            raise StoreFull("no_room", folder=self._folder)
        with self._writing():
            seq = self._put_readings(columns, now_s) if len(columns) else None
            self._db.executemany(_PUT_ENTRY, map(_entry_row, change.entries))
            self._db.executemany("DELETE FROM journal_ledger WHERE device = ? AND ep = ?", change.forgotten)
            self._quarantine.put(change.refused)
            self._quarantine.drop(change.replayed)
            self._quarantine.told(change.again)
        self._seq = seq or self._seq
        return seq

    def read_from(self, seq: int, *, most: int = 20_000) -> list[tuple[int, Columns]]:
        """The first batches of readings after this number, in the order of their commits, until `most` readings are reached."""
        return self._read(lambda: list(self._batches(seq, most)))

    def last(self) -> int:
        """The number of the newest readings in the log, 0 where there are none."""
        return self._read(lambda: self._one("SELECT max(seq) FROM journal_log"))

    def drained(self, seq: int, *, now_s: int) -> None:
        """A remote store has everything up to this number: it is kept for a while all the same."""
        with self._writing():
            self._db.execute(_PUT_FACT, ("drained", str(seq)))
            self._db.execute("DELETE FROM journal_log WHERE seq <= ? AND at_s < ?", (seq, now_s - KEEP_S))

    def waiting_from(self) -> int:
        """The number after which the store has nothing yet, as far as it was told by `drained`."""
        return self._read(self._drained)

    def entries(self) -> list[Entry]:
        """The whole ledger."""
        return self._read(lambda: [_entry(row) for row in self._db.execute(_LEDGER)])

    def lose(self, lost: Iterable[Lost], *, now_s: int) -> None:
        """Write down what cannot be had again."""
        put = (
            "INSERT INTO journal_lost VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)"
        )
        with self._writing():
            self._db.executemany(put, [(each.device, each.ep, each.first, each.last, now_s) for each in lost])

    def lost(self) -> list[Lost]:
        """What was lost by restoring this ledger, or by taking over another one's boards."""
        rows = "SELECT device, ep, first, last FROM journal_lost"
        return self._read(lambda: [Lost(*row) for row in self._db.execute(rows)])

    def remembered(self, name: str) -> str | None:
        """What was written down under this name."""
        return self._read(lambda: self._fact(name))

    def facts(self, beginning: str) -> dict[str, str]:
        """Everything that was written down under names that begin so, in their order."""
        rows = "SELECT name, value FROM journal_facts WHERE substr(name, 1, ?) = ? ORDER BY name"
        return self._read(lambda: dict(self._db.execute(rows, (len(beginning), beginning))))

    def remember(self, name: str, value: str) -> None:
        """Write it down, in the place of what was there."""
        with self._writing():
            self._db.execute(_PUT_FACT, (name, value))

    def refused(self, *, code: str | None = None, device: str | None = None, most: int = 100) -> list[Row]:
        """What lies in quarantine, the newest first."""
        return self._read(lambda: self._quarantine.newest(code=code, device=device, most=most))

    def refused_row(self, number: int) -> Row | None:
        """One row of the quarantine, with its bytes."""
        return self._read(lambda: self._quarantine.show(number))

    def refused_samples(self) -> set[tuple[str, int, int]]:
        """Every numbered sample that lies in quarantine: device, ep, sq."""
        rows = "SELECT device, ep, sq FROM journal_quarantine WHERE ep >= 0"
        return self._read(lambda: set(self._db.execute(rows)))

    def refused_counts(self) -> tuple[dict[str, int], int]:
        """Rows in quarantine by code, and how many had to go because there were too many."""
        return self._read(lambda: (self._quarantine.counts(), self._quarantine.overflow()))

    def replay(self, *, ids: Sequence[int] = (), code: str | None = None, device: str | None = None) -> int:
        """Ask the gateway to admit these rows once more, by number, else by code and device; how many there are."""
        with self._writing():
            return self._quarantine.replay(ids=ids, code=code, device=device)

    def to_replay(self) -> list[Row]:
        """Some of the rows that were asked to be replayed."""
        return self._read(self._quarantine.asked)

    def _batches(self, seq: int, most: int) -> Iterator[tuple[int, Columns]]:
        rows, found = "SELECT seq, readings FROM journal_log WHERE seq > ? ORDER BY seq", 0
        for number, blob in self._db.execute(rows, (seq,)):
            yield number, _columns(blob)
            found += len(blob) // READINGS.itemsize
            if found >= most:
                return

    def _put_readings(self, columns: Columns, now_s: int) -> int:
        seq = 1 + max(self._seq, self._one("SELECT max(seq) FROM journal_log"))
        rows = np.empty(len(columns), READINGS)
        rows["series"], rows["time_s"], rows["value"] = columns.series, columns.time_s, columns.value
        self._db.execute("INSERT INTO journal_log VALUES (?, ?, ?)", (seq, now_s, rows.tobytes()))
        return seq

    def _new_st(self) -> str:
        st = secrets.token_hex(4)
        self._db.execute(_PUT_FACT, ("st", st))
        return st

    def _drained(self) -> int:
        return int(self._fact("drained") or 0)

    def _fact(self, name: str) -> str | None:
        row = self._db.execute("SELECT value FROM journal_facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def _one(self, query: str) -> int:
        return int(self._db.execute(query).fetchone()[0] or 0)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: afterwards all of it is on disk, or nothing has changed."""
        try:
            if not self._guest:
                self._db.execute("BEGIN IMMEDIATE")
            yield
            if not self._guest:
                self._db.execute("COMMIT")
        except sqlite3.Error as e:
            raise told(e) from e
        finally:
            if self._db.in_transaction and not self._guest:
                with contextlib.suppress(sqlite3.Error):
                    self._db.execute("ROLLBACK")

    def _read(self, what: Callable[[], T]) -> T:
        try:
            return what()
        except sqlite3.Error as e:
            raise told(e) from e


def entries_of(path: Path) -> list[Entry]:
    """The whole ledger of a file, which is only read; nothing where no journal was ever kept. Raises StoreAway, StoreMismatch."""
    with contextlib.closing(connect(path, read_only=True)) as db:
        try:
            kept = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'journal_ledger'").fetchone()
            return [_entry(row) for row in db.execute(_LEDGER)] if kept else []
        except sqlite3.Error as e:
            raise told(e) from e


def _entry(row: tuple[str, int, int, int, int, int, str]) -> Entry:
    *_, edges = row
    return Entry(*row[:6], msgspec.json.decode(edges, type=list[int]))


def _entry_row(entry: Entry) -> tuple[str, int, int, int, int, int, str]:
    edges = msgspec.json.encode(entry.edges).decode()
    return entry.device, entry.ep, entry.n, entry.lo, entry.dr, entry.heard_s, edges


def _columns(blob: bytes) -> Columns:
    rows = np.frombuffer(blob, READINGS)
    return Columns(rows["series"].astype(np.int64), rows["time_s"].astype(np.int64), rows["value"].astype(np.float64))
