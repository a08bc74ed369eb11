"""The journal drained into the store, in its own time: however slow or away that is, no receipt waits for it."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gateway.drain import Drain, joined, rows_of
from gateway.figures import Figures
from gateway.journal import Journal
from gateway.numerics.columns import Columns
from gateway.numerics.watch import Found
from gateway.patience import Patience
from gateway.store.port import Batch, Store

PACE_S = 0.3
"""The store is written at most so often: in larger pieces than the journal."""
CHECKPOINT_S = 10.0
"""States and days are written, and the journal trimmed, so often, and so long after the last reading: a restart computes at most
so much again."""


class Draining:
    """Follows the journal with the numerics; `conflicts` is told of another value for a second that is stored."""

    def __init__(
        self, drain: Drain, store: Store, journal: Journal, *, commits: Patience, stores: Patience, figures: Figures,
        conflicts: Callable[[Columns], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._drain, self._store, self._journal = drain, store, journal
        self._commits, self._stores = commits, stores
        self._works = Patience("numerics")  # of its own, so that however slow it is no commit waits
        self._figures, self._conflicts = figures, conflicts
        self._more = asyncio.Event()
        self._turn = asyncio.Lock()
        self._blobs: Mapping[str, bytes] | None = None
        self.watched: Callable[[NDArray[np.void]], None] = lambda _: None
        """Is told of READING rows that are in the store now, each at least once; never waits."""
        self._under_way: deque[tuple[int, float]] = deque()
        """Committed and not yet stored: (number, monotonic time)."""

    def committed(self, seq: int) -> None:
        """There is more in the journal."""
        self._under_way.append((seq, time.monotonic()))
        self._more.set()

    @property
    def behind(self) -> int:
        """Batches of this run that are in the journal and not yet in the store."""
        return len(self._under_way)

    @property
    def fault(self) -> str | None:
        """Why the store cannot be read or written now."""
        return self._stores.fault or self._works.fault

    def close(self) -> None:
        """End the thread of the numerics."""
        self._works.close()

    async def run(self) -> None:
        """Begin where the store was left, and follow until cancelled."""
        await self._works.until_done(self._drain.load)
        done, again_to = await self._commits.until_done(self._where)
        checked_s, owed = -CHECKPOINT_S, False
        self._more.set()  # what the last run left
        while True:
            if not await self._more_within(checked_s + CHECKPOINT_S - time.monotonic() if owed else None):
                async with self._turn:
                    await self._step(joined([]), seq=done, again=False)
                checked_s, owed = time.monotonic(), False
                continue
            self._more.clear()
            while batches := await self._commits.once(partial(self._journal.read_from, done)):
                checkpoint = time.monotonic() - checked_s >= CHECKPOINT_S
                again, done = done < again_to, batches[-1][0]
                async with self._turn:
                    await self._step(joined(each for _, each in batches), seq=done if checkpoint else None, again=again)
                checked_s, owed = (time.monotonic(), False) if checkpoint else (checked_s, True)
                self._stored(done)
            await asyncio.sleep(PACE_S)

    async def _more_within(self, wait_s: float | None) -> bool:
        """Is there more in the journal, at once or within so many seconds; None waits for ever."""
        try:
            async with asyncio.timeout(wait_s):  # `wait_for` may swallow a cancellation in Python 3.11
                await self._more.wait()
        except TimeoutError:
            return False
        return True

    async def write(self, batch: Batch) -> None:
        """Afterwards it is in the store."""
        await self._stores.until_done(partial(self._store.write, batch))

    async def found(self, found: Found) -> None:
        """What the watch found is written: scores, suspicions and events, then windows around what is suspect now."""
        async with self._turn:
            rows = await self._works.until_done(partial(self._drain.judged, found))
            await self.write(Batch(rows, events=found.events))
            if len(found.raised):
                step = await self._works.until_done(partial(self._drain.suspected, found))
                await self.write(self._drain.batch(step, seq=None, shared=self._store.shares_journal))

    def keep(self, blobs: Mapping[str, bytes]) -> None:
        """Blobs of the watch are written with the next states: never without those of the rows that it has seen."""
        self._blobs = blobs

    def _where(self) -> tuple[int, int]:
        """The number after which the journal is to be read, and up to which it may be stored already."""
        return 0 if self._store.shares_journal else self._journal.waiting_from(), self._journal.last()

    async def _step(self, columns: Columns, *, seq: int | None, again: bool) -> None:
        """Some readings pass the numerics and are stored, those that came late after the others."""
        shared = self._store.shares_journal
        step = await self._works.once(partial(self._drain.advance, columns))
        if len(step.late):
            await self.write(self._drain.batch(step, seq=None, shared=shared))
            self.watched(step.readings[step.new :])
            late = await self._works.until_done(partial(self._drain.meet, step.late, again=again))
            self._figures.add(late=len(late.columns), conflicts=len(late.conflicts))
            await self._conflicts(late.conflicts)
            step = await self._works.once(partial(self._drain.rework, late))
            brought = rows_of(step.readings, late.columns)
        else:
            brought = step.readings[step.new :]
        batch = await self._works.until_done(partial(self._drain.batch, step, seq=seq, shared=shared))
        if seq is not None:
            batch, self._blobs = replace(batch, watch=self._blobs), None
        await self.write(batch)
        self.watched(brought)
        if seq is not None and not shared:
            await self._commits.until_done(partial(self._journal.drained, seq, now_s=int(time.time())))

    def _stored(self, seq: int) -> None:
        while self._under_way and self._under_way[0][0] <= seq:
            self._figures.stored(time.monotonic() - self._under_way.popleft()[1])
