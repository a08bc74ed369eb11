"""An ENS160 by its registers: it warms up for 3 minutes from each start, then has a value a second, and vouches for it or not."""

import struct
import time

from models.chip import Chip

WARM_UP_MS = 180000
EACH_MS = 1000


class Model(Chip):
    """One chip; `celsius` and `percent` are what it corrects by."""

    def power_on(self) -> None:
        """In deep sleep."""
        super().power_on()
        self._mode = 0
        self._since = time.ticks_ms()
        self._read = 0
        self.celsius, self.percent = 25.0, 50.0

    def read(self, register: int, count: int) -> bytes:
        """Registers from this one on; reading the data clears the bit that says they are new."""
        self.refuse_if(False)
        if register == 0x00:
            return (b"\x00\x00" if self.has("wrong-chip") else b"\x60\x01")[:count]
        if register == 0x10:
            return bytes((self._mode,))
        if register != 0x20:
            return bytes(count)
        content = struct.pack("<BBHH", self._status(), 2, self._tvoc(), 400 + self._tvoc())
        self._read = self._made()
        return content[:count]

    def write(self, register: int, content: bytes) -> None:
        """Its mode, and what it corrects by."""
        self.refuse_if(False)
        if register == 0x10:
            if content[0] == 2 and self._mode != 2:
                self._since, self._read = time.ticks_ms(), 0
            self._mode = content[0]
        if register == 0x13:
            kelvin_64, percent_512 = struct.unpack("<HH", content)
            self.celsius, self.percent = kelvin_64 / 64 - 273.15, percent_512 / 512

    def _made(self) -> int:
        if self._mode != 2 or self.has("timeout"):
            return self._read
        return time.ticks_diff(time.ticks_ms(), self._since) // EACH_MS

    def _status(self) -> int:
        running = 0x80 if self._mode == 2 else 0
        validity = 1 if time.ticks_diff(time.ticks_ms(), self._since) < WARM_UP_MS else 0
        if self.has("warm-up"):
            validity = 2
        if self.has("range"):
            validity = 3
        return running | (0x40 if self.has("stuck") else 0) | validity << 2 | (2 if self._made() > self._read else 0)

    def _tvoc(self) -> int:
        return 65000 if self.has("saturated") else int(min(max(self.value("tvoc", 100.0), 0.0), 65000.0) + 0.5)
