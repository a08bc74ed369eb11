"""Local days, kept up with their hours: in the batch that changes an hour goes its day.

What the day had before its newest hour is remembered, merged; so a checkpoint costs a sum a series, and the store is read only when an
hour begins or one that is over changes. Nothing of this need survive: the first change after a restart reads the day again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import WINDOW
from gateway.numerics.days import made_of, merge_days
from gateway.numerics.state import NEVER_S
from gateway.numerics.stream import Step
from gateway.numerics.windows import join
from gateway.store.port import Store, Tier

_FIRST_S, _LAST_S = 1_704_067_200, 1_735_689_600
"""A year of midnights says whether a zone's are full hours."""


class Daybook:
    """Which days changed; `zone` says in which zone a series' days are. One thread at a time."""

    def __init__(self, store: Store, zone: Callable[[int], tzinfo]) -> None:
        self._store, self._zone = store, zone
        self._newest = np.zeros(0, WINDOW)
        """The newest window of each series (h1, or m1 in zones whose midnight is no full hour), by series id."""
        self._before = np.zeros(0, WINDOW)
        """Its day without it, merged; `start_s` is that of the day."""
        self._end_s = np.zeros(0, np.int64)
        self._changed: set[int] = set()
        self._other: dict[int, dict[int, np.void]] = {}
        """Windows that are not a series' newest as we know it, by series and start: their days are read again."""
        self._tiers: dict[tzinfo, Tier] = {}

    def take(self, step: Step) -> None:
        """A step of the numerics: which windows changed, as they stand now."""
        for tier, rows in (("h1", step.h1), ("m1", step.m1)):
            if len(rows):
                self._grow(int(rows["series"].max()) + 1)
                ids = np.unique(rows["series"])
                mine = ids[[self._made_of(int(series)) == tier for series in ids]]
                self._take(rows[np.isin(rows["series"], mine)])

    def told(self, params: NDArray[np.void]) -> NDArray[np.void]:
        """WINDOW rows of the days that changed since `settled`; `params` are PARAMS by series id. May raise StoreError."""
        days = [np.empty(0, WINDOW)]
        for series, rows in self._other.items():
            days.append(self._read_again(series, rows, params[series]))
        ids = np.array(sorted(self._changed - self._other.keys()), np.int64)
        widths = self._end_s[ids] - self._before["start_s"][ids]
        return np.concatenate([*days, join(self._before[ids], self._newest[ids], params[ids], widths)])

    def settled(self) -> None:
        """What was told is on its way to the store."""
        self._changed.clear()
        self._other.clear()

    def _take(self, rows: NDArray[np.void]) -> None:
        newest = self._newest["start_s"][rows["series"]] == rows["start_s"]
        same = rows[newest]
        self._newest[same["series"]] = same
        self._changed.update(same["series"].tolist())
        for row in rows[~newest]:
            self._other.setdefault(int(row["series"]), {})[int(row["start_s"])] = row

    def _read_again(self, series: int, rows: dict[int, np.void], known: np.void) -> NDArray[np.void]:
        """The days of some windows of a series, from the store and from these; the newest of them is remembered."""
        zone, tier, days = self._zone(series), self._made_of(series), []
        held_s = int(self._newest["start_s"][series])
        latest_s = max(*rows, held_s)
        if series in self._changed:
            rows = {held_s: self._newest[series].copy(), **rows}
        for first_s, end_s in self._days(zone, rows):
            stored = {int(row["start_s"]): row for row in self._store.read(series, first_s, end_s, tier=tier)}
            stored |= {at: row for at, row in rows.items() if first_s <= at < end_s}
            whole = np.array([stored[at] for at in sorted(stored)], WINDOW)
            bounds = np.array([first_s, end_s])
            days.append(merge_days(whole, bounds, known))
            if first_s <= latest_s < end_s:
                self._remember(series, whole, bounds, known)
        return np.concatenate([np.empty(0, WINDOW), *days])

    def _remember(self, series: int, whole: NDArray[np.void], bounds: NDArray[np.int64], known: np.void) -> None:
        before = merge_days(whole[:-1], bounds, known)
        self._before[series] = before[0] if len(before) else _nothing(series, int(bounds[0]))
        self._newest[series], self._end_s[series] = whole[-1], bounds[1]

    @staticmethod
    def _days(zone: tzinfo, starts_s: Iterable[int]) -> list[tuple[int, int]]:
        """The days in which these windows begin: when each begins and ends."""
        days = (day_starts(zone, start_s, start_s + 1)[:2].tolist() for start_s in starts_s)
        return sorted({(first_s, end_s) for first_s, end_s in days})

    def _made_of(self, series: int) -> Tier:
        zone = self._zone(series)
        if zone not in self._tiers:
            self._tiers[zone] = made_of(day_starts(zone, _FIRST_S, _LAST_S))
        return self._tiers[zone]

    def _grow(self, count: int) -> None:
        if (more := count - len(self._newest)) > 0:
            rows = np.zeros(more, WINDOW)
            rows["start_s"] = NEVER_S
            self._newest = np.concatenate([self._newest, rows])
            self._before = np.concatenate([self._before, rows])
            self._end_s = np.concatenate([self._end_s, np.zeros(more, np.int64)])


def _nothing(series: int, start_s: int) -> np.void:
    """A window in which nothing is."""
    row = np.zeros(1, WINDOW)
    row["series"], row["start_s"], row["first_s"], row["last_s"] = series, start_s, start_s, start_s
    for name in ("min", "max", "first", "last", "value", "completeness"):
        row[name] = np.nan
    empty: np.void = row[0]
    return empty


def day_starts(zone: tzinfo, start_s: int, end_s: int) -> NDArray[np.int64]:
    """When the local days begin that touch [start_s, end_s), and when the last of them ends: at least two times, UTC seconds.

    >>> from zoneinfo import ZoneInfo
    >>> np.diff(day_starts(ZoneInfo("Europe/Paris"), 1_711_843_200, 1_711_843_201)).tolist()
    [82800]
    """
    first, last = (datetime.fromtimestamp(s, UTC).astimezone(zone).date() for s in (start_s, max(start_s, end_s - 1)))
    count = (last - first).days + 2
    return np.array([_begins_s(zone, first + timedelta(days=n)) for n in range(count)], np.int64)


def _begins_s(zone: tzinfo, day: date) -> int:
    """The first second of a local day; where clocks skip midnight, the first that they show."""
    return int(datetime.combine(day, time(), zone).timestamp())
