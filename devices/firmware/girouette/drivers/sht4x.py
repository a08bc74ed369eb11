"""Sensirion SHT40, SHT41 and SHT45 on I2C: temperature (degrees C) and relative humidity (%).

Data sheet SHT4x: "Command overview" (0xFD measures with high precision, 0x89 tells the serial number), "Timings" (8.3 ms at the
longest, during which the chip answers no read), "Conversion of signal output", "Data type and length" for the check bytes.
"""

import asyncio
import struct

from micropython import const

from girouette.sensirion import checked
from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("temperature", "humidity")

MEASURE = b"\xfd"
SERIAL = b"\x89"
_SERIAL_MS = const(2)
_MEASURE_MS = const(9)
_LOOKS = const(4)


class Driver:
    """One chip: measures when asked, and sleeps in between."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]

    async def start(self) -> None:
        """Make sure that the chip is there and can be understood: it tells its serial number."""
        try:
            self._bus.writeto(self._address, SERIAL)
        except OSError:
            raise SensorError("absent")
        await asyncio.sleep_ms(_SERIAL_MS)
        checked(await self._answer())

    async def read(self) -> dict:
        """Measure once: waits 9 ms for the chip, in which other tasks run."""
        self._bus.writeto(self._address, MEASURE)
        await asyncio.sleep_ms(_MEASURE_MS)
        warm, damp = struct.unpack(">HH", checked(await self._answer()))
        return {
            "temperature": -45 + 175 * warm / 65535,
            "humidity": min(max(-6 + 125 * damp / 65535, 0), 100),
        }

    async def _answer(self) -> bytes:
        """Six bytes, once the chip answers; it refuses for as long as it measures."""
        for _ in range(_LOOKS):
            try:
                return self._bus.readfrom(self._address, 6)
            except OSError:
                await asyncio.sleep_ms(2)
        raise SensorError("timeout")
