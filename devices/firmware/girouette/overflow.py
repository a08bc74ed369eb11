"""What goes from memory to disk when receipts stay away: the oldest samples first, a few at a time."""

import asyncio

from micropython import const

from girouette.sample import Sample

_BATCH = const(16)
"""Samples that are written at once: each write wears the flash."""
_NO_SPACE = const(28)
"""ENOSPC, which MicroPython's `errno` does not name."""


class Overflow:
    """Moves samples to the spool, undated ones too, and makes room there by giving up its oldest segment."""

    def __init__(self, held, backlog, numbers, clock, channels: list):
        self._held = held
        self._backlog = backlog
        self._numbers = numbers
        self._clock = clock
        self._channels = channels
        self.on_disk = lambda segment, start, first, last: None
        """Told where the samples from `first` to `last` are now."""
        self._undated_on_disk = numbers.went_on and bool(backlog.spool.segments) and numbers.base_of(numbers.boot) is None
        """Before a planned sleep, perhaps, which is the same boot."""

    async def spill(self) -> None:
        """Move everything that is in memory now; what the disk refuses stays in memory."""
        left = len(self._held.samples)
        try:
            while left > 0 and self._held.samples:
                while self._backlog.spool.too_full_for(self._size_of_batch()):
                    await self._backlog.give_way()
                left -= self._spill_some(min(left, _BATCH))
                await asyncio.sleep_ms(0)
        except OSError as error:
            print("# spool refused:", error)
            if error.errno == _NO_SPACE and self._backlog.spool.segments:
                await self._backlog.give_way()
        self.keep_base()

    def keep_base(self) -> None:
        """Samples of this boot went to the disk undated: write down when it began, once that is known."""
        if self._undated_on_disk and self._clock.known:
            self._numbers.keep_base(self._clock.base_s)
            self._undated_on_disk = False

    def _size_of_batch(self) -> int:
        return sum(len(s.values) + 40 for s in self._held.samples[:_BATCH])

    def _spill_some(self, count: int) -> int:
        """Move the oldest samples to the spool; how many there were. Receipts may have taken some meanwhile."""
        lines = [(s.sq, self._when(s), s.values) for s in self._held.samples[:count]]
        if lines:
            segment, start = self._backlog.spool.append(self._numbers.ep, self._channels, lines)
            self._undated_on_disk = self._undated_on_disk or any(when[0] == "b" for _, when, _ in lines)
            self._held.forget_oldest(len(lines))
            self.on_disk(segment, start, lines[0][0], lines[-1][0])
        return len(lines) or count

    def _when(self, sample: Sample) -> str:
        if sample.time_s is None:
            if not self._numbers.kept:
                raise OSError(5, "another boot may have the same number")
            return "b%d+%d" % (self._numbers.boot, sample.up_s)
        return "%d" % sample.time_s
