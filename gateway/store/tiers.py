"""One tier in the embedded file: fresh rows by time, so that a commit touches few pages; settled ones by series.

Every commit of a write-ahead log writes whole pages. Rows of forty series by (series, time) are forty pages; by
(time, series) they are one or two. So rows newer than the tier's mark go to its fresh table, and when enough have gathered,
all but the newest are settled: moved by series in one go, and the mark with them. A row is in exactly one of the two.
"""

# ruff: noqa: S608 - names in statements are our own, values are always parameters

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import READING, WINDOW
from gateway.store.port import Tier

SETTLE_ROWS = 10_000
"""So many fresh rows are let gather (more where there are more series): a read passes over all of them, 0.5 ms."""
STAY_SHARE = 4
"""A quarter of them, the newest, stays."""
TRIM_ROWS = 10_000
"""So many rows are deleted in one transaction, so that the journal need not wait."""


@dataclass(slots=True)
class Table:
    """The two tables of a tier and what is asked of them."""

    tier: Tier
    dtype: np.dtype[np.void]
    at: str
    fresh_rows: int = SETTLE_ROWS
    """At most so many are fresh (counted when it matters)."""
    _sql: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = self.dtype.names or ()
        columns, at, settled, fresh = ", ".join(names), self.at, f"store_{self.tier}", f"store_{self.tier}_fresh"
        inside = f"WHERE series = ?1 AND {at} >= ?2 AND {at} < ?3"
        both = f"SELECT {columns} FROM {{}} {inside}".format
        again = ", ".join(f"{name} = excluded.{name}" for name in names if name not in {"series", at})
        put = (
            f"INTO {{}} VALUES ({', '.join('?' * len(names))}) ON CONFLICT (series, {at}) DO UPDATE SET {again}".format
        )
        self._sql = {
            "read": f"{both(settled)} UNION ALL {both(fresh)} ORDER BY {at} LIMIT ?4",
            "tail": f"{both(settled)} UNION ALL {both(fresh)} ORDER BY {at} DESC LIMIT ?4",
            "count": f"SELECT (SELECT count(*) FROM {settled} {inside}) + (SELECT count(*) FROM {fresh} {inside})",
            "put": f"INSERT {put(settled)}",
            "put fresh": f"INSERT {put(fresh)}",
            "mark": f"SELECT before_s FROM store_settled WHERE tier = '{self.tier}'",
            "set mark": f"INSERT INTO store_settled VALUES ('{self.tier}', ?1) ON CONFLICT (tier) DO UPDATE SET before_s = ?1",
            "how many": f"SELECT count(*) FROM {fresh}",
            "nth": f"SELECT {at} FROM {fresh} ORDER BY {at} LIMIT 1 OFFSET ?1",
            "settle": f"INSERT INTO {settled} SELECT {columns} FROM {fresh} WHERE {at} < ?1 ORDER BY series, {at}",
            "settled": f"DELETE FROM {fresh} WHERE {at} < ?1",
            "delete": f"DELETE FROM {settled} {inside}",
            "delete fresh": f"DELETE FROM {fresh} {inside}",
            "next series": f"SELECT min(series) FROM {settled} WHERE series > ?1",
            "nth of": f"SELECT {at} FROM {settled} WHERE series = ?1 AND {at} < ?2 ORDER BY {at} LIMIT 1 OFFSET ?3",
        }  # fmt: skip

    def read(
        self, db: sqlite3.Connection, series: int, start_s: int, end_s: int, *, rows: int = -1
    ) -> NDArray[np.void]:
        """The first `rows` rows of a series in [start_s, end_s), oldest first."""
        return np.array(db.execute(self._sql["read"], (series, start_s, end_s, rows)).fetchall(), self.dtype)

    def tail(self, db: sqlite3.Connection, series: int, end_s: int, rows: int) -> NDArray[np.void]:
        """The last `rows` rows of a series before end_s, oldest first."""
        found = db.execute(self._sql["tail"], (series, -(1 << 62), end_s, rows)).fetchall()
        return np.array(found[::-1], self.dtype)

    def count(self, db: sqlite3.Connection, series: int, start_s: int, end_s: int) -> int:
        """How many rows of a series are in [start_s, end_s)."""
        return int(db.execute(self._sql["count"], (series, start_s, end_s)).fetchone()[0])

    def put(self, db: sqlite3.Connection, rows: NDArray[np.void]) -> None:
        """Each row replaces what stands at its series and time."""
        if not len(rows):
            return
        fresh = rows[self.at] >= self._mark(db)
        for name, part in (("put", rows[~fresh]), ("put fresh", rows[fresh])):
            db.executemany(self._sql[name], part.tolist())
        self.fresh_rows += int(fresh.sum())

    @property
    def ripe(self) -> bool:
        """Have enough fresh rows gathered to look whether they should settle?"""
        return self.fresh_rows >= SETTLE_ROWS

    def settle(self, db: sqlite3.Connection, *, series: int) -> None:
        """Move all but the newest fresh rows to where they stay, if enough have gathered for so many series."""
        enough = max(SETTLE_ROWS, STAY_SHARE * series)
        if self.fresh_rows < enough:
            return
        self.fresh_rows = self._one(db, "how many") or 0
        if self.fresh_rows < enough:
            return
        before_s = self._one(db, "nth", self.fresh_rows - self.fresh_rows // STAY_SHARE) or 0
        db.execute(self._sql["settle"], (before_s,))
        db.execute(self._sql["settled"], (before_s,))
        db.execute(self._sql["set mark"], (before_s,))
        self.fresh_rows = self.fresh_rows // STAY_SHARE

    def delete(self, db: sqlite3.Connection, series: int, start_s: int, end_s: int) -> None:
        """No row of the series is left in [start_s, end_s)."""
        db.execute(self._sql["delete"], (series, start_s, end_s))
        db.execute(self._sql["delete fresh"], (series, start_s, end_s))

    def trim_some(self, db: sqlite3.Connection, before_s: int, *, after: int) -> tuple[int, bool]:
        """Some rows older than before_s are gone; the series that is reached (start with 0), and whether there is more to do."""
        series = self._one(db, "next series", after)
        if series is None:
            db.execute(self._sql["settled"], (before_s,))
            return after, False
        cut = self._one(db, "nth of", series, before_s, TRIM_ROWS)
        db.execute(self._sql["delete"], (series, -(1 << 62), before_s if cut is None else cut))
        return (series if cut is None else after), True

    def _mark(self, db: sqlite3.Connection) -> int:
        found = self._one(db, "mark")
        return -(1 << 62) if found is None else found

    def _one(self, db: sqlite3.Connection, name: str, *values: int) -> int | None:
        row = db.execute(self._sql[name], values).fetchone()
        return None if row is None or row[0] is None else int(row[0])


def tables() -> dict[Tier, Table]:
    """The tables of all tiers."""
    return {
        "raw": Table("raw", READING, "time_s"),
        "m1": Table("m1", WINDOW, "start_s"),
        "h1": Table("h1", WINDOW, "start_s"),
        "d1": Table("d1", WINDOW, "start_s"),
    }
