"""ScioSense ENS160 on I2C: volatile organic compounds (TVOC, ppb), the CO2 they would stand for (ppm), an index from 1 to 5.

Data sheet ENS160: "Register overview", "DEVICE_STATUS" (validity: 3 minutes of warm-up at each start, an hour in a new chip, which
remembers it after 24 h of running), "TEMP_IN and RH_IN" (1/64 K, 1/512 %), "DATA_TVOC", "DATA_ECO2" (least byte first).
"""

import asyncio
import struct

from micropython import const

from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("tvoc", "eco2", "aqi")

_REG_ID = const(0x00)
_REG_MODE = const(0x10)
_REG_TEMP_IN = const(0x13)
_REG_STATUS = const(0x20)
CHIPS = (b"\x60\x01", b"\x61\x01")
STANDARD = b"\x02"
DEEP_SLEEP = b"\x00"
RUNNING = const(0x80)
ERROR = const(0x40)
NEW = const(0x02)
_MODE_MS = const(50)
_MOST_PPB = const(65000)
_PATIENCE = const(3)
"""Readings in a row without a new value; there should be one a second."""


class Driver:
    """One chip, which heats and measures all the time."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]
        self._celsius, self._percent = 25.0, 50.0
        self._old = 0

    def hear(self, values: dict) -> None:
        """Take temperature and humidity of a sensor beside it, which the chip corrects by; 25 degrees and 50 % without one."""
        self._celsius = values.get("temperature", self._celsius)
        self._percent = values.get("humidity", self._percent)

    async def start(self) -> None:
        """Make sure that it is the chip, and let it measure if it does not: each new start warms up for 3 minutes."""
        try:
            chip = self._bus.readfrom_mem(self._address, _REG_ID, 2)
        except OSError:
            raise SensorError("absent")
        if chip not in CHIPS:
            raise SensorError("wrong-chip")
        if self._bus.readfrom_mem(self._address, _REG_MODE, 1) != STANDARD:
            self._bus.writeto_mem(self._address, _REG_MODE, STANDARD)
            await asyncio.sleep_ms(_MODE_MS)

    async def read(self) -> dict:
        """The chip's latest values, when it vouches for them."""
        kelvin_64, percent_512 = int((self._celsius + 273.15) * 64), int(self._percent * 512)
        self._bus.writeto_mem(self._address, _REG_TEMP_IN, struct.pack("<HH", kelvin_64, percent_512))
        status, aqi, tvoc, eco2 = struct.unpack("<BBHH", self._bus.readfrom_mem(self._address, _REG_STATUS, 6))
        if status & ERROR:
            raise SensorError("stuck")
        self._old = 0 if status & NEW else self._old + 1
        if not status & RUNNING or self._old > _PATIENCE:
            raise SensorError("timeout")
        validity = status >> 2 & 3
        if validity == 3:
            raise SensorError("range")
        if validity:
            raise SensorError("warm-up")
        if tvoc >= _MOST_PPB:
            raise SensorError("saturated")
        return {"tvoc": tvoc, "eco2": eco2, "aqi": aqi & 7} if status & NEW else {}

    def rest(self) -> None:
        """Let its heater grow cold; the next start warms up for 3 minutes."""
        self._bus.writeto_mem(self._address, _REG_MODE, DEEP_SLEEP)
