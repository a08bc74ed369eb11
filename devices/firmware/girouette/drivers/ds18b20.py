"""Maxim DS18B20 on one wire with a supply of its own: the temperature of what its probe lies in, in degrees C.

Data sheet 19-7487: ROM commands and family code 28h (64-bit lasered ROM code), function commands and scratchpad (Memory), 12 bits
of 1/16 degree, converted in 750 ms at most (table 2), 85 degrees at power-on (note to table 1). One probe a pin.
Each byte takes 0.6 ms on the wire, so no more than four are read at a stretch.
"""

import asyncio
import struct

from micropython import const

from girouette.sensor import SensorError

BUS = "onewire"
KEYS = ("probe",)

_READ_ROM = const(0x33)
_SKIP_ROM = const(0xCC)
_CONVERT = const(0x44)
_READ_SCRATCHPAD = const(0xBE)
_FAMILY = const(0x28)
_CONVERT_MS = const(750)
_POWER_ON = const(0x0550)
"""85 degrees: what the scratchpad holds before the first conversion. No water in a town is as hot."""
_UNUSED_BITS = const(0x1F)
"""Of the configuration byte: always 1, so that a line at ground, whose zeros have a right check value, is found out."""


class Driver:
    """One probe."""

    def __init__(self, bus, options: dict):
        self._bus = bus

    async def start(self) -> None:
        """Make sure that the probe is there, and alone."""
        self._reset()
        self._bus.writebyte(_READ_ROM)
        rom = await self._take(8)
        if not any(rom):
            raise SensorError("bus")
        if rom[0] != _FAMILY:
            raise SensorError("wrong-chip")

    async def read(self) -> dict:
        """Convert, wait for it while other tasks run, and read."""
        self._order(_CONVERT)
        await asyncio.sleep_ms(_CONVERT_MS)
        if not self._bus.readbit():
            raise SensorError("timeout")
        self._order(_READ_SCRATCHPAD)
        found = await self._take(9)
        if found[4] & _UNUSED_BITS != _UNUSED_BITS:
            raise SensorError("bus")
        (sixteenths,) = struct.unpack("<h", found[:2])
        if sixteenths == _POWER_ON:
            raise SensorError("skipped")
        return {"probe": sixteenths / 16}

    def _reset(self) -> None:
        if not self._bus.reset():
            raise SensorError("absent")

    def _order(self, order: int) -> None:
        self._reset()
        self._bus.writebyte(_SKIP_ROM)
        self._bus.writebyte(order)

    async def _take(self, count: int) -> bytearray:
        """This many bytes, of which the last is the check value of all others."""
        found = bytearray(count)
        for at in range(count):
            if at % 4 == 0:
                await asyncio.sleep_ms(0)
            found[at] = self._bus.readbyte()
        if self._bus.crc8(found):
            raise SensorError("checksum")
        return found
