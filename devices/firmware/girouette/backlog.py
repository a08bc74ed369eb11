"""What waits on disk, and how far it has been read: packs are cut from the spool, oldest first."""

import asyncio

from micropython import const

from girouette.pack import Pack, heads_of
from girouette.sample import said
from girouette.spool import Segment, Spool, read_line

_LINES_A_STEP = const(8)
_UNKNOWN = const(-1)
_MOST_GIVEN_UP = const(256)


class Cut:
    """A pack cut from a segment, and where in it its lines lie."""

    def __init__(self, segment: Segment, pack: Pack, start: int, end: int):
        self.segment = segment
        self.pack = pack
        self.start = start
        self.end = end


class Backlog:
    """Reads the spool from its oldest end; counts what it finds spoilt or without a date once."""

    def __init__(self, spool: Spool, numbers, clock, receipts, base_name: str):
        self.spool = spool
        self._numbers = numbers
        self._clock = clock
        self._receipts = receipts
        self._base_name = base_name
        self._read = self._last = self._seen = 0
        self._segment: Segment | None = None
        self._resume()

    def _resume(self) -> None:
        """Take up what earlier boots decided about the segments: given way, counted, or numbered again."""
        numbers = self._numbers
        self.spool.begin_after(numbers.gone, numbers.passed[0])
        eps = [str(s.told_ep) for s in self.spool.segments]
        numbers.moved = {ep: to for ep, to in numbers.moved.items() if ep in eps}
        place, offset = numbers.passed
        for segment in self.spool.segments:
            if segment.place <= place:
                segment.counted = offset if segment.place == place else segment.size
            if str(segment.told_ep) in numbers.moved:
                segment.ep, segment.shift = numbers.moved[str(segment.told_ep)]
                segment.low += segment.shift

    def rewind(self) -> None:
        """Nothing counts as sent: begin at the oldest sample again."""
        self._segment, self._read = None, 0

    def lowest(self, ep: int) -> int | None:
        """The lowest number of this `ep` that waits on disk, or None; holes may make it lower than the truth."""
        for segment in self.spool.segments:
            if segment.ep == ep:
                return segment.low
        return None

    def read_to_end(self, segment: Segment) -> bool:
        """Has every line of this segment been read?"""
        if segment is self._segment:
            return self._read >= segment.size
        reading = self._segment
        return reading is not None and reading in self.spool.segments and segment.place < reading.place

    def settle(self, segment: Segment, waiting: list[int]) -> None:
        """Raise a segment's lowest number to the least of its packs on their way and of its lines that were not read yet.

        A pack may be ahead of what was read: its samples went to disk while they were on their way.
        """
        if segment is self._segment:
            if self._read < segment.size or not waiting:
                waiting = waiting + [self._last + 1]
        elif not self.read_to_end(segment):
            return
        if waiting:
            segment.low = max(segment.low, min(waiting))

    async def next(self, lowest, wanted) -> Cut | None:
        """The next pack of samples (`ep`, number) that are wanted, or None when everything has been read."""
        while True:
            segment = self._current()
            if segment is None:
                return None
            cut = await self.cut(segment, self._read, segment.size, lowest, wanted)
            self._read, self._last = cut.end, max(self._last, self._seen)
            if cut.pack.numbers:
                return cut
            if self._read < segment.size:
                return None  # undated from here on: the clock is not known yet

    async def cut(self, segment: Segment, start: int, end: int, lowest, wanted) -> Cut:
        """A pack of the wanted samples of a segment between two offsets that no receipt covers, as many as fit."""
        start = max(start, segment.start)
        heads = heads_of(self._base_name, segment.channels)
        pack = Pack(heads, segment.ep, lowest(segment.ep), self._numbers.dropped_of(segment.ep))
        lines, offset, self._seen = 0, start, 0
        with self.spool.open_at(segment, start) as file:
            while offset < end:
                lines += 1
                if lines % _LINES_A_STEP == 0:
                    await asyncio.sleep_ms(0)
                line = file.readline()
                if not line:
                    offset = end
                    break
                if not self._take(segment, pack, line, offset, wanted):
                    break
                offset += len(line)
        return Cut(segment, pack, start, offset)

    def give_up(self, segment: Segment, sq: int) -> None:
        """Do not send this sample again."""
        segment.given_up = (segment.given_up or [])[-_MOST_GIVEN_UP:] + [sq]

    async def give_way(self) -> None:
        """Drop the oldest segment, sample by sample, because the disk is full."""
        segment = self.spool.segments[0]
        lines, offset = 0, segment.start
        with self.spool.open_at(segment, 0) as file:
            for line in file:
                lines += 1
                if lines % _LINES_A_STEP == 0:
                    await asyncio.sleep_ms(0)
                self._drop_line(segment, line, offset)
                offset += len(line)
        if segment is self._segment:
            self.rewind()
        self._numbers.give_way(segment.place)
        self.spool.remove(segment)

    def _drop_line(self, segment: Segment, line: bytes, offset: int) -> None:
        """Count a line's sample as dropped, where it was not yet and no receipt covers it."""
        found = self._sample_of(segment, line)
        if found is None:
            self._pass(segment, offset, line, _UNKNOWN, "spoilt")
        elif self._waits(segment, found[0]) and not (offset < segment.counted and self._date(found[1]) == _UNKNOWN):
            self.drop(segment.ep, found[0], "spool-full")

    def number_again(self, old: int, shift: int) -> None:
        """The samples of an old `ep` bear numbers of the present one now, `shift` higher: so the counter says."""
        for segment in self.spool.segments:
            if segment.ep == old:
                segment.ep, segment.given_up = self._numbers.ep, None
                segment.shift += shift
                segment.low += shift

    def drop(self, ep: int, sq: int, why: str) -> None:
        """Count one sample as dropped, and say so."""
        self._numbers.drop(ep)
        print("D", ep, sq, why)

    def _current(self) -> Segment | None:
        """The segment to read on in, moving to the next one at the end of each."""
        segments = self.spool.segments
        if self._segment is None or self._segment not in segments:
            self._segment = segments[0] if segments else None
            self._read, self._last = 0, (self._segment.low - 1 if self._segment else 0)
        while self._segment is not None and self._read >= self._segment.size:
            after = segments.index(self._segment) + 1
            if after >= len(segments):
                return None
            self._segment, self._read = segments[after], 0
            self._last = self._segment.low - 1
        return self._segment

    def _take(self, segment: Segment, pack: Pack, line: bytes, offset: int, wanted) -> bool:
        """Add a line's sample to the pack, or pass over it; False where the pack ends before it."""
        fresh = offset >= segment.counted
        found = self._sample_of(segment, line)
        if found is None:
            self._pass(segment, offset, line, _UNKNOWN, "spoilt")
            return True
        sq, when, values = found
        if not self._waits(segment, sq) or not wanted(segment.ep, sq):
            self._seen = sq
            return True
        time_s = self._date(when)
        if time_s == _UNKNOWN:
            self._pass(segment, offset, line, sq, "no-date")
            self._seen = sq
            return True
        if time_s is None or not pack.add(sq, time_s, values):
            return False
        if fresh and when[0] == "b":
            print(said(segment.ep, sq, time_s, values, [name for name, _ in segment.channels]))
        segment.counted = max(segment.counted, offset + len(line))
        self._seen = sq
        return True

    def _pass(self, segment: Segment, offset: int, line: bytes, sq: int, why: str) -> None:
        if offset >= segment.counted:
            segment.counted = offset + len(line)
            self._numbers.passed = [segment.place, segment.counted]
            self.drop(segment.ep, sq, why)

    def _sample_of(self, segment: Segment, line: bytes) -> tuple[int, str, str] | None:
        found = read_line(line)
        return None if found is None else (found[0] + segment.shift, found[1], found[2])

    def _waits(self, segment: Segment, sq: int) -> bool:
        return sq not in (segment.given_up or ()) and not self._receipts.covers(segment.ep, sq)

    def _date(self, when: str) -> int | None:
        """A line's date; None while this boot has no clock, UNKNOWN for a boot that never had one."""
        if when[0] != "b":
            return int(when)
        boot, up_s = when[1:].split("+")
        base_s = self._numbers.base_of(int(boot))
        if base_s is not None:
            return base_s + int(up_s)
        return None if int(boot) == self._numbers.boot else _UNKNOWN
