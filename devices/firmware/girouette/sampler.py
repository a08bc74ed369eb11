"""Takes a sample each period: asks every sensor, keeps what they give as text, and hands it on."""

import asyncio
import time

from girouette.sample import text_of

TICK_MS = 1000


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

    async def run(self, beat) -> None:
        """Never returns; ticks that were missed are left out, not made up for."""
        for sensor in self._sensors:
            await sensor.read()  # starts it; what it says first is not a sample yet
            beat()
        due, count = time.ticks_add(time.ticks_ms(), TICK_MS), 0
        while True:
            beat()
            await asyncio.sleep_ms(max(0, time.ticks_diff(due, time.ticks_ms())))
            late = max(0, time.ticks_diff(time.ticks_ms(), due)) // TICK_MS
            due = time.ticks_add(due, TICK_MS * (late + 1))
            for sensor in self._sensors:
                sensor.tick()
            if self.asked or self._falls_due(count, late):
                self.asked = False
                await self._sample(beat)
            count += late + 1

    def _falls_due(self, count: int, late: int) -> bool:
        """Does a sample fall on this tick, or on one that was missed before it?"""
        return (count + late) // self._period_s > (count - 1) // self._period_s

    async def _sample(self, beat) -> None:
        up_s = max(self._uptime.s(), self._last_s + 1)
        texts: list[str] = []
        heard: dict = {}
        for sensor in self._sensors:
            sensor.hear(heard)
            values = await sensor.read()
            heard.update(values)
            beat()
            texts.extend(text_of(values.get(c.key), c.digits) for c in sensor.channels)
        if not any(texts):
            self.empty += 1
            return
        self._last_s = up_s
        self._keep(up_s, ",".join(texts))
