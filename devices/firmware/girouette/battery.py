"""A board on a battery: it sleeps between samples, and opens its radio only to send.

A start is: measure, number, remember in RTC memory; every `batch` samples send, and wait for the receipt; then sleep. The
sample is remembered before the radio opens, so that a number that was sent is never given again. Where the network or
the broker stays away the samples go to flash, each batch as soon as it is full, and the next attempts come less and less often: a
radio that searches costs more than all the rest. Before a planned sleep `state` says until when, and the connection is closed cleanly.
"""

import asyncio
import time

import machine

from micropython import const

from girouette.buses import Buses
from girouette.clock import Clock, Uptime
from girouette.nap import recall, remember, slept_ms
from girouette.numbers import Numbers
from girouette.sample import Sample
from girouette.sampler import Sampler
from girouette.sensor import Sensor

_WARM_UP_S = const(240)
"""How long sensors may take until they have a value."""
_PATIENCE_MS = const(25000)
"""So long without a network, a broker or a receipt, and the radio is switched off."""
_SAID_MS = const(40)
"""The longest order at 9600 baud is on its way for 20 ms: a chip that sleeps sooner cuts it off."""
_LINGER_MS = const(2000)
"""An order that waits for this board is heard in this time."""
_MOST_SKIPPED = const(64)
_SHORTEST_MS = const(1000)


class Over(Exception):
    """What a board on a battery was awake for is done."""


class Life:
    """One start of a board on a battery."""

    def __init__(self, config):
        told = recall()
        self.woken = bool(told)
        self.config = config
        self.uptime = Uptime(start_ms=told["up_ms"] + slept_ms(told) if told else 0)
        self.clock = Clock(self.uptime)
        self.numbers = Numbers(told.get("counter"))
        self.held: list[Sample] = []
        self.buses = Buses()
        self.sensors = [Sensor(w, self.buses) for w in config.sensors]
        self.sampler = Sampler(self.sensors, config.period_s, self.uptime, self._keep)
        self.due_s = told.get("due_s", self.uptime.s())
        self.since = told.get("since", 0)
        self.fails = told.get("fails", 0)
        self.sampler.empty = told.get("empty", 0)
        self.full = False
        if told:
            self._take_up(told)
        self.first = self.numbers.next
        """The number of the first sample of this start."""

    def _take_up(self, told: dict) -> None:
        """Go on where the last start ended; samples of another counter get new numbers, if they can be dated."""
        if told["base_ms"] is not None:
            self.clock.resume(told["base_ms"], told["last_s"])
        for sq, up_s, time_s, values in told["held"]:
            if not self.numbers.went_on:
                if not time_s:
                    self.numbers.drop(self.numbers.ep)
                    continue
                sq = self.numbers.take()
            sample = Sample(sq, up_s, values)
            sample.time_s = time_s or None
            self.held.append(sample)

    async def measure(self, beat) -> None:
        """Take one sample, as soon as the sensors have something to say."""
        await self.sampler.settle(beat, _WARM_UP_S)
        await self.sampler.sample(beat, True)
        for sensor in self.sensors:
            sensor.rest()
        await asyncio.sleep_ms(_SAID_MS)
        self.since += 1

    def _keep(self, up_s: int, values: str) -> None:
        sample = Sample(self.numbers.take(), up_s, values)
        print("N", self.numbers.ep, sample.sq)
        if self.clock.known:
            sample.time_s = self.clock.stamp()
        print(sample.said(self.numbers.ep, [c.name for c in self.config.channels]))
        self.held.append(sample)

    @property
    def to_send(self) -> bool:
        """Is it time to open the radio?"""
        if self.fails:
            return self.since >= min(self.config.batch << min(self.fails, 6), _MOST_SKIPPED) or self.full
        return self.since >= self.config.batch or self.full or not self.clock.known

    async def spill(self) -> None:
        """Put what waits on flash, as long as nothing can be sent: a power cut costs no more than a batch."""
        from girouette.sender import Sender
        from girouette.spool import Spool

        config, spool = self.config, Spool("spool", self.config.spool_bytes)
        sender = Sender(config.topic, config.base_name, config.channels, self.numbers, self.clock, self.uptime, spool)
        sender.held.samples, self.held = self.held, []
        if self.full:
            self.remember()  # the numbers at least: what is on flash after a crash must not share them
        await sender.spill()
        self.held = sender.held.samples
        self.full = not self.remember()

    async def send(self, feed) -> None:
        """Open the radio and send what waits; what could not be sent is on flash afterwards."""
        from girouette.app import Board

        board = Board(self.config, self)
        board.begin()
        board.sender.held.samples = self.held
        sent = await run_until(board, lambda: self._send(board), feed)
        self.fails = 0 if sent else self.fails + 1
        self.since = 0
        self.held = board.sender.held.samples

    async def _send(self, board) -> bool:
        """Wait until all is receipted, as long as something moves; tell that the board will sleep, and whether all went."""
        seen, moved_ms, began_ms = None, time.ticks_ms(), None
        while time.ticks_diff(time.ticks_ms(), moved_ms) < _PATIENCE_MS:
            await asyncio.sleep_ms(100)
            sender = board.sender
            now = (board.link.up(), board.client.online, len(sender.held.samples), sender.spool.bytes, board.busy)
            if now != seen or board.busy:
                seen, moved_ms = now, time.ticks_ms()
            if not board.client.online:
                began_ms = None
                continue
            began_ms = began_ms or time.ticks_ms()
            lingered = time.ticks_diff(time.ticks_ms(), began_ms) > _LINGER_MS
            if lingered and not board.busy and board.clock.known and not (sender.held.samples or sender.spool.segments):
                await board.reporter.asleep(board.clock.now_s() + self.sleep_ms(self.config.batch) // 1000)
                await board.client.leave()
                return True
        return False

    def sleep_ms(self, periods: int = 1) -> int:
        """Until the sample that is due after so many periods; those that were missed are left out."""
        period_s, now_s = self.config.period_s, self.uptime.s()
        missed = max(0, (now_s - self.due_s) // period_s)
        return max((self.due_s + (missed + periods) * period_s) * 1000 - self.uptime.ms(), _SHORTEST_MS)

    def remember(self) -> bool:
        """Put everything that the next start needs into RTC memory; False where it is too much."""
        numbers, clock = self.numbers, self.clock
        return remember({
            "rtc_s": time.time(), "up_ms": self.uptime.ms(), "due_s": self.due_s, "since": self.since, "fails": self.fails,
            "counter": [numbers.ep, numbers.boot, numbers.next, numbers.dropped], "empty": self.sampler.empty,
            "base_ms": clock.base_ms if clock.known else None, "last_s": clock.last_s,
            "held": [[s.sq, s.up_s, s.time_s or 0, s.values] for s in self.held],
        })

    async def live(self) -> int:
        """Measure, send where it is time, remember; for how many milliseconds to sleep now."""
        feed = machine.WDT(timeout=self.config.watchdog_s * 1000).feed
        self.due_s += max(0, (self.uptime.s() - self.due_s) // self.config.period_s) * self.config.period_s
        if not self.woken:
            from girouette import doors, waking

            await waking.listen_first(self.config, self.uptime, feed)
            doors.forget("waking", "improv", "known", "settings")
        await self.measure(feed)
        self.full = not self.remember()
        if self.full or self.fails and len(self.held) >= self.config.batch:
            await self.spill()
        if self.to_send:
            await self.send(feed)
            self.remember()
        pause_ms = self.sleep_ms()
        print("# asleep for", pause_ms, "ms, held", len(self.held))
        return pause_ms


async def run_until(board, over, feed) -> bool:
    """Run a board without sampling until `over` has an answer, which is returned; what is in memory is then put on disk."""
    answers = []

    async def wait(_) -> None:
        answers.append(await over())
        raise Over

    try:
        await board.gather(feed, [("over", wait)])
    except Over:
        pass
    return answers[0]


def run(config) -> None:
    """One start, then deep sleep; returns only by an error."""
    machine.deepsleep(asyncio.run(Life(config).live()))
