"""Sensirion SPS30 on I2C: particles PM1, PM2.5 and PM10 (ug/m3), the mean since the last reading.

Data sheet SPS30: "Operation and communication through the I2C interface" (100 kHz at the most, SEL at ground; big-endian floats
of 32 bits, which an ESP32 has; a read may end early, so the first four of the ten values are enough), "Read data-ready flag",
"Device status register" (firmware 2.2 and later), "Start-up time" (30 s in clean air). The fan cleans itself 10 s a week.
"""

import asyncio
import struct
import time

from micropython import const

from girouette.sensirion import checked, command
from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("pm1", "pm2_5", "pm10")

_START = const(0x0010)
_FLOATS = const(0x0300)
_STOP = const(0x0104)
_READY = const(0x0202)
_VALUES = const(0x0300)
VERSION = const(0xD100)
STATUS = const(0xD206)
_FAN = const(0x00200010)
"""Bits 21 and 4: the fan is too fast or too slow, or does not turn."""
_LASER = const(0x00000020)
_COMMAND_MS = const(20)
_WARM_UP_S = const(30)
_SILENT_S = const(20)
"""Longer than the fan cleans itself."""
_LEFT_ALONE_MS = const(25000)
"""After a start, in which a sensor that gives nothing is not started again: its fan would never come up to speed."""


class Driver:
    """One sensor: asked one tick for what it reads the next, so that nobody waits for it."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]
        self._warm_up_s: int = options.get("warm_up_s", _WARM_UP_S)
        self._tells_status = self._late = False
        self._cold_s, self._silent_s = self._warm_up_s, 0
        self._asked = self._began = 0
        self._frames = self._bad = 0
        self._sums = [0.0, 0.0, 0.0]

    async def start(self) -> None:
        """Let it measure; its fan and its values need half a minute from power-on."""
        if self._late and time.ticks_diff(time.ticks_ms(), self._began) < _LEFT_ALONE_MS:
            return
        try:
            self._bus.writeto(self._address, command(_STOP))
        except OSError:
            self._cold_s, self._silent_s, self._late = self._warm_up_s, 0, False
            raise SensorError("absent")
        await asyncio.sleep_ms(_COMMAND_MS)
        self._tells_status = await self._ask(VERSION, 3) >= b"\x02\x02"
        self._bus.writeto(self._address, command(_START, _FLOATS))
        await asyncio.sleep_ms(_COMMAND_MS)
        self._asked, self._began = 0, time.ticks_ms()

    def tick(self) -> None:
        """Read what was asked for a second ago, and ask for the next: is there a value, then the value."""
        self._cold_s -= 1 if self._cold_s > 0 else 0
        self._silent_s += 1
        try:
            if self._asked == _READY:
                self._asked = _VALUES if checked(self._bus.readfrom(self._address, 3))[1] else _READY
            elif self._asked == _VALUES:
                self._take(checked(self._bus.readfrom(self._address, 24)))
                self._asked = _READY
            else:
                self._asked = _READY
        except SensorError:
            self._bad += 1
        self._bus.writeto(self._address, command(self._asked))

    def _take(self, content: bytes) -> None:
        pm1, pm2_5, _, pm10 = struct.unpack(">ffff", content)
        self._silent_s, self._late = 0, False
        self._frames += 1
        for n, value in enumerate((pm1, pm2_5, pm10)):
            self._sums[n] += value

    async def read(self) -> dict:
        """The mean since the last reading; `stuck` where the fan is, `range` where the laser is."""
        if self._tells_status:
            (status,) = struct.unpack(">I", await self._ask(STATUS, 6))
            self._bus.writeto(self._address, command(self._asked or _READY))
            if status & _FAN and self._cold_s == 0:
                raise SensorError("stuck")
            if status & _LASER:
                raise SensorError("range")
        frames, bad, sums = self._frames, self._bad, self._sums
        self._frames, self._bad, self._sums = 0, 0, [0.0, 0.0, 0.0]
        if self._silent_s > _SILENT_S:
            self._late = True
            raise SensorError("timeout")
        if self._cold_s > 0:
            raise SensorError("warm-up")
        if frames:
            return {key: total / frames for key, total in zip(KEYS, sums)}
        if bad:
            raise SensorError("checksum")
        return {}

    def rest(self) -> None:
        """Let fan and laser stand still until it is started again; they warm up anew then."""
        self._bus.writeto(self._address, command(_STOP))
        self._cold_s = self._warm_up_s

    async def _ask(self, code: int, count: int) -> bytes:
        self._bus.writeto(self._address, command(code))
        await asyncio.sleep_ms(_COMMAND_MS)
        return checked(self._bus.readfrom(self._address, count))
