"""Takes a sample each period: asks every sensor, keeps what they give as text, and hands it on."""

import asyncio
import time

from micropython import const

from girouette.sample import text_of

_TICK_MS = const(1000)


class Sampler:
    """Ticks once a second, samples once a period, and once more whenever somebody asks."""

    def __init__(self, sensors, period_s: int, uptime, keep):
        self._sensors = sensors
        self._period_s = period_s
        self._uptime = uptime
        self._keep = keep
        self._last_s = -1
        self.asked = False
        self.empty = 0
        self.heard: dict = {}
        """What the last sample's sensors gave, by the drivers' keys."""

    async def run(self, beat) -> None:
        """Never returns; ticks that were missed are left out, not made up for."""
        await self.settle(beat)
        due, count = time.ticks_add(time.ticks_ms(), _TICK_MS), 0
        while True:
            beat()
            await asyncio.sleep_ms(max(0, time.ticks_diff(due, time.ticks_ms())))
            late = max(0, time.ticks_diff(time.ticks_ms(), due)) // _TICK_MS
            due = time.ticks_add(due, _TICK_MS * (late + 1))
            for sensor in self._sensors:
                sensor.tick()
            if self.asked or self._falls_due(count, late):
                self.asked = False
                await self.sample(beat)
            count += late + 1

    def _falls_due(self, count: int, late: int) -> bool:
        """Does a sample fall on this tick, or on one that was missed before it?"""
        return (count + late) // self._period_s > (count - 1) // self._period_s

    async def settle(self, beat, within_s: int = 0) -> None:
        """Start every sensor: what it says first is not a sample yet; within so many seconds wait for those that warm up."""
        heard: dict = {}
        for sensor in self._sensors:
            sensor.hear(heard)
            heard.update(await sensor.read())
            beat()
        for _ in range(within_s):
            cold = [s for s in self._sensors if s.fault == "warm-up" or not (s.fault or s.gave)]
            if not cold:
                return
            await asyncio.sleep_ms(_TICK_MS)
            for sensor in cold:
                sensor.tick()
                sensor.hear(heard)
                await sensor.read()
            beat()

    async def sample(self, beat, settled: bool = False) -> None:
        """Take one sample now; nothing is kept of a moment in which no sensor has a value.

        Just after all have `settled`, those that gather have given what they had, and nothing newer to say: that is taken.
        """
        up_s = max(self._uptime.s(), self._last_s + 1)
        texts: list[str] = []
        heard: dict = {}
        self.heard = heard
        for sensor in self._sensors:
            sensor.hear(heard)
            gave = sensor.gave if settled else {}
            values = await sensor.read() or gave
            heard.update(values)
            beat()
            texts.extend(text_of(values.get(c.key), c.digits) for c in sensor.channels)
        if not any(texts):
            self.empty += 1
            return
        self._last_s = up_s
        self._keep(up_s, ",".join(texts))
