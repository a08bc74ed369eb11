"""What a merge takes besides the registry: readings with their flags, windows, events, states, ledger and quarantine.

A series that is empty here is taken as it is. Where both have readings, those that are missing here go through the journal, so
that the gateway's own numerics make flags and windows at the seam, as for any readings that come late.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from gateway.journal import Change, Entry, Lost
from gateway.numerics.columns import Columns, no_columns
from gateway.quarantine import MOST, Refused
from gateway.receipts import Account
from gateway.registry.joining import Ids
from gateway.registry.tables import DEVICE
from gateway.store.port import FAR_S, Batch, Tier

if TYPE_CHECKING:
    from deploy.passage.merging import Source
    from gateway.journal import Journal
    from gateway.store.port import Store

ROWS = 50_000
"""So many rows are in memory at once."""
FACT = "merged:"
"""In the journal, by the source's `st`: what its rows are called here, and the keys of its devices' updates."""
WINDOWS: tuple[Tier, ...] = ("m1", "h1", "d1")
Keys = NDArray[np.int64]


@dataclass(slots=True)
class Taken:
    """What was new here."""

    series: int = 0
    """Series that were empty here."""
    readings: int = 0
    late: int = 0
    """Readings that the gateway flags anew when it starts."""
    windows: int = 0
    events: int = 0
    accounts: int = 0
    refused: int = 0


def take(
    source: Source, journal: Journal, store: Store, *, ids: Ids, progress: Callable[[int, int], object],
    dry: bool = False,
) -> Taken:  # fmt: skip
    """Take over what is missing; `dry` writes nothing into the store."""
    bag = Bag(source, journal, store, {int(old): int(new) for old, new in ids["series"].items()}, dry=dry)
    journal.remember(FACT + source.journal.st, bag.fact(ids))
    for done, (old, new) in enumerate(sorted(bag.series.items())):
        progress(done, len(bag.series))
        bag.take_series(old, new)
    bag.take_log()
    bag.take_ledger(ids)
    bag.take_quarantine(ids)
    return bag.taken


class Bag:
    """One merge under way."""

    def __init__(self, source: Source, journal: Journal, store: Store, series: dict[int, int], *, dry: bool) -> None:
        self._source, self._journal, self._store, self._dry = source, journal, store, dry
        self.series = series
        self.taken = Taken()
        self._states = source.store.states()
        self._fresh: set[int] = set()
        self._pending = _pending(journal)
        self._before = json.loads(journal.remembered(FACT + source.journal.st) or "{}")

    def fact(self, ids: Ids, **more: int) -> str:
        """What is remembered of this source."""
        known = {
            "refused": self._before.get("refused", 0), "first_s": self._before.get("first_s", int(time.time())),
            "keys": self._keys(ids), "heard": self._heard(ids), "ids": ids, **more,
        }  # fmt: skip
        return json.dumps(known)

    def _keys(self, ids: Ids) -> dict[str, str]:
        """By what each device of the source knows its orders: `girouette device move` seals under it."""
        rows = self._source.connection.execute(select(DEVICE.c.id, DEVICE.c.update_key))
        return {str(ids["device"][row.id]): row.update_key for row in rows if row.update_key}

    def _heard(self, ids: Ids) -> dict[str, int]:
        """When the source heard each device last: what is heard of it here afterwards has arrived."""
        heard = last_heard(self._source.journal)
        return {str(ids["device"][name]): at_s for name, at_s in heard.items() if name in ids["device"]}

    def take_series(self, old: int, new: int) -> None:
        """The readings of one series, with what was made of them."""
        empty = not len(self._store.latest([new])) and not len(self._store.tail(new, FAR_S, 1))
        if empty:
            self._fresh.add(new)
            self.taken.series += 1
        for rows in self._blocks(old, new, "raw"):
            if empty:
                self._write(Batch(readings=rows))
                self.taken.readings += len(rows)
            else:
                self._log(self._missing(new, Columns(rows["series"], rows["time_s"], rows["value"])))
        for tier in WINDOWS:
            for rows in self._blocks(old, new, tier):
                self._take_windows(new, tier, rows, empty=empty)
        self._take_events(old, new)
        if empty:
            self._take_state(old, new)

    def take_log(self) -> None:
        """What the source's gateway had received and not yet worked through."""
        after = 0
        while batches := self._source.journal.read_from(after):
            after = batches[-1][0]
            for _, columns in batches:
                mine = columns.take(np.isin(columns.series, list(self.series)))
                renamed = Columns(
                    np.array([self.series[int(s)] for s in mine.series], np.int64), mine.time_s, mine.value
                )
                for new in np.unique(renamed.series).tolist():
                    of_it = renamed.take(renamed.series == new)
                    self._log(of_it if new in self._fresh else self._missing(new, of_it))

    def take_ledger(self, ids: Ids) -> None:
        """The accounts of both are one: receipts go on, and no sample is stored twice."""
        mine = {(entry.device, entry.ep): entry for entry in self._journal.entries()}
        found = []
        for entry in self._source.journal.entries():
            if (name := ids["device"].get(entry.device)) is not None:
                theirs = replace_device(entry, str(name))
                known = mine.get((theirs.device, theirs.ep))
                whole = theirs if known is None else added(known, theirs)
                if whole != known:
                    found.append(whole)
        lost = [replace(each, device=str(ids["device"].get(each.device, each.device))) for each in self._lost()]
        self.taken.accounts = len(found)
        self._journal.lose(lost, now_s=int(time.time()))
        self._journal.commit(no_columns(), Change(entries=found), now_s=int(time.time()))

    def take_quarantine(self, ids: Ids) -> None:
        """What was refused, but for what was taken over earlier: it may have been replayed here since."""
        rows = [r for r in self._source.journal.refused(most=MOST) if r.id > self._before.get("refused", 0)]
        refused = [
            renamed(Refused(r.code, r.device, r.ep, r.sq, r.time_s, r.topic, r.payload), ids) for r in reversed(rows)
        ]
        self.taken.refused = len(refused)
        self._journal.commit(no_columns(), Change(refused=refused), now_s=int(time.time()))
        if rows:
            self._journal.remember(FACT + self._source.journal.st, self.fact(ids, refused=rows[0].id))

    def _lost(self) -> Sequence[Lost]:
        known = {(each.device, each.ep, each.first) for each in self._journal.lost()}
        return [each for each in self._source.journal.lost() if (each.device, each.ep, each.first) not in known]

    def _blocks(self, old: int, new: int, tier: Tier) -> Iterator[NDArray[np.void]]:
        for rows in self._source.store.blocks(old, 0, FAR_S, tier=tier, rows=ROWS):
            rows["series"] = new
            yield rows

    def _missing(self, series: int, columns: Columns) -> Columns:
        """Those that are neither stored here, with the same value, nor on their way."""
        start_s, end_s = int(columns.time_s.min()), int(columns.time_s.max()) + 1
        there = self._store.read(series, start_s, end_s)
        known = set(zip(there["time_s"].tolist(), there["value"].tolist(), strict=True))
        known |= self._pending.get(series, set())
        fresh = [pair not in known for pair in zip(columns.time_s.tolist(), columns.value.tolist(), strict=True)]
        return columns.take(np.array(fresh, np.bool_))

    def _log(self, columns: Columns) -> None:
        if not len(columns):
            return
        self.taken.late += len(columns)
        for series, time_s, value in zip(
            columns.series.tolist(), columns.time_s.tolist(), columns.value.tolist(), strict=True
        ):
            self._pending.setdefault(series, set()).add((time_s, value))
        self._journal.commit(columns, Change(), now_s=int(time.time()))

    def _take_windows(self, new: int, tier: Tier, rows: NDArray[np.void], *, empty: bool) -> None:
        if not empty:
            start_s, end_s = int(rows["start_s"].min()), int(rows["start_s"].max()) + 1
            rows = rows[~np.isin(rows["start_s"], self._store.read(new, start_s, end_s, tier=tier)["start_s"])]
        if len(rows):
            self.taken.windows += len(rows)
            parts: dict[str, Any] = {tier: rows}
            self._write(Batch(**parts))

    def _take_events(self, old: int, new: int) -> None:
        rows = self._source.store.events(old, 0, FAR_S)
        there = self._store.events(new, 0, FAR_S)
        known = set(zip(there["start_s"].tolist(), there["kind"].tolist(), strict=True))
        fresh = [pair not in known for pair in zip(rows["start_s"].tolist(), rows["kind"].tolist(), strict=True)]
        rows = rows[np.array(fresh, np.bool_)]
        rows["series"] = new
        if len(rows):
            self.taken.events += len(rows)
            self._write(Batch(events=rows))

    def _take_state(self, old: int, new: int) -> None:
        """The series goes on where it was; of one whose readings are gone the newest is still known."""
        latest = self._source.store.latest([old])
        latest["series"] = new
        blob = self._states.get(old)
        self._write(Batch(readings=latest, states={} if blob is None else {new: blob}))

    def _write(self, batch: Batch) -> None:
        if not self._dry:
            self._store.write(batch)


def last_heard(journal: Journal) -> dict[str, int]:
    """When each device was heard last, under whichever of its `ep`."""
    found: dict[str, int] = {}
    for entry in journal.entries():
        found[entry.device] = max(found.get(entry.device, 0), entry.heard_s)
    return found


def _pending(journal: Journal) -> dict[int, set[tuple[int, float]]]:
    """Readings in the journal that are perhaps not in the store yet: by series, time and value."""
    found: dict[int, set[tuple[int, float]]] = {}
    after = journal.waiting_from()
    while batches := journal.read_from(after):
        after = batches[-1][0]
        for _, columns in batches:
            for series, time_s, value in zip(
                columns.series.tolist(), columns.time_s.tolist(), columns.value.tolist(), strict=True
            ):
                found.setdefault(series, set()).add((time_s, value))
    return found


def added(mine: Entry, theirs: Entry) -> Entry:
    """One account for what both ledgers hold of an `ep`."""
    account = Account(0, mine.ep, mine.n, mine.lo, mine.dr, mine.heard_s, list(mine.edges))
    account.add(Account(0, theirs.ep, theirs.n, theirs.lo, theirs.dr, theirs.heard_s, list(theirs.edges)))
    return Entry(mine.device, mine.ep, account.n, account.lo, account.dr, account.heard_s, account.edges)


def replace_device(entry: Entry, name: str) -> Entry:
    """The same account of a device of another name."""
    return Entry(name, entry.ep, entry.n, entry.lo, entry.dr, entry.heard_s, list(entry.edges))


def renamed(refused: Refused, ids: Ids) -> Refused:
    """What was refused, under the name that its device has here: so it can be replayed."""
    from devices.reading import topic_of

    if not refused.topic.startswith("gir/1/"):
        return refused
    old = refused.topic.split("/")[3]
    new = str(ids["device"].get(old, old))
    if new == old:
        return refused
    topic = f"{topic_of(new)}/{refused.topic.split('/')[4]}"
    payload = refused.payload.replace(f'"{old}/'.encode(), f'"{new}/'.encode())
    return replace(refused, device=new if refused.device else "", topic=topic, payload=payload)
