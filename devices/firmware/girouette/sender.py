"""What is sent when: live samples first, newest first; then what is due again; then the backlog, oldest first.

A sample is held, in memory or on disk, until a receipt of the gateway covers it. The broker's acknowledgement frees
nothing. At most 8 packs of the backlog are on their way at a time.
"""

import asyncio
import random

from micropython import const

from girouette.backlog import Backlog
from girouette.flight import Flight
from girouette.held import FULL, Held
from girouette.overflow import Overflow
from girouette.pack import Pack, heads_of, newest
from girouette.receipts import Receipts, read_receipt
from girouette.sample import Sample

WINDOW = 8
QUIET_MS = 20000
"""A sample that has awaited its receipt for this long goes to disk with all others, whether or not the link is up."""
_SILENCE_MS = const(10000)
_KEEP_MS = const(60000)
"""The count of drops is written down once a minute at most: each write wears the flash."""
_SETTLE_MS = const(300)
"""After a connect the retained receipt comes at once: waiting for it saves needless resends, and numbers given twice."""


class Sender:
    """Decides what the next pack is, and keeps account of what is on its way."""

    def __init__(self, topic: str, base_name: str, channels, numbers, clock, uptime, spool):
        self._topic = topic + "/obs"
        self._channels = [[c.name, c.unit] for c in channels]
        self._names = [c.name for c in channels]
        self._heads = heads_of(base_name, self._channels)
        self._numbers = numbers
        self._clock = clock
        self._uptime = uptime
        self.held = Held()
        self.receipts = Receipts()
        self.backlog = Backlog(spool, numbers, clock, self.receipts, base_name)
        self.overflow = Overflow(self.held, self.backlog, numbers, clock, self._channels)
        self.overflow.on_disk = self._on_disk
        self.spool = spool
        self._flights: list[Flight] = []
        self._lows: dict[int, int] = {}
        self._live_from = numbers.next
        self._sent_to = numbers.next - 1
        self._settled_ms = self._keep_ms = 0
        self._began_ms = self._heard_ms = uptime.ms()
        self._doubted: int | None = None
        self._ready = False
        self._wake = asyncio.Event()

    @property
    def silent(self) -> bool:
        """Does something wait for a receipt that has not come for too long?"""
        return bool(self.held.samples) and self._uptime.ms() - self._heard_ms > QUIET_MS

    # What others tell it; none of these waits.

    def add(self, up_s: int, values: str) -> None:
        """Number a new sample and hold it."""
        ep = self._numbers.ep
        sample = Sample(self._numbers.take(), up_s, values)
        if self._numbers.ep != ep:
            self._carry_over(ep, self.held.samples[0].sq if self.held.samples else sample.sq, 0)
        print("N", self._numbers.ep, sample.sq)
        if not self.held.samples and not self._flights:
            self._heard_ms = self._uptime.ms()  # nothing was owed until now
        lost = self.held.add(sample)
        if lost is not None:
            self.backlog.drop(self._numbers.ep, lost.sq, "memory-full")
        if self._clock.known:
            sample.time_s = self._clock.stamp()
        print(sample.said(self._numbers.ep, self._names))
        self._wake.set()

    def say_last(self) -> None:
        """Say once more what was measured last, to whoever listens only now."""
        for sample in self.held.samples[-1:]:
            print(sample.said(self._numbers.ep, self._names))

    def clock_learnt(self) -> None:
        """Date what was measured before the date was known."""
        for sample in self.held.undated():
            sample.time_s = self._clock.date(sample.up_s)
            print(sample.said(self._numbers.ep, self._names))
        self.overflow.keep_base()
        self._wake.set()

    def connected(self) -> None:
        """From now on samples can be sent, and nothing counts as sent."""
        self._begin_anew()
        self._ready = True

    def _begin_anew(self) -> None:
        self._flights = []
        self.held.forget_sending()
        self.backlog.rewind()
        self._live_from = self._numbers.next
        self._heard_ms = self._uptime.ms()
        self._settled_ms = self._heard_ms + _SETTLE_MS
        self._wake.set()

    def disconnected(self) -> None:
        """Send nothing until the next connection."""
        self._ready = False

    def heard(self, payload: bytes) -> None:
        """Take a receipt in: free what it covers, now in memory, soon on disk."""
        told = read_receipt(payload)
        if told is None:
            return
        ep, n, also = told
        if ep == self._numbers.ep and max([n] + [b for _, b in also]) > self._sent_to:
            self._doubted = ep
            self._wake.set()
            return
        print("R", ep, n, also)
        if ep not in self._eps():
            return
        now_ms = self._uptime.ms()
        silent = now_ms - self._heard_ms > _SILENCE_MS
        self._heard_ms = now_ms
        self.receipts.hear(ep, n, also)
        if ep == self._numbers.ep:
            self.held.free(lambda sq: self.receipts.covers(ep, sq))
        self._land(now_ms, silent)
        self._wake.set()

    # What it does by itself.

    async def run(self, client, beat) -> None:
        """Send what is to be sent, and put on disk what waits too long; never returns."""
        while True:
            beat()
            if self._doubted is not None:
                self._renumber(self._doubted)
            self._tidy()
            await self._spill_if_due()
            if self._ready and self._clock.known and await self._send_next(client):
                continue
            self._wake.clear()
            try:
                await asyncio.wait_for_ms(self._wake.wait(), 500)
            except asyncio.TimeoutError:
                continue

    async def spill(self) -> None:
        """Move everything that is in memory now to the spool."""
        await self.overflow.spill()
        self._flights = [f for f in self._flights if self._still_held(f)]

    def _on_disk(self, segment, start: int, first: int, last: int) -> None:
        """Packs on their way whose samples went to disk go on from there, oldest first, as many as the window has room for.

        The others are read again when their turn comes. Were it the newest that stay, an older one would wait behind a window of packs
        that a receipt has no room to name, and be given up.
        """
        room = WINDOW - sum(1 for f in self._flights if f.segment is not None)
        for flight in sorted((f for f in self._flights if f.segment is None), key=lambda f: f.first):
            if room > 0 and first <= flight.first and flight.last <= last:
                flight.segment, flight.start, flight.end, flight.live = segment, start, segment.size, False
                room -= 1

    def _still_held(self, flight: Flight) -> bool:
        """Is anything of this pack where it was when it was sent?"""
        if flight.segment is None:
            return bool(self.held.between(flight.first, flight.last))
        return flight.segment in self.spool.segments

    async def _send_next(self, client) -> bool:
        """Send one pack, if there is one to send now."""
        now_ms = self._uptime.ms()
        if now_ms < self._settled_ms:
            return False
        found = self._live()
        if found is None:
            found = await self._again(now_ms)
        if found is None and self._window_open():
            found = await self._oldest()
        if found is None:
            return False
        flight, pack = found
        if not flight.sends:
            self._flights.append(flight)
        flight.sent(now_ms, random.random())
        if pack.ep == self._numbers.ep:
            self._sent_to = max(self._sent_to, pack.numbers[-1])
        print("P", pack.ep, pack.numbers[0], pack.numbers[-1], len(pack.numbers))
        try:
            await client.publish(self._topic, pack.payload(), 1)
        except OSError:
            return False  # the connection ended; the next one begins anew
        return True

    def _live(self) -> tuple[Flight, Pack] | None:
        """The newest samples that were never sent, made since the connection."""
        fresh = self.held.unsent(self._live_from, self._numbers.next)
        return self._pack(newest(fresh, self._heads), live=True)

    async def _oldest(self) -> tuple[Flight, Pack] | None:
        """The oldest samples that wait: those on disk, then those in memory."""
        cut = await self.backlog.next(self.lowest, self._waits_here)
        if cut is not None:
            flight = Flight(cut.pack.ep, cut.pack.numbers[0], cut.pack.numbers[-1], live=False)
            flight.segment, flight.start, flight.end = cut.segment, cut.start, cut.end
            return flight, cut.pack
        return self._pack(self.held.unsent(0, self._live_from), live=False)

    async def _again(self, now_ms: int) -> tuple[Flight, Pack] | None:
        """The first pack that is due again, cut anew of what no receipt covers."""
        for flight in [f for f in self._flights if f.due_ms <= now_ms]:
            pack = await self._recut(flight)
            if flight not in self._flights:
                continue  # its receipt came while it was read
            if pack is None:
                self._flights.remove(flight)
            elif flight.hopeless and self.receipts.beyond(flight.ep, flight.last):
                self._give_up(flight, pack)
            else:
                flight.live = False
                flight.first = pack.numbers[0]  # `lo` follows, and closes the holes that a receipt has no room to name
                return flight, pack
        return None

    async def _recut(self, flight: Flight) -> Pack | None:
        if flight.segment is not None:
            cut = await self.backlog.cut(
                flight.segment, flight.start, flight.end, self.lowest, lambda _, sq: flight.first <= sq <= flight.last
            )
            return cut.pack if cut.pack.numbers else None
        found = self._pack(self.held.between(flight.first, flight.last), live=False)
        return found[1] if found is not None else None

    def _pack(self, samples: list[Sample], *, live: bool) -> tuple[Flight, Pack] | None:
        """A pack of samples in memory, oldest first, as many as fit."""
        if not samples:
            return None
        ep = self._numbers.ep
        pack = Pack(self._heads, ep, self.lowest(ep), self._numbers.dropped)
        for sample in samples:
            if sample.time_s is None or not pack.add(sample.sq, sample.time_s, sample.values):
                break
            sample.sent = True
        if not pack.numbers:
            return None
        return Flight(ep, pack.numbers[0], pack.numbers[-1], live), pack

    def _give_up(self, flight: Flight, pack: Pack) -> None:
        """Drop what five sends did not get through while later samples got their receipts."""
        self._flights.remove(flight)
        ep = flight.ep
        for sq in pack.numbers:
            self.backlog.drop(ep, sq, "unreceipted")
            if flight.segment is not None:
                self.backlog.give_up(flight.segment, sq)
        if flight.segment is None:
            self.held.free(lambda sq: sq in pack.numbers)

    def _land(self, now_ms: int, silent: bool) -> None:
        """Take what is covered off the flights, note who was outrun, and look soon at what a silent gateway left."""
        landed = [f for f in self._flights if self._landed(f)]
        self._flights = [f for f in self._flights if f not in landed]
        newest_ms = max(f.sent_ms for f in landed) if landed else 0
        for flight in self._flights:
            flight.outrun = flight.outrun or flight.sent_ms < newest_ms
            if self.receipts.covers(flight.ep, flight.first) and self.receipts.covers(flight.ep, flight.last):
                flight.due_ms = now_ms
            elif silent:
                flight.forgive(now_ms, random.random())

    def _landed(self, flight: Flight) -> bool:
        if flight.segment is None:
            return not self.held.between(flight.first, flight.last)
        return self.receipts.covers_all(flight.ep, flight.first, flight.last)

    def _tidy(self) -> None:
        """Remove from disk what was read to its end and has nothing on its way, and note how far the rest is."""
        for segment in list(self.spool.segments[: WINDOW + 1]):
            waiting = [f.first for f in self._flights if f.segment is segment]
            if not waiting and self.backlog.read_to_end(segment) and segment is self.spool.segments[0]:
                self._numbers.keep_drops()
                self.spool.remove(segment)
            else:
                self.backlog.settle(segment, waiting)
        self.receipts.keep_only(self._eps())
        if self._uptime.ms() >= self._keep_ms:
            self._keep_ms = self._uptime.ms() + _KEEP_MS
            self._numbers.keep_drops()

    async def _spill_if_due(self) -> None:
        samples = self.held.samples
        if not samples:
            return
        waited_ms = self._uptime.ms() - max(1000 * samples[0].up_s, self._began_ms)
        if len(samples) >= FULL or waited_ms > QUIET_MS:
            await self.spill()

    def _renumber(self, ep: int) -> None:
        """The counter went back: a new `ep`, and new numbers for everything held under the old one."""
        print("# the gateway has numbers that this board has not given yet: a new ep")
        self._doubted = None
        lowest = self.lowest(ep)
        shift = self._numbers.renew(lowest)
        self._sent_to = 0
        for sample in self.held.samples:
            sample.sq += shift
        self.backlog.number_again(ep, shift)
        self._carry_over(ep, lowest, shift)

    def _carry_over(self, ep: int, lowest: int, shift: int) -> None:
        """What is held of an old `ep`, from `lowest` on, goes on under the present one: nothing of it was sent."""
        print("M", ep, lowest, shift, self._numbers.ep)
        self._begin_anew()

    def lowest(self, ep: int) -> int:
        """The lowest number of this `ep` that is held; it only grows."""
        on_disk = self.backlog.lowest(ep)
        in_memory = self.held.samples[0].sq if ep == self._numbers.ep and self.held.samples else None
        found = [low for low in (on_disk, in_memory) if low is not None]
        low = max(self._lows.get(ep, 0), min(found) if found else self._numbers.next)
        self._lows = {e: self._lows[e] for e in self._lows if e in self._eps()}
        self._lows[ep] = low
        return low

    def _waits_here(self, ep: int, sq: int) -> bool:
        """Is this sample on no pack that is on its way?"""
        return not any(f.ep == ep and f.first <= sq <= f.last for f in self._flights)

    def _window_open(self) -> bool:
        return sum(1 for f in self._flights if not f.live) < WINDOW

    def _eps(self) -> list[int]:
        return [self._numbers.ep] + [s.ep for s in self.spool.segments]
