"""ROHM BH1750FVI on I2C: illuminance (lx) from 0.1 to 121000, by three measuring times.

Data sheet BH1750FVI: "Instruction set architecture" (one measurement, then power down), "Measurement sequence example" (raw
33680 is 28067 lx: a count is 1/1.2 lx), "Adjust measurement result for influence of optical window" (the measuring time goes
with MTreg, 31 to 254, and so does the count), "H-resolution mode" (180 ms at the most at MTreg 69).
"""

import asyncio

from micropython import const

from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("illuminance",)

POWER_ON = b"\x01"
_ONCE = const(0x20)
_ONCE_FINE = const(0x21)
"""H-resolution mode 2: a count is half as much."""
_USUAL = const(69)
_DARK = const(254)
BRIGHT = const(31)
LONGEST_MS = const(180)
FULL = const(65535)
DIM = const(240)
"""200 lx: below, there is time for a finer look."""


class Driver:
    """One chip: looks once, then longer in the dark or shorter in the sun; asleep in between."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]

    async def start(self) -> None:
        """Make sure that somebody answers: the chip has no number of its own."""
        try:
            self._bus.writeto(self._address, POWER_ON)
        except OSError:
            raise SensorError("absent")

    async def read(self) -> dict:
        """Measure: 0.2 s in daylight, 0.9 s in the dark, in which other tasks run; `saturated` beyond the brightest sun."""
        count = await self._count(_ONCE, _USUAL)
        if count < DIM:
            count = await self._count(_ONCE_FINE, _DARK)
            return {"illuminance": count * (_USUAL / 1.2 / _DARK / 2)}
        if count < FULL:
            return {"illuminance": count / 1.2}
        count = await self._count(_ONCE, BRIGHT)
        if count == FULL:
            raise SensorError("saturated")
        return {"illuminance": count * (_USUAL / 1.2 / BRIGHT)}

    async def _count(self, mode: int, mt: int) -> int:
        """What the chip counts in one measurement of this measuring time."""
        for opcode in (POWER_ON[0], 0x40 | mt >> 5, 0x60 | mt & 31, mode):
            self._bus.writeto(self._address, bytes((opcode,)))
        await asyncio.sleep_ms(LONGEST_MS * mt // _USUAL + 1)
        raw = self._bus.readfrom(self._address, 2)
        return raw[0] << 8 | raw[1]
