"""Sensirion SCD41 and SCD40 on I2C: carbon dioxide (ppm), and the temperature (degrees C) and humidity (%) inside it.

Data sheet SCD4x: "Basic commands" (a measurement each 5 s; stopping takes 500 ms, in which the chip answers nothing), "On-chip
output signal compensation" (altitude, or the pressure of the moment, which may be told while it measures), "Field
calibration" (the automatic self-calibration takes the lowest of a week for 400 ppm), "get_data_ready_status".
"""

import asyncio
import struct
import time

from micropython import const

from girouette.sensirion import checked, command
from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("co2", "temperature", "humidity")

_START = const(0x21B1)
_READ = const(0xEC05)
_STOP = const(0x3F86)
_READY = const(0xE4B8)
_SET_ALTITUDE = const(0x2427)
_SET_PRESSURE = const(0xE000)
_SET_SELF_CALIBRATION = const(0x2416)
_STOP_MS = const(500)
_COMMAND_MS = const(2)
_SILENT_MS = const(15000)
"""Three measurements that did not come."""
_MOST_PPM = const(40000)


class Driver:
    """One chip, which measures by itself each 5 s; a reading is its latest measurement."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]
        self._altitude_m = int(options.get("altitude_m", 0))
        self._self_calibration = int(options.get("self_calibration", 1))
        self._pressure_hpa = self._told_hpa = 0
        self._since = time.ticks_ms()
        self._warm = self._late = False

    def hear(self, values: dict) -> None:
        """Take the pressure that a sensor beside it has just measured: the chip corrects its CO2 by it."""
        self._pressure_hpa = int(values.get("pressure", 0) + 0.5)

    async def start(self) -> None:
        """Stop what it may be doing since before a restart, tell it where it is, and let it measure.

        One that is late was started a moment ago: it is left alone until three measurements could have come.
        """
        if self._late and time.ticks_diff(time.ticks_ms(), self._since) < _SILENT_MS:
            return
        try:
            self._bus.writeto(self._address, command(_STOP))
        except OSError:
            self._late = False
            raise SensorError("absent")
        await asyncio.sleep_ms(_STOP_MS)
        await self._tell(_SET_ALTITUDE, self._altitude_m)
        await self._tell(_SET_SELF_CALIBRATION, self._self_calibration)
        await self._tell(_START)
        self._since, self._told_hpa, self._warm = time.ticks_ms(), 0, False

    async def read(self) -> dict:
        """The latest measurement; nothing where it was read before, `timeout` where three have not come."""
        if 700 <= self._pressure_hpa <= 1200 and abs(self._pressure_hpa - self._told_hpa) > 1:
            await self._tell(_SET_PRESSURE, self._pressure_hpa)
            self._told_hpa = self._pressure_hpa
        if struct.unpack(">H", await self._ask(_READY, 3))[0] & 0x7FF == 0:
            if self._late or time.ticks_diff(time.ticks_ms(), self._since) > _SILENT_MS:
                self._late = True
                raise SensorError("timeout")
            if not self._warm:
                raise SensorError("warm-up")
            return {}
        co2, warm, damp = struct.unpack(">HHH", await self._ask(_READ, 9))
        self._since, self._warm, self._late = time.ticks_ms(), True, False
        if co2 >= _MOST_PPM:
            raise SensorError("saturated")
        if co2 == 0:
            raise SensorError("range")
        return {"co2": co2, "temperature": -45 + 175 * warm / 65535, "humidity": 100 * damp / 65535}

    def rest(self) -> None:
        """Let it be idle until it is started again; it takes 500 ms to become so."""
        self._bus.writeto(self._address, command(_STOP))

    async def _tell(self, code: int, *words: int) -> None:
        self._bus.writeto(self._address, command(code, *words))
        await asyncio.sleep_ms(_COMMAND_MS)

    async def _ask(self, code: int, count: int) -> bytes:
        await self._tell(code)
        return checked(self._bus.readfrom(self._address, count))
