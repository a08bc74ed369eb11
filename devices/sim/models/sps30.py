"""An SPS30 by its commands: floats each second while it measures, a pointer that says what is read, two bits for a bad fan.

Its fan needs 8 s before the first values; what it says before the flag is set is what it said last.
"""

import struct
import time

from models.chip import Chip
from models.sensirion import heard, said

SPIN_MS = 8000
EACH_MS = 1000
FAN, LASER = 0x00200010, 0x00000020


class Model(Chip):
    """One sensor."""

    HANGS = False

    def power_on(self) -> None:
        """Idle: the fan stands still."""
        super().power_on()
        self._pointer = 0
        self._measuring_since: int | None = None
        self._read = 0
        self._last = (0.0, 0.0, 0.0, 0.0)

    def take(self, content: bytes) -> None:
        """A command; commands take 20 ms at the longest, in which it refuses."""
        self.refuse_if(self.busy())
        command = heard(content)
        self.refuse_if(command is None)
        self._pointer, words = command
        if self._pointer == 0x0010 and words == [0x0300]:
            self._measuring_since, self._read = time.ticks_ms(), 0
            self.begin(20)
        elif self._pointer == 0x0104:
            self._measuring_since = None
            self.begin(20)

    def give(self, count: int) -> bytes:
        """What the pointer points at; no more than was asked for."""
        self.refuse_if(self.busy())
        words = {0x0202: self._flag, 0x0300: self._values, 0xD100: self._version, 0xD206: self._status}.get(
            self._pointer
        )
        self.refuse_if(words is None)
        return said(words(), self.has("checksum"))[:count] + bytes(max(0, count - 60))

    def _made(self) -> int:
        if self._measuring_since is None or self.has("timeout"):
            return self._read
        return max(0, time.ticks_diff(time.ticks_ms(), self._measuring_since) - SPIN_MS + EACH_MS) // EACH_MS

    def _flag(self) -> tuple:
        return (int(self._made() > self._read),)

    def _version(self) -> tuple:
        return (0x0202,)

    def _status(self) -> tuple:
        bits = (FAN if self.has("stuck") else 0) | (LASER if self.has("laser") else 0)
        return bits >> 16, bits & 65535

    def _values(self) -> list:
        if self._made() > self._read:
            self._read = self._made()
            pm1, pm2_5, pm10 = (max(self.value(key, 0.0), 0.0) for key in ("pm1", "pm2_5", "pm10"))
            self._last = (pm1, pm2_5, (pm2_5 + pm10) / 2, pm10)
        raw = struct.pack(">10f", *self._last, 1.0, 2.0, 2.0, 2.0, 2.0, 0.6)
        return list(struct.unpack(">20H", raw))
