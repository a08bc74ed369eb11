"""No driver on I2C holds the loop for longer than 5 ms: at 100 kHz that is 55 bytes between two of its waits."""

from __future__ import annotations

from pathlib import Path

import pytest
from on_board import run

from devices.driver import load_drivers
from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes

I2C = [slug for slug, driver in load_drivers().items() if driver.bus == "i2c"]
MOST_BYTES = 5 * 100 // 9
"""Of nine bits each: 5 ms at 100 kHz."""
COUNTED = """
import asyncio
from girouette import buses
from girouette.config import Wiring
from girouette.sensor import Sensor

stretch, result = [0], [0]

class Counted:
    # The bus, which counts the bytes since somebody waited; addresses and registers are bytes too.
    def __init__(self, bus):
        self._bus = bus
    def _count(self, count):
        stretch[0] += count
        result[0] = max(result[0], stretch[0])
    def readfrom(self, address, count):
        self._count(1 + count)
        return self._bus.readfrom(address, count)
    def writeto(self, address, content):
        self._count(1 + len(content))
        return self._bus.writeto(address, content)
    def readfrom_mem(self, address, register, count, addrsize=8):
        self._count(2 + addrsize // 8 + count)
        return self._bus.readfrom_mem(address, register, count, addrsize=addrsize)
    def writeto_mem(self, address, register, content, addrsize=8):
        self._count(1 + addrsize // 8 + len(content))
        self._bus.writeto_mem(address, register, content, addrsize=addrsize)

class Waits:
    def __getattr__(self, name):
        return getattr(asyncio, name)
    async def sleep_ms(self, ms):
        stretch[0] = 0
        await asyncio.sleep_ms(ms)

module = __import__("girouette.drivers." + given["driver"], None, None, ("Driver",))
module.asyncio = Waits()
made = buses.Buses()
made.open = lambda bus: Counted(buses.Buses().open(bus))
sensor = Sensor(Wiring(given), made)

async def live():
    for second in range(200):
        stretch[0] = 0
        sensor.tick()
        if second % 20 == 0:
            stretch[0] = 0
            await sensor.read()
        await asyncio.sleep_ms(1000)
    return await sensor.read()

result.append(sorted(asyncio.run(live())))
"""


@pytest.mark.parametrize("driver", I2C)
def test_a_driver_never_holds_the_bus_for_long(driver: str, tmp_path: Path) -> None:
    """Over 200 s, start and readings and ticks, no more bytes pass between two waits than 5 ms have room for; and it reads."""
    recipe = next(r for r in load_recipes().values() if any(s.driver == driver for s in r.sensors))
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883)
    config = build_image([recipe], identity).told
    (wiring,) = (s for s in config["sensors"] if s["driver"] == driver)
    around = {"signals": {c: {"base": s["base"]} for c, s in recipe.signals.items()}}

    most, keys = run(COUNTED, tmp_path, wiring, config=config, around=around, virtual=True)

    assert 0 < most <= MOST_BYTES
    assert set(keys) == set(load_drivers()[driver].keys)
