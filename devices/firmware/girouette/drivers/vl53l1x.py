"""ST VL53L1X on I2C: distance (m) up to 4 m by the flight of light, and how full that makes a bin or a tank (%).

ST describes no register: its user manual UM2356 (ranging sequence, range status) and its ultra lite driver STSW-IMG009 publish them.
SETTINGS are the maker's values of the registers 0x2D to 0x87 for its long range at 100 ms: without them the chip ranges nothing.
"""

import asyncio
import struct

from micropython import const

from girouette.sensor import SensorError

BUS = "i2c"
KEYS = ("distance", "level")

_REG_VHV_LOOPS = const(0x0008)
_REG_VHV_START = const(0x000B)
_REG_SETTINGS = const(0x002D)
_REG_READY = const(0x0031)
_REG_CLEAR = const(0x0086)
_REG_MODE = const(0x0087)
_REG_STATUS = const(0x0089)
_REG_MM = const(0x0096)
_REG_BOOTED = const(0x00E5)
_REG_MODEL = const(0x010F)
MODEL = b"\xea\xcc"
START, STOP, CLEAR = b"\x40", b"\x00", b"\x01"
SETTINGS = (
    b"\x00\x00\x00\x01\x02\x00\x02\x08\x00\x08\x10\x01\x01\x00\x00\x00\x00\xff\x00\x0f\x00\x00\x00\x00\x00\x20\x0b\x00\x00\x02",
    b"\x0a\x21\x00\x00\x05\x00\x00\x00\x00\xc8\x00\x00\x38\xff\x01\x00\x08\x00\x00\x01\xcc\x0f\x01\xf1\x0d\x01\x68\x00\x80\x08",
    b"\xb8\x00\x00\x00\x00\x0f\x89\x00\x00\x00\x00\x00\x00\x00\x01\x0f\x0d\x0e\x0e\x00\x00\x02\xc7\xff\x9b\x00\x00\x00\x01\x00\x00",
)
"""In three pieces, so that none holds the bus, and the loop, for more than 3 ms."""
_VALID = const(9)
_EACH_MS = const(110)
_LOOK_MS = const(10)
_LOOKS = const(30)
_SHOTS = const(3)


class Driver:
    """One sensor: three shots when asked, of which it gives the middle one; it rests in between."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._address: int = options["addr"]
        self._empty_mm = int(options.get("empty_mm", 1000))
        self._full_mm = int(options.get("full_mm", 100))

    async def start(self) -> None:
        """Set it up, and let it make a first shot, by which it finds its own voltages."""
        try:
            model = self._read(_REG_MODEL, 2)
        except OSError:
            raise SensorError("absent")
        if model != MODEL:
            raise SensorError("wrong-chip")
        for _ in range(_LOOKS):
            if self._read(_REG_BOOTED, 1)[0] & 1:
                break
            await asyncio.sleep_ms(_LOOK_MS)
        register = _REG_SETTINGS
        for piece in SETTINGS:
            self._write(register, piece)
            register += len(piece)
            await asyncio.sleep_ms(1)
        self._write(_REG_MODE, START)
        await self._shot()
        self._write(_REG_MODE, STOP)
        self._write(_REG_VHV_LOOPS, b"\x09")
        self._write(_REG_VHV_START, b"\x00")

    async def read(self) -> dict:
        """Shoot for 0.4 s, in which other tasks run; `range` where no shot came back as it should."""
        self._write(_REG_MODE, START)
        shots = []
        for _ in range(_SHOTS):
            shots.append(await self._shot())
        self._write(_REG_MODE, STOP)
        good = sorted(mm for mm in shots if mm is not None)
        if not good:
            raise SensorError("range")
        mm = good[len(good) // 2]
        level = 100 * (self._empty_mm - mm) / (self._empty_mm - self._full_mm)
        return {"distance": mm / 1000, "level": min(max(level, 0), 100)}

    async def _shot(self) -> int | None:
        """Millimetres, or None where the light got lost."""
        await asyncio.sleep_ms(_EACH_MS)
        for _ in range(_LOOKS):
            if self._read(_REG_READY, 1)[0] & 1:
                break
            await asyncio.sleep_ms(_LOOK_MS)
        else:
            raise SensorError("timeout")
        status = self._read(_REG_STATUS, 1)[0] & 31
        mm = struct.unpack(">H", self._read(_REG_MM, 2))[0]
        self._write(_REG_CLEAR, CLEAR)
        return mm if status == _VALID else None

    def _read(self, register: int, count: int) -> bytes:
        return self._bus.readfrom_mem(self._address, register, count, addrsize=16)

    def _write(self, register: int, content: bytes) -> None:
        self._bus.writeto_mem(self._address, register, content, addrsize=16)
