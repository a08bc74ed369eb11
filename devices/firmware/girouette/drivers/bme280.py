"""Bosch BME280 on I2C: temperature (degrees C), relative humidity (%), pressure (hPa).

Data sheet BST-BME280-DS002: forced mode (3.3.3), measuring time (9.1), registers (5.3, 5.4), coefficients (4.2.2),
compensation in whole numbers (4.2.3), which needs no double precision.
"""

import asyncio
import struct

from micropython import const

from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("temperature", "humidity", "pressure")

_CHIP_ID = const(0x60)
_REG_ID = const(0xD0)
_REG_COEFFICIENTS = const(0x88)
_REG_COEFFICIENTS_2 = const(0xE1)
_REG_CTRL_HUM = const(0xF2)
_REG_STATUS = const(0xF3)
_REG_CTRL_MEAS = const(0xF4)
_REG_DATA = const(0xF7)
_MEASURING = const(0x08)
ONCE = b"\x25"
"""Temperature and pressure once each, forced mode: a single sample heats the chip least (5.4.5)."""
_MEASURE_MS = const(10)
"""At one sample of each the longest measuring time is 9.3 ms (9.1)."""
_SKIPPED = const(0x80000)


class Driver:
    """One chip: measures when asked, and sleeps in between."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]
        self._t: tuple = ()
        self._p: tuple = ()
        self._h: tuple = ()

    async def start(self) -> None:
        """Make sure that the chip is there, and read its coefficients."""
        try:
            chip = self._bus.readfrom_mem(self._address, _REG_ID, 1)[0]
        except OSError:
            raise SensorError("absent")
        if chip != _CHIP_ID:
            raise SensorError("wrong-chip")
        low = self._bus.readfrom_mem(self._address, _REG_COEFFICIENTS, 26)
        high = self._bus.readfrom_mem(self._address, _REG_COEFFICIENTS_2, 7)
        words = struct.unpack("<HhhHhhhhhhhh", low[:24])
        self._t, self._p = words[:3], words[3:]
        h2, h3 = struct.unpack("<hB", high[:3])
        h4, h5 = signed(high[3]) * 16 + (high[4] & 15), signed(high[5]) * 16 + (high[4] >> 4)
        self._h = (low[25], h2, h3, h4, h5, signed(high[6]))

    async def read(self) -> dict:
        """Measure once: waits 10 ms for the chip, in which other tasks run."""
        self._bus.writeto_mem(self._address, _REG_CTRL_HUM, b"\x01")
        self._bus.writeto_mem(self._address, _REG_CTRL_MEAS, ONCE)
        await asyncio.sleep_ms(_MEASURE_MS)
        for _ in range(5):
            if not self._bus.readfrom_mem(self._address, _REG_STATUS, 1)[0] & _MEASURING:
                break
            await asyncio.sleep_ms(2)
        else:
            raise SensorError("timeout")
        raw = self._bus.readfrom_mem(self._address, _REG_DATA, 8)
        pressure = raw[0] << 12 | raw[1] << 4 | raw[2] >> 4
        temperature = raw[3] << 12 | raw[4] << 4 | raw[5] >> 4
        if pressure == _SKIPPED or temperature == _SKIPPED:
            raise SensorError("skipped")
        fine = fine_temperature(temperature, self._t)
        return {
            "temperature": ((fine * 5 + 128) >> 8) / 100,
            "humidity": relative_humidity(raw[6] << 8 | raw[7], fine, self._h) / 1024,
            "pressure": air_pressure(pressure, fine, self._p) / 25600,
        }


def signed(byte: int) -> int:
    """A byte as a number from -128 to 127."""
    return byte - 256 if byte > 127 else byte


def fine_temperature(raw: int, t: tuple) -> int:
    """The temperature in 1/5120 degree, which the other two also need (4.2.3)."""
    coarse = ((raw >> 3) - (t[0] << 1)) * t[1] >> 11
    bend = (raw >> 4) - t[0]
    return coarse + ((bend * bend >> 12) * t[2] >> 14)


def air_pressure(raw: int, fine: int, p: tuple) -> int:
    """The pressure in 1/256 Pa (4.2.3, the variant in 64 bits); coefficients that would divide by nothing arrived spoilt."""
    a = fine - 128000
    b = a * a * p[5] + (a * p[4] << 17) + (p[3] << 35)
    a = (a * a * p[2] >> 8) + (a * p[1] << 12)
    a = ((1 << 47) + a) * p[0] >> 33
    if a == 0:
        raise SensorError("checksum")
    q = ((1048576 - raw << 31) - b) * 3125 // a
    high = p[8] * (q >> 13) * (q >> 13) >> 25
    return (q + high + (p[7] * q >> 19) >> 8) + (p[6] << 4)


def relative_humidity(raw: int, fine: int, h: tuple) -> int:
    """The humidity in 1/1024 %, held between 0 and 100 (4.2.3)."""
    v = fine - 76800
    slope = (raw << 14) - (h[3] << 20) - h[4] * v + 16384 >> 15
    bend = ((v * h[5] >> 10) * ((v * h[2] >> 11) + 32768) >> 10) + 2097152
    v = slope * (bend * h[1] + 8192 >> 14)
    v -= ((v >> 15) * (v >> 15) >> 7) * h[0] >> 4
    return min(max(v, 0), 419430400) >> 12
