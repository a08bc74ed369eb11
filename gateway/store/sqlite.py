"""The embedded store: readings, windows, states and points in one SQLite file, shared with the journal and the registry."""

# ruff: noqa: S608 - names in statements are our own, values are always parameters

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import READING
from gateway.numerics.watch.events import EVENT
from gateway.store.ballast import Ballast
from gateway.store.port import Batch, Point, StoreAway, StoreError, StoreFull, StoreMismatch, Tier
from gateway.store.steps import check, connect, prepare, told
from gateway.store.tiers import tables

BALLAST_BYTES = 8 << 20
RETURN_PAGES = 250
"""So many pages go back to a full disk in one transaction: few, since the write-ahead log needs room for them meanwhile."""
NAMES = READING.names or ()
PUT_LATEST = (
    f"INSERT INTO store_latest VALUES ({', '.join('?' * len(NAMES))}) ON CONFLICT (series) DO UPDATE SET "
    f"{', '.join(f'{name} = excluded.{name}' for name in NAMES if name != 'series')} "
    "WHERE excluded.time_s >= store_latest.time_s"
)
LATEST = "SELECT * FROM store_latest WHERE series IN (SELECT value FROM json_each(?))"
PUT_STATE = "INSERT INTO store_states VALUES (?, ?) ON CONFLICT (series) DO UPDATE SET blob = excluded.blob"
PUT_POINT = "INSERT INTO store_points VALUES (?, ?, ?, ?) ON CONFLICT (measurement, time_s, tags) DO UPDATE SET fields = excluded.fields"
PUT_EVENT = f"INSERT OR REPLACE INTO store_events VALUES ({', '.join('?' * len(EVENT.names or ()))})"
EVENTS = "SELECT * FROM store_events WHERE series = ? AND start_s >= ? AND start_s < ? ORDER BY start_s, kind"
BETWEEN = (
    f"SELECT r.* FROM store_latest AS l JOIN store_raw AS r ON r.series = l.series AND r.time_s >= ?1 AND r.time_s < ?2 "
    f"UNION ALL SELECT {', '.join(NAMES)} FROM store_raw_fresh WHERE time_s >= ?1 AND time_s < ?2"
)
POINTS = (
    "SELECT measurement, time_s, tags, fields FROM store_points WHERE measurement = ? AND time_s >= ? AND time_s < ? "
    "ORDER BY time_s, tags"
)


class SqliteStore:
    """The file as a store. One thread writes at a time; reads have connections of their own and never wait for a writer.

    `within` a transaction of somebody else's on the same file, what is written is there once that is committed.
    """

    shares_journal = True

    def __init__(
        self, path: Path, *, read_only: bool = False, ballast_bytes: int = BALLAST_BYTES,
        within: sqlite3.Connection | None = None,
    ) -> None:  # fmt: skip
        """Open the file, and make it or bring it up to date unless it is only read."""
        self._guest = within is not None
        self._path = path
        self._read_only = read_only
        self._tables = tables()
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._ballast = Ballast(path, ballast_bytes)
        self._fault: StoreError | None = None
        if within is not None:
            self._db = within
            return
        if path.exists() and not read_only:
            self._ballast.full()  # opening needs some room too
        self._db = connect(path, read_only=read_only)
        try:
            (check if read_only else prepare)(self._db)
        except (StoreMismatch, StoreAway, StoreFull):
            self._db.close()
            raise
        if not read_only:
            self._ballast.hold()

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            for db in (*self._idle, *(() if self._guest else (self._db,))):
                db.close()
            self._idle.clear()

    def write(self, batch: Batch) -> None:
        """The batch is on disk afterwards, whole; latest follows, and the journal is trimmed in the same transaction.

        Raises StoreFull while the disk is full, before the last room is touched: that is for who deletes.
        """
        if self._ballast.full():
            raise self._no_room()
        rows = {"raw": batch.readings, "m1": batch.m1, "h1": batch.h1, "d1": batch.d1}
        with self._writing() as db:
            for tier, table in self._tables.items():
                table.put(db, rows[tier])
            db.executemany(PUT_LATEST, newest(batch.readings).tolist())
            db.executemany(PUT_STATE, batch.states.items())
            db.executemany(PUT_POINT, [_point_row(point) for point in batch.points])
            db.executemany(PUT_EVENT, batch.events.tolist())
            if batch.watch is not None:
                db.execute("DELETE FROM store_watch")
                db.executemany("INSERT INTO store_watch VALUES (?, ?)", batch.watch.items())
            if batch.journal_seq is not None:
                db.execute("DELETE FROM journal_log WHERE seq <= ?", (batch.journal_seq,))
            if any(table.ripe for table in self._tables.values()):
                series = _series(db)
                for table in self._tables.values():
                    table.settle(db, series=series)

    def read(self, series: int, start_s: int, end_s: int, *, tier: Tier = "raw") -> NDArray[np.void]:
        """Rows of one series in [start_s, end_s), oldest first."""
        with self._reading() as db:
            return self._tables[tier].read(db, series, start_s, end_s)

    def blocks(
        self, series: int, start_s: int, end_s: int, *, tier: Tier = "raw", rows: int = 10_000
    ) -> Iterator[NDArray[np.void]]:
        """The same in blocks; nothing is held between two blocks, so a slow reader keeps no log from being checkpointed."""
        table = self._tables[tier]
        while True:
            with self._reading() as db:
                block = table.read(db, series, start_s, end_s, rows=rows)
            if len(block):
                yield block
            if len(block) < rows:
                return
            start_s = int(block[table.at][-1]) + 1

    def tail(self, series: int, end_s: int, count: int) -> NDArray[np.void]:
        """The last `count` readings before end_s, oldest first."""
        with self._reading() as db:
            return self._tables["raw"].tail(db, series, end_s, max(count, 0))

    def latest(self, series: Sequence[int]) -> NDArray[np.void]:
        """The newest reading of each of these series that has one."""
        with self._reading() as db:
            return np.array(db.execute(LATEST, (json.dumps([int(s) for s in series]),)).fetchall(), READING)

    def count(self, series: int, start_s: int, end_s: int) -> int:
        """How many raw readings there are in [start_s, end_s)."""
        with self._reading() as db:
            return self._tables["raw"].count(db, series, start_s, end_s)

    def points(self, measurement: str, start_s: int, end_s: int) -> Sequence[Point]:
        """Points of one measurement in [start_s, end_s), oldest first."""
        with self._reading() as db:
            found = db.execute(POINTS, (measurement, start_s, end_s)).fetchall()
        return [Point(name, time_s, json.loads(tags), json.loads(fields)) for name, time_s, tags, fields in found]

    def events(self, series: int, start_s: int, end_s: int) -> NDArray[np.void]:
        """Events of one series that begin in [start_s, end_s), oldest first."""
        with self._reading() as db:
            return np.array(db.execute(EVENTS, (series, start_s, end_s)).fetchall(), EVENT)

    def watch(self) -> Mapping[str, bytes]:
        """The blobs of the watch by name."""
        with self._reading() as db:
            return dict(db.execute("SELECT name, blob FROM store_watch"))

    def between(self, start_s: int, end_s: int) -> NDArray[np.void]:
        """Readings of all series in [start_s, end_s): what is fresh by time, what has settled by series."""
        with self._reading() as db:
            return np.array(db.execute(BETWEEN, (start_s, end_s)).fetchall(), READING)

    def states(self) -> Mapping[int, bytes]:
        """The state blob of every series that has one."""
        with self._reading() as db:
            return dict(db.execute("SELECT series, blob FROM store_states"))

    def delete(self, series: int, start_s: int, end_s: int) -> None:
        """No reading, window or event of the series is left in [start_s, end_s); latest is the newest of what is left."""
        with self._writing() as db:
            for table in self._tables.values():
                table.delete(db, series, start_s, end_s)
            gone = "DELETE FROM store_events WHERE series = ? AND start_s >= ? AND start_s < ?"
            db.execute(gone, (series, start_s, end_s))
            inside = "DELETE FROM store_latest WHERE series = ? AND time_s >= ? AND time_s < ?"
            if db.execute(inside, (series, start_s, end_s)).rowcount:
                db.executemany(PUT_LATEST, self._tables["raw"].tail(db, series, start_s, 1).tolist())

    def trim(self, tier: Tier, before_s: int) -> None:
        """The tier holds nothing older than before_s; points go with raw readings. Latest and states stay.

        The room is used again; where the disk is full, it goes back to the disk.
        """
        reached, more = 0, True
        while more:
            with self._writing() as db:
                reached, more = self._tables[tier].trim_some(db, before_s, after=reached)
        if tier == "raw":
            with self._writing() as db:
                db.execute("DELETE FROM store_points WHERE time_s < ?", (before_s,))
        if tier == "h1":
            with self._writing() as db:
                db.execute("DELETE FROM store_events WHERE start_s < ?", (before_s,))
        if self._ballast.full():
            self._give_back()

    def ready(self) -> StoreError | None:
        """None when it can be written to, else why not; a ballast is released when the disk is full, and held again after."""
        if self._read_only:
            return StoreAway("only_read")
        if self._ballast.full():
            return self._no_room()
        if self._fault is not None:
            with contextlib.suppress(StoreAway, StoreFull), self._writing():
                pass
        return self._fault

    def _no_room(self) -> StoreFull:
        return StoreFull("no_room", folder=self._path.resolve().parent)

    def _give_back(self) -> None:
        """Cut pages that are no longer used off the file."""
        unused, before = self._unused(), None
        while unused and unused != before:
            with self._writing() as db:
                db.execute(f"PRAGMA incremental_vacuum({RETURN_PAGES})").fetchall()
            with self._lock:
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            unused, before = self._unused(), unused

    def _unused(self) -> int:
        with self._reading() as db:
            return int(db.execute("PRAGMA freelist_count").fetchone()[0])

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, alone in this process; afterwards all of it is on disk or nothing has changed."""
        if self._guest:
            yield self._db
            return
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as e:
                fault = told(e)
                self._fault = fault
                if isinstance(fault, StoreFull):
                    self._ballast.release()
                raise fault from e
            else:
                self._fault = None
            finally:
                self._abandon()

    def _abandon(self) -> None:
        """Roll back what was not committed, and count fresh rows anew."""
        if self._db.in_transaction:
            with contextlib.suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            self._tables = tables()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """A connection that nobody else uses meanwhile."""
        if self._guest:
            yield self._db
            return
        try:
            db = self._idle.pop()
        except IndexError:
            db = connect(self._path, read_only=True)
        try:
            yield db
        except sqlite3.Error as e:
            raise told(e) from e
        finally:
            self._idle.append(db)


def newest(readings: NDArray[np.void]) -> NDArray[np.void]:
    """The newest reading of each series; of two at one time, the one that came last."""
    order = np.lexsort((readings["time_s"], readings["series"]))
    ordered = readings[order]
    last = np.ones(len(ordered), np.bool_)
    last[:-1] = ordered["series"][1:] != ordered["series"][:-1]
    return ordered[last]


def _series(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT count(*) FROM store_latest").fetchone()[0])


def _point_row(point: Point) -> tuple[str, int, str, str]:
    return (
        point.measurement,
        point.time_s,
        json.dumps(dict(point.tags), sort_keys=True, ensure_ascii=False),
        json.dumps(dict(point.fields)),
    )
