"""A LIS3MDL by its registers: ten measurements a second once it was told so, of the earth's field and of the vehicle in it.

It is switched on while the place is empty, as the recipe asks: no vehicle comes in its first half minute.
"""

import struct
import time

from models.chip import Chip

EACH_MS = 100
COUNTS_A_UT = 68.42
EARTH_UT = (14.0, -12.0, 44.0)
VEHICLE_UT = (9.0, 6.0, -16.0)
EMPTY_S = 30


class Model(Chip):
    """One chip; it lies flat, in the north of France."""

    def power_on(self) -> None:
        """Powered down."""
        super().power_on()
        self._control = bytearray((0x10, 0, 3, 0, 0))
        self._since = time.ticks_ms()
        self._read = 0

    def read(self, register: int, count: int) -> bytes:
        """Registers; the highest bit of the address lets several follow one another."""
        self.refuse_if(False)
        at, many = register & 0x7F, register & 0x80
        if at == 0x0F:
            return b"\x33" if self.has("wrong-chip") else b"\x3d"
        if at == 0x27:
            return bytes((0x0F if self._made() > self._read else 0,))
        if at != 0x28:
            return bytes(count)
        self._read = self._made()
        content = struct.pack("<hhh", *self._counts())
        return content[:count] if many else content[:1] * count

    def write(self, register: int, content: bytes) -> None:
        """Control registers; measuring begins when the third one says so."""
        self.refuse_if(False)
        at, many = register & 0x7F, register & 0x80
        for n, byte in enumerate(content if many else content[:1]):
            if 0x20 <= at + n <= 0x24:
                self._control[at + n - 0x20] = byte
        self._since, self._read = time.ticks_ms(), 0

    def _made(self) -> int:
        if self._control[2] & 3 or self.has("timeout"):
            return self._read
        return time.ticks_diff(time.ticks_ms(), self._since) // EACH_MS

    def _counts(self) -> list:
        if self.has("saturated"):
            return [32767, 0, 0]
        taken = self._world.age_s() > EMPTY_S and self.value("occupied", 0.0) > 0.5
        field = [a + b if taken else a for a, b in zip(EARTH_UT, VEHICLE_UT)]
        return [int(ut * COUNTS_A_UT) for ut in field]
