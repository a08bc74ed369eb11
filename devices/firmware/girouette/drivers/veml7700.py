"""Vishay VEML7700 on I2C: illuminance (lx) from a hundredth of a lux, by two gains.

Data sheet 84286 rev. 1.7: command registers (least byte first; gain in bits 12:11, integration time in bits 9:6, shut down in bit 0),
2.5 ms after waking. Application note 84323: lux a count (0.0042 at gain 2 and 800 ms, and so on in proportion), gains 1 and 2 for
less than 100 lx only, the correction of what the small gains see of bright light (its example: 1500 becomes 1658 lx).
"""

import asyncio
import struct

from micropython import const

from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("illuminance",)

_REG_SETTINGS = const(0x00)
_REG_COUNT = const(0x04)
_SHUT_DOWN = const(0x0001)
BRIGHT = (0x1000, 100, 0.5376)
DIM = (0x0880, 400, 0.0084)
"""Settings, integration time in milliseconds, lux a count: gain 1/8 for 100 ms, gain 2 for 400 ms."""
_WAKE_MS = const(5)
FULL = const(65535)
_DIM_COUNT = const(186)
"""100 lx by the small gain."""


def corrected(lux: float) -> float:
    """The light that a small gain's value stands for: it sees less and less of more and more."""
    return lux * (1.0023 + lux * (8.1488e-5 + lux * (-9.3924e-9 + lux * 6.0135e-13)))


class Driver:
    """One chip: looks by the small gain, and longer by the great one where it is dim; asleep in between."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]

    async def start(self) -> None:
        """Make sure that it keeps what it is told, as no other chip at this address does."""
        try:
            self._set(_SHUT_DOWN)
            kept = self._bus.readfrom_mem(self._address, _REG_SETTINGS, 2)
        except OSError:
            raise SensorError("absent")
        if kept != struct.pack("<H", _SHUT_DOWN):
            raise SensorError("wrong-chip")

    async def read(self) -> dict:
        """Measure: 0.1 s in daylight, 0.6 s in the dark, in which other tasks run."""
        count = await self._count(BRIGHT)
        if count == FULL:
            raise SensorError("saturated")
        if count < _DIM_COUNT:
            return {"illuminance": await self._count(DIM) * DIM[2]}
        return {"illuminance": corrected(count * BRIGHT[2])}

    async def _count(self, how: tuple) -> int:
        """What it counts in one integration, woken for it."""
        settings, integrates_ms, _ = how
        self._set(settings)
        await asyncio.sleep_ms(_WAKE_MS + integrates_ms * 5 // 4)
        count = struct.unpack("<H", self._bus.readfrom_mem(self._address, _REG_COUNT, 2))[0]
        self._set(_SHUT_DOWN)
        return count

    def _set(self, settings: int) -> None:
        self._bus.writeto_mem(self._address, _REG_SETTINGS, struct.pack("<H", settings))
