"""The watch behind the drain: it looks at what is stored, in its own time, and what it finds is written between two steps.

Readings are handed on as they are stored. Where more wait than it may hold, as after a start, they are read from the store again,
an hour at a time. Its blobs are written each hour; a restart goes on from them and finds the same once more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gateway.directory import Directory
from gateway.draining import Draining
from gateway.figures import Figures
from gateway.numerics.watch import LATENESS_S, Watch
from gateway.patience import Patience
from gateway.store.port import FAR_S, Store

MOST_WAITING = 500_000
"""Readings that may wait in memory, 25 MB; where there are more they are read from the store when their turn comes."""
CHECKPOINT_S = 3600
"""Blobs are written so often, in the time of readings: a restart looks at so much again at most."""
PIECE_S = 3600
"""So much is read from the store at once."""
WARM_S = 4 * 86_400
"""Where there are no blobs, so much of the past is looked at once more."""
MOST_WARM = 2_000_000
"""And so many readings of it at most."""
PACE_S = 0.05


class Watching:
    """Follows the drain with the watch; what a slot brought is written by the drain, in its turn."""

    def __init__(self, draining: Draining, store: Store, directory: Directory, figures: Figures) -> None:
        self._draining, self._store, self._directory, self._figures = draining, store, directory, figures
        draining.watched = self.stored
        self._works = Patience("watch")
        self._watch = Watch()
        self._known: NDArray[np.void] | None = None
        self._came: deque[NDArray[np.void]] = deque()  # filled by the loop, emptied by the thread
        self._reads = True  # from the store, as long as more waits there than was handed on
        self._piece_s, self._read_from_s = PIECE_S, 0
        self._checked_s = 0
        self._more = asyncio.Event()
        self._more.set()
        self.newest_s = 0
        """The time of the newest reading that is stored."""

    @property
    def behind_s(self) -> int:
        """How far what was looked at is behind what is stored, in seconds of readings."""
        closed_s = self._watch.closed_s
        return 0 if closed_s is None else max(0, self.newest_s - closed_s)

    @property
    def unwatched(self) -> int:
        """Readings that came after their slot was looked at: they have flags, and no score."""
        return self._watch.late

    @property
    def fault(self) -> str | None:
        """Why the store cannot be read now."""
        return self._works.fault

    def close(self) -> None:
        """End the thread."""
        self._works.close()

    def stored(self, readings: NDArray[np.void]) -> None:
        """READING rows that are in the store now; never waits."""
        if not len(readings):
            return
        self.newest_s = max(self.newest_s, int(readings["time_s"].max()))
        if not self._reads:
            self._came.append(readings)
            if sum(map(len, tuple(self._came))) + self._watch.waiting > MOST_WAITING:
                self._reads = True
        self._more.set()

    async def run(self) -> None:
        """Take up what was left, and follow until cancelled."""
        await self._works.until_done(self._load)
        while True:
            await self._more.wait()
            self._more.clear()
            while await self._works.until_done(self._take):
                await self._look()
            await self._look()
            await asyncio.sleep(PACE_S)

    async def _look(self) -> None:
        """Look at the slots that are whole, and write what they brought, one after another."""
        slots = self._watch.due()
        while (found := await self._works.once(partial(next, slots, None))) is not None:
            await self._draining.found(found)
            self._figures.add(raised=len(found.raised), events=int((found.events["end_s"] == 0).sum()))
            if found.end_s - self._checked_s >= CHECKPOINT_S:
                self._draining.keep(await self._works.once(self._watch.pack))
                self._checked_s = found.end_s

    def _load(self) -> None:
        """Go on from the blobs, or from some days of what is stored where there are none that fit."""
        self._watch, self._known = Watch(), None
        self._know()
        self._reads = True
        self._came.clear()
        whole = self._watch.unpack(self._store.watch())
        newest = self._store.latest(range(len(self._directory.table())))
        newest_s = int(newest["time_s"].max(initial=0))
        self.newest_s = max(self.newest_s, newest_s)
        if whole:
            self._checked_s = self._watch.closed_s or 0
        elif len(newest):
            rate = float(self._directory.table()["hz"].sum())
            past_s = min(WARM_S, int(MOST_WARM / rate) if rate else WARM_S)
            self._watch.begin(newest_s - past_s)

    def _know(self) -> None:
        """The series as the registry has them now."""
        table = self._directory.table()
        if table is not self._known:
            self._known = table
            self._watch.know(table, self._directory.sites)

    def _take(self) -> bool:
        """Hand on what came; from the store, as long as there is more: then True."""
        self._know()
        if not self._reads:
            while self._came:
                self._watch.take(self._came.popleft())
            return False
        return self._read()

    def _read(self) -> bool:
        """Take the next piece of what is stored; False at its end, from where on readings are handed on again."""
        since_s = self._watch.closed_s
        if since_s is None:
            self._reads = False  # before the store is asked, so that nothing falls between
            self._watch.take(self._store.between(0, FAR_S))
            return False
        self._piece_s = 2 * self._piece_s if since_s == self._read_from_s else PIECE_S
        self._read_from_s = since_s
        end_s = since_s + self._piece_s + LATENESS_S
        last = end_s >= self.newest_s
        self._came.clear()
        self._reads = not last
        self._watch.forget()
        self._watch.take(self._store.between(since_s, FAR_S if last else end_s))
        return not last
