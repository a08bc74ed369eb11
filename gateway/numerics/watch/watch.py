"""Readings in, scores and events out: slot after slot, each when it is old enough to be whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics import detector
from gateway.numerics.columns import FAIL, GOOD, MISSING, Columns
from gateway.numerics.flags import GROSS
from gateway.numerics.order import Run
from gateway.numerics.params import ANOMALY, NEIGHBOURS, dated, no_params
from gateway.numerics.state import NEVER_S
from gateway.numerics.watch.events import follow, judge, learn_counts, strong
from gateway.numerics.watch.memory import (
    OF_COMMON,
    OF_LEVEL,
    OF_NOISE,
    OF_SILENCE,
    OF_STUCK,
    SPIKE,
    fresh,
    grown,
    pack,
    unpack,
)
from gateway.numerics.watch.neighbours import MOST, Site, nearest
from gateway.numerics.watch.signs import learn, look
from gateway.numerics.watch.slots import SLOT_S, Slot, condense

LATENESS_S = 120
"""A slot is looked at when two places have reached so much beyond its end: what comes later has no score and is not watched."""
DAY_S = 86_400
SCORE = np.dtype([("series", "i8"), ("time_s", "i8"), ("value", "f8"), ("score", "f4")])
"""The score of a reading."""
RAISED = np.dtype([("series", "i8"), ("time_s", "i8"), ("test", "i8")])
"""A reading that is suspect, and the nibble of its tests that says so: NEIGHBOURS or ANOMALY."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one slot brought."""

    end_s: int
    scores: NDArray[np.void]
    """SCORE rows."""
    raised: NDArray[np.void]
    """RAISED rows."""
    events: NDArray[np.void]
    """EVENT rows that begin or end; they replace what has the same series, start and kind."""


class Watch:
    """Everything between two slots: memories, and the readings that wait."""

    def __init__(self) -> None:
        self.closed_s: int | None = None
        """The end of the last slot that was looked at."""
        self.late = 0
        """Readings that came after their slot."""
        self._known, self._near = no_params(0), np.empty((0, MOST), np.int64)
        self._place = np.empty(0, np.int64)
        self._memory, self._detector = fresh(0), detector.fresh(0)
        self._newest_s = np.empty(0, np.int64)
        self._waiting: list[NDArray[np.void]] = []

    def know(self, known: NDArray[np.void], sites: Mapping[int, Site]) -> None:
        """The series that there are: PARAMS by series id, and where each is; series without a site have no neighbours."""
        count = max(len(known), len(self._memory))
        self._known = np.concatenate([known, no_params(count - len(known))])
        self._near = nearest(sites, count)
        self._place = np.array([sites[n].place if n in sites else -1 - n for n in range(count)], np.int64)
        self._grow(count)

    @property
    def waiting(self) -> int:
        """Readings that wait for their slot to be whole."""
        return sum(map(len, self._waiting))

    def begin(self, time_s: int) -> None:
        """Look at the slots from this one on; what came before is not asked for."""
        self.closed_s = time_s // SLOT_S * SLOT_S

    def forget(self) -> None:
        """What waits is forgotten, to be taken again."""
        self._waiting = []
        self._newest_s = self._memory["came_s"].copy()

    def take(self, readings: NDArray[np.void]) -> None:
        """READING rows, in any order, some of them again: the last word for a series and second counts."""
        if not len(readings):
            return
        if int(readings["series"].max()) >= len(self._known):
            self._widen(int(readings["series"].max()) + 1)
        if self.closed_s is not None:
            late = readings["time_s"] < self.closed_s
            self.late += int(late.sum())
            readings = readings[~late]
        np.maximum.at(self._newest_s, readings["series"], readings["time_s"])
        self._waiting.append(readings)

    def due(self) -> Iterator[Found]:
        """Look at the slots that are whole, one after another."""
        until_s = self._reached() - LATENESS_S
        if not self.waiting or until_s <= NEVER_S + DAY_S:
            return
        rows = _in_order(np.concatenate(self._waiting))
        if self.closed_s is None:
            self.closed_s = int(rows["time_s"][0]) // SLOT_S * SLOT_S
        first = 0
        while self.closed_s + SLOT_S <= until_s:
            if first < len(rows) and rows["time_s"][first] - self.closed_s > DAY_S:
                self.closed_s = int(rows["time_s"][first]) // SLOT_S * SLOT_S
                continue
            end_s = self.closed_s + SLOT_S
            last = int(np.searchsorted(rows["time_s"], end_s, side="left"))
            self.closed_s = end_s
            found = self._look(rows[first:last], end_s)
            first = last
            self._waiting = [rows[first:]]
            yield found

    def pack(self) -> dict[str, bytes]:
        """Blobs by name, two a series: all memories as they are at `closed_s`."""
        if self.closed_s is None:
            return {}
        blobs = {f"memory/{n}": pack(self._memory[n : n + 1], self.closed_s) for n in range(len(self._memory))}
        return blobs | {f"detector/{n}": detector.pack(row) for n, row in enumerate(self._detector)}

    def unpack(self, blobs: Mapping[str, bytes]) -> bool:
        """Go on where blobs were made; False, and nothing changed, where they are of another version or not of one moment."""
        chunks = [unpack(blobs[f"memory/{n}"]) for n in range(sum(name.startswith("memory/") for name in blobs))]
        rows = [detector.unpack(blobs[f"detector/{n}"]) for n in range(len(blobs) - len(chunks))]
        known = [chunk for chunk in chunks if chunk is not None]
        if not chunks or len(known) < len(chunks) or len({until_s for _, until_s in known}) > 1:
            return False
        if any(row is None for row in rows):
            return False
        self._memory = np.concatenate([memory for memory, _ in known])
        self._detector = detector.fresh(len(rows))
        for n, row in enumerate(rows):
            self._detector[n] = row
        self.closed_s = known[0][1]
        self._waiting = []
        self._newest_s = self._memory["came_s"].copy()
        self._widen(max(len(self._memory), len(self._known)))
        return True

    def _look(self, rows: NDArray[np.void], end_s: int) -> Found:
        """One slot, its readings by time and series."""
        rows = rows[np.lexsort((rows["time_s"], rows["series"]))]
        scores, alarm = self._score(rows)
        gross = rows["tests"] >> GROSS & 15
        enters = np.isfinite(rows["value"]) & (gross != FAIL)
        known = dated(self._known, end_s)
        slot, run = self._condensed(rows, enters, known)
        seen = look(self._memory, known, self._near, slot, end_s)
        fired = judge(self._memory, known, self._near, seen=seen, slot=slot, end_s=end_s, alarm=alarm)
        events = follow(self._memory, fired, seen, near=self._near, end_s=end_s)
        open_: NDArray[np.bool_] = self._memory["start_s"] > NEVER_S
        troubled: NDArray[np.bool_] = np.any(open_[:, [OF_LEVEL, OF_NOISE, OF_STUCK, OF_SILENCE, OF_COMMON]], axis=1)
        learn(self._memory, seen, slot, end_s=end_s, calm=~troubled)
        expected = known["hz"] * SLOT_S
        whole: NDArray[np.bool_] = np.any(open_[:, [OF_STUCK, OF_SILENCE]], axis=1)
        learn_counts(self._memory, slot, expected, ~whole)
        suspect = strong(fired, self._memory, end_s)
        pick = suspect[run.series]
        pick |= slot.off > seen.limits[run.series, SPIKE]
        raised = np.zeros(int(pick.sum()), RAISED)
        raised["series"], raised["time_s"] = run.series[pick], run.time_s[pick]
        apart = fired.fires[:, OF_LEVEL] & (seen.compared > 0)
        raised["test"] = np.where(apart[raised["series"]], NEIGHBOURS, ANOMALY)
        return Found(end_s, scores, raised, events)

    def _condensed(
        self, rows: NDArray[np.void], enters: NDArray[np.bool_], known: NDArray[np.void]
    ) -> tuple[Slot, Run]:
        """What the slot brought, and the readings that enter."""
        there = rows[np.isfinite(rows["value"])]
        came = np.bincount(there["series"], minlength=len(self._memory)).astype(np.float64)
        np.maximum.at(self._memory["came_s"], there["series"], there["time_s"])
        entering = rows[enters]
        starts = np.flatnonzero(np.diff(entering["series"], prepend=-1))
        run = Run(entering["series"].copy(), entering["time_s"].copy(), entering["value"].copy(), starts)
        return condense(self._memory, known, run, came), run

    def _score(self, rows: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.float64]]:
        """SCORE rows, and the highest score of each series."""
        alarm = np.full(len(self._memory), np.nan)
        made = np.zeros(len(rows), SCORE)
        if not len(rows):
            return made, alarm
        columns = Columns(rows["series"].copy(), rows["time_s"].copy(), rows["value"].copy())
        flag = np.where(np.isfinite(columns.value), GOOD, MISSING)
        flag[rows["tests"] >> GROSS & 15 == FAIL] = FAIL
        told = detector.score(self._detector, self._known, columns, flag.astype(np.uint8))
        for name in ("series", "time_s", "value"):
            made[name] = rows[name]
        made["score"] = told.score
        np.fmax.at(alarm, columns.series, told.score.astype(np.float64))
        return made[np.isfinite(made["score"])], alarm

    def _reached(self) -> int:
        """The newest time that a third of the places reached, two at least where there are two: clocks may be wrong."""
        order = np.argsort(-self._newest_s, kind="stable")
        _, first = np.unique(self._place[order], return_index=True)
        times_s = np.sort(self._newest_s[order][first])[::-1]
        alive = int((times_s > times_s[:1] - DAY_S).sum()) if len(times_s) and times_s[0] > NEVER_S else 0
        return int(times_s[min(max(2, -(-alive // 3)), alive) - 1]) if alive else NEVER_S

    def _widen(self, count: int) -> None:
        """Room for series that nobody described."""
        more = count - len(self._known)
        if more > 0:
            self._known = np.concatenate([self._known, no_params(more)])
            self._near = np.concatenate([self._near, np.full((more, MOST), -1, np.int64)])
            self._place = np.append(self._place, -1 - np.arange(len(self._place), count))
        self._grow(count)

    def _grow(self, count: int) -> None:
        self._memory, self._detector = grown(self._memory, count), detector.grown(self._detector, count)
        self._newest_s = np.append(self._newest_s, np.full(count - len(self._newest_s), NEVER_S, np.int64))


def _in_order(rows: NDArray[np.void]) -> NDArray[np.void]:
    """By time and series, each once, as the last word for it says."""
    order = np.lexsort((np.arange(len(rows)), rows["series"], rows["time_s"]))
    rows = rows[order]
    last = np.ones(len(rows), np.bool_)
    last[:-1] = (rows["series"][1:] != rows["series"][:-1]) | (rows["time_s"][1:] != rows["time_s"][:-1])
    return rows[last]
