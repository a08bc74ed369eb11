"""Closures of a contact at their moments, in a task of their own: the nearest that a process comes to an interrupt."""

import asyncio
import time

CLOSEST_MS = 6


def pulse_to(model, handler) -> None:
    """Call the handler at every closure, for ever; while the model stands still, look again ten times a second."""
    asyncio.create_task(_pulses(model, handler))


async def _pulses(model, handler) -> None:
    turned, before = 0.0, time.ticks_ms()
    while True:
        hertz = model.hertz()
        await asyncio.sleep_ms(wait_ms(hertz, turned))
        now = time.ticks_ms()
        turned += hertz * time.ticks_diff(now, before) / 1000
        before = now
        if turned >= 1:
            turned -= 1
            handler()


def wait_ms(hertz: float, turned: float) -> int:
    """Until the next closure, but never longer than 100 ms and never closer than contacts can follow one another."""
    return 100 if hertz <= 0 else int(min(100, max(CLOSEST_MS, (1 - turned) / hertz * 1000)))
