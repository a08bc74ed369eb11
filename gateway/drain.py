"""From the journal to the store: new readings on, late ones in, and two values for one second told apart.

A restart reads again from the journal what the states do not know yet. Then readings that are stored already are taken as
late ones once more, so that flags and windows end as they would have: nothing depends on where a restart fell.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.daybook import Daybook
from gateway.directory import Directory
from gateway.numerics.columns import GOOD, NOT_EVALUATED, READING, SUSPECT, Columns, no_columns
from gateway.numerics.params import ANOMALY, NEIGHBOURS, no_params
from gateway.numerics.state import fresh, grown, pack, unpack
from gateway.numerics.stream import BEFORE, Step, advance, noted, reach, recall, rework, warm
from gateway.numerics.watch import SLOT_S, Found
from gateway.store.port import Batch, Store


@dataclass(frozen=True, slots=True)
class Late:
    """Readings that are not newer than what their series had, met with what is stored."""

    stored: NDArray[np.void]
    """READING rows around them, by series and time."""
    columns: Columns
    """What is taken: no value but that which is stored, and each second once."""
    conflicts: Columns
    """Of the others, those of another value."""


class Drain:
    """The states of all series, and what readings do to them. One thread at a time; what reads the store may raise StoreError."""

    def __init__(self, store: Store, directory: Directory) -> None:
        self._store, self._directory = store, directory
        self._state = fresh(0)
        self._changed: set[int] = set()
        self._days = Daybook(store, directory.zone)

    def load(self) -> None:
        """Take up each series where it was left: by its blob, or by its last readings where there is none that we can read."""
        blobs = {series: unpack(blob) for series, blob in self._store.states().items()}
        params = self._params(max(blobs, default=-1) + 1)
        self._state, self._changed = fresh(len(params)), set()
        for series, row in blobs.items():
            if row is not None:
                self._state[series] = row
        bare = [series for series in range(len(params)) if blobs.get(series) is None]
        for newest in self._store.latest(bare):
            series = int(newest["series"])
            rows = self._store.tail(series, int(newest["time_s"]) + 1, recall(params[series]))
            self._state[series] = warm(params[series], rows)
            self._changed.add(series)

    def advance(self, columns: Columns) -> Step:
        """New readings: states go on; what is late stays in `Step.late`."""
        params = self._params(int(columns.series.max(initial=-1)) + 1)
        step = advance(self._state, params, columns)
        self._changed.update(step.series.tolist())
        self._days.take(step)
        return step

    def meet(self, late: Columns, *, again: bool) -> Late:
        """Read what is stored around late readings; `again` where they may be stored by a run of which no state is left."""
        params = self._params(0)
        parts = [np.empty(0, READING)]
        for series, start_s, end_s in reach(params, late):
            parts += [self._store.tail(series, start_s, BEFORE), self._store.read(series, start_s, end_s)]
        stored = np.concatenate(parts)
        there, same = _compare(stored, late)
        taken = late.take(same | ~there if again else ~there)
        first = _first_of_second(taken)
        doubles = taken.take(~first)
        clashing = _clashes(taken.take(first), doubles)
        return Late(stored, taken.take(first), joined([late.take(there & ~same), doubles.take(clashing)]))

    def rework(self, late: Late) -> Step:
        """Late readings are taken in: flags and windows around them, and states where they bear on them."""
        step = rework(self._state, self._params(0), stored=late.stored, late=late.columns)
        self._changed.update(step.series.tolist())
        self._days.take(step)
        return step

    def judged(self, found: Found) -> NDArray[np.void]:
        """READING rows of the slot with the scores that the watch made, and its suspicion among their tests: to be written."""
        rows = self._store.between(found.end_s - SLOT_S, found.end_s)
        rows = rows[np.argsort(_keys(rows["series"], rows["time_s"]), kind="stable")]
        keys = _keys(rows["series"], rows["time_s"])
        scored = _places(keys, found.scores)
        rows["score"][scored[scored >= 0]] = found.scores["score"][scored >= 0]
        raised = _places(keys, found.raised)
        test, raised = found.raised["test"][raised >= 0], raised[raised >= 0]
        rows["tests"][raised] = rows["tests"][raised] & ~(15 << test) | SUSPECT << test
        worse = raised[np.isin(rows["flag"][raised], (GOOD, NOT_EVALUATED))]
        rows["flag"][worse] = SUSPECT
        changed = np.zeros(len(rows), np.bool_)
        changed[scored[scored >= 0]] = changed[raised] = True
        noted(self._state, rows[changed])
        self._changed.update(rows["series"][changed].tolist())
        return rows[changed]

    def suspected(self, found: Found) -> Step:
        """Windows around readings that the watch suspects, which are written as such already."""
        rows = self._store.between(found.end_s - SLOT_S, found.end_s)
        tests = rows["tests"]
        rows = rows[(tests >> ANOMALY & 15 == SUSPECT) | (tests >> NEIGHBOURS & 15 == SUSPECT)]
        columns = Columns(rows["series"].copy(), rows["time_s"].copy(), rows["value"].copy())
        return self.rework(self.meet(columns, again=True))

    def batch(self, step: Step, *, seq: int | None, shared: bool) -> Batch:
        """What is written; with a number of the journal, the states and days that changed since the last one go along."""
        if seq is None:
            return Batch(step.readings, step.m1, step.h1)
        days = self._days.told(self._params(0))
        states = {series: pack(self._state[series]) for series in sorted(self._changed)}
        self._changed.clear()
        self._days.settled()
        return Batch(step.readings, step.m1, step.h1, states, d1=days, journal_seq=seq if shared else None)

    def _params(self, count: int) -> NDArray[np.void]:
        """PARAMS of all series, those that the registry does not know (any more) included; the states follow in size."""
        table = self._directory.table()
        count = max(count, len(table), len(self._state))
        if count > len(table):
            table = np.concatenate([table, no_params(count - len(table))])
        self._state = grown(self._state, count)
        return table


def joined(parts: Iterable[Columns]) -> Columns:
    """Readings one after another."""
    rows = [no_columns(), *parts]
    return Columns(
        np.concatenate([part.series for part in rows]),
        np.concatenate([part.time_s for part in rows]),
        np.concatenate([part.value for part in rows]),
    )


def rows_of(readings: NDArray[np.void], columns: Columns) -> NDArray[np.void]:
    """Those of READING rows that are of these readings."""
    wanted = _keys(columns.series, columns.time_s)
    some: NDArray[np.void] = readings[np.isin(_keys(readings["series"], readings["time_s"]), wanted)]
    return some


def _keys(series: NDArray[np.int64], time_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number a series and second: times have 40 bits, series 23."""
    keys: NDArray[np.int64] = series.astype(np.int64) << 40 | time_s
    return keys


def _places(keys: NDArray[np.int64], rows: NDArray[np.void]) -> NDArray[np.int64]:
    """For each row where its series and second is among rising `keys`, -1 where it is not."""
    wanted = _keys(rows["series"], rows["time_s"])
    at = np.searchsorted(keys, wanted)
    there = at < len(keys)
    there[there] = keys[at[there]] == wanted[there]
    return np.where(there, at, -1)


def _compare(stored: NDArray[np.void], late: Columns) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For each late reading: is its second stored, and with the same value?"""
    keys = _keys(stored["series"], stored["time_s"])
    order = np.argsort(keys, kind="stable")
    wanted = _keys(late.series, late.time_s)
    at = np.searchsorted(keys, wanted, sorter=order)
    there = at < len(keys)
    rows = order[at[there]]
    there[there] = keys[rows] == wanted[there]
    same = there.copy()
    if there.any():
        rows = order[at[there]]
        same[there] = stored["value"][rows] == late.value[there]
    return there, same


def _first_of_second(late: Columns) -> NDArray[np.bool_]:
    """True for the reading of each series and second that came first."""
    first = np.zeros(len(late), np.bool_)
    first[np.unique(_keys(late.series, late.time_s), return_index=True)[1]] = True
    return first


def _clashes(first: Columns, doubles: Columns) -> NDArray[np.bool_]:
    """For each second reading of a second: has it another value than the first one?"""
    keys = _keys(first.series, first.time_s)
    order = np.argsort(keys)
    at = order[np.searchsorted(keys, _keys(doubles.series, doubles.time_s), sorter=order)]
    clashing: NDArray[np.bool_] = first.value[at] != doubles.value
    return clashing
