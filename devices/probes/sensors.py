"""On a board: its sensors, read three times each by its own firmware, and for how long they held the event loop."""

import asyncio
import json
import time

from girouette.buses import Buses
from girouette.loading import load_config
from girouette.sensor import Sensor

READINGS = 3
PAUSE_MS = 1000


async def beat(longest: list) -> None:
    """Notice how late a task runs that wants to run every millisecond."""
    while True:
        began = time.ticks_us()
        await asyncio.sleep_ms(1)
        longest[0] = max(longest[0], time.ticks_diff(time.ticks_us(), began) - 1000)


async def look(sensor) -> dict:
    """What a sensor gives, how long it takes, and its fault."""
    longest, took_ms, last = [0], [], {}
    watch = asyncio.create_task(beat(longest))
    for _ in range(READINGS):
        began = time.ticks_ms()
        values = await sensor.read()
        took_ms.append(time.ticks_diff(time.ticks_ms(), began))
        last = values or last
        for _ in range(PAUSE_MS // 1000):
            await asyncio.sleep_ms(1000)
            sensor.tick()
    watch.cancel()
    return {
        "driver": sensor.name,
        "values": {key: last[key] for key in last},
        "fault": sensor.fault,
        "read_ms": sorted(took_ms)[READINGS // 2],
        "held_loop_us": longest[0],
    }


async def figures() -> dict:
    """All sensors of the configuration, one after another."""
    buses, found = Buses(), []
    for wiring in load_config("/config.json").sensors:
        found.append(await look(Sensor(wiring, buses)))  # MicroPython awaits in no comprehension
    return {"sensors": found}


print("FOUND " + json.dumps(asyncio.run(figures())))
