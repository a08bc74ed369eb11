"""The one door from the public side to the store: nothing outside an audience's spans ever passes it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from api.catalogue import FOR_EVER_S, Shown, Span, clip
from gateway.numerics.columns import LONGEST_S, READING, TIERS, WINDOW
from gateway.numerics.watch.events import EVENT
from gateway.store.port import Reader, Tier

T = TypeVar("T")
Rows = NDArray[np.void]
BLOCK_ROWS = 10_000


class Readings:
    """Readings and windows of visible series, clipped to what the audience may see."""

    def __init__(self, store: Reader) -> None:
        self._store = store

    def latest(self, shown: Sequence[Shown]) -> dict[int, np.void]:
        """The newest visible reading of each series that has one, by series number."""
        asked = {s.id: s for s in shown}
        found = {int(row["series"]): row for row in self._store.latest(list(asked))} if asked else {}
        seen: dict[int, np.void] = {}
        for number, row in found.items():
            one = asked[number]
            if any(a <= row["time_s"] < b for a, b in one.spans):
                seen[number] = row
            elif (older := self._newest_inside(one)) is not None:
                seen[number] = older
        return seen

    def _newest_inside(self, shown: Shown) -> np.void | None:
        for start, end in reversed(shown.spans):
            rows = self._store.tail(shown.id, end, 1)
            if len(rows) and rows[-1]["time_s"] >= start:
                newest: np.void = rows[-1]
                return newest
        return None

    def oldest_s(self, shown: Shown) -> int | None:
        """The time of its first visible reading."""
        for block in self.blocks(shown, 0, FOR_EVER_S, rows=1):
            return int(block["time_s"][0])
        return None

    def extent(self, shown: Shown) -> Span | None:
        """The times of its first and last visible reading."""
        newest = self.latest([shown]).get(shown.id)
        oldest = self.oldest_s(shown) if newest is not None else None
        return None if newest is None or oldest is None else (oldest, int(newest["time_s"]))

    def blocks(
        self, shown: Shown, start_s: int, end_s: int, *, tier: Tier = "raw", rows: int = BLOCK_ROWS
    ) -> Iterator[Rows]:
        """What is visible of [start_s, end_s), oldest first, in blocks of at most `rows`.

        A window is visible only where it lies in a span whole: it would tell of what is hidden otherwise.
        """
        for start, end in self._spans(shown, start_s, end_s, tier):
            yield from (block for block in self._store.blocks(shown.id, start, end, tier=tier, rows=rows) if len(block))

    def read(self, shown: Shown, start_s: int, end_s: int, *, tier: Tier = "raw") -> Rows:
        """The same in one piece: for ranges known to be short."""
        pieces = [
            self._store.read(shown.id, start, end, tier=tier) for start, end in self._spans(shown, start_s, end_s, tier)
        ]
        return np.concatenate(pieces) if pieces else np.empty(0, READING if tier == "raw" else WINDOW)

    def newest_first(self, shown: Shown, start_s: int, end_s: int, *, rows: int) -> Iterator[Rows]:
        """Readings visible in [start_s, end_s), newest first, in blocks of at most `rows`."""
        for start, end in reversed(clip(shown.spans, start_s, end_s)):
            upper = end
            while True:
                block = self._store.tail(shown.id, upper, rows)
                inside = block[block["time_s"] >= start]
                if len(inside):
                    yield inside[::-1]
                if len(inside) < rows:
                    break
                upper = int(inside["time_s"][0])

    def count(self, shown: Shown, start_s: int, end_s: int) -> int:
        """How many readings are visible in [start_s, end_s)."""
        return sum(self._store.count(shown.id, start, end) for start, end in clip(shown.spans, start_s, end_s))

    def events(self, shown: Shown, start_s: int, end_s: int) -> Rows:
        """EVENT rows that begin in what is visible of [start_s, end_s), oldest first."""
        pieces = [self._store.events(shown.id, start, end) for start, end in clip(shown.spans, start_s, end_s)]
        return np.concatenate(pieces) if pieces else np.empty(0, EVENT)

    def answers(self) -> None:
        """Afterwards the store has answered once; raises StoreError where it does not."""
        self._store.latest([1])

    @staticmethod
    def _spans(shown: Shown, start_s: int, end_s: int, tier: Tier) -> list[Span]:
        if tier == "raw":
            return clip(shown.spans, start_s, end_s)
        width, step = LONGEST_S[tier], TIERS.get(tier, 1)  # a day may begin at any second
        whole = [(math.ceil(a / step) * step, b if b >= FOR_EVER_S else b - width + 1) for a, b in shown.spans]
        return clip(whole, start_s, end_s)


class Desk:
    """Where reads run: short ones in the event loop, long ones in one reader thread, so that none fights for the GIL."""

    def __init__(self, *, short_in_loop: bool) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="api-reader")
        self._short_in_loop = short_in_loop

    async def short(self, read: Callable[[], T]) -> T:
        """A read under 5 ms."""
        return read() if self._short_in_loop else await self.long(read)

    async def long(self, read: Callable[[], T]) -> T:
        """Any other read."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, read)

    async def stream(self, pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
        """The pieces, each made in the reader thread while the one before is on its way."""
        coming = self._submit(pieces)
        try:
            while (piece := await asyncio.wrap_future(coming)) is not None:
                coming = self._submit(pieces)
                yield piece
        finally:
            coming.cancel()

    def _submit(self, pieces: Iterator[bytes]) -> Future[bytes | None]:
        return self._thread.submit(lambda: next(pieces, None))

    def close(self) -> None:
        """Let the reader thread go once what it reads is read."""
        self._thread.shutdown(wait=False, cancel_futures=True)
