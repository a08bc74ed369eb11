"""A driver at work on the board, beside the model of its chip: what it reads, second by second, and what it says is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from on_board import run

from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes

WATCH = """
import asyncio
from world import the_world
from girouette.buses import Buses
from girouette.config import Wiring
from girouette.sensor import Sensor

seconds, period, driver = given
now = {}
the_world.value = lambda channel: now[channel]
the_world.control = lambda name, default: now.get(name, default)
fault = the_world.fault
the_world.fault = lambda kind, key, name: now.get("fault") == kind or fault(kind, key, name)
raw = [s for s in the_world.config["sensors"] if s["driver"] == driver][0]
sensor = Sensor(Wiring(raw), Buses())

async def watch():
    readings = []
    now.update(seconds[0])
    await sensor.read()
    for second, values in enumerate(seconds):
        now.update(values)
        await asyncio.sleep_ms(1000)
        sensor.tick()
        if (second + 1) % period == 0:
            found = await sensor.read()
            readings.append([found, sensor.fault])
    return readings

result = asyncio.run(watch())
"""


def watch(
    directory: Path, recipe: str, driver: str, seconds: list[dict[str, Any]], *, period: int = 1, **options: float
) -> list[tuple[dict[str, float], str | None]]:
    """What a driver reads each period, and its fault, while its channels have these values second by second.

    `recipe` may name a board: `weather on esp32`; the recipe's first one where it does not.
    """
    recipe, _, board = recipe.partition(" on ")
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883, board=board or None)
    config = build_image([load_recipes()[recipe]], identity).told
    for sensor in config["sensors"]:
        if sensor["driver"] == driver:
            sensor["options"] |= options
    read = run(WATCH, directory, [seconds, period, driver], config=config, virtual=True)
    return [(found, fault) for found, fault in read]
