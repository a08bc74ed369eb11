"""An INA219 by its registers: what it measured last until a conversion of 136.2 ms is done; a current only when it is calibrated."""

import struct

from models.chip import Chip

SHUNT_OHM = 0.1
SAMPLES_MS = 68.1


class Model(Chip):
    """One chip, over a shunt of 0.1 Ohm."""

    def power_on(self) -> None:
        """The registers' values after a reset (SBOS448G, 8.6)."""
        super().power_on()
        self._config = 0x399F
        self._calibration = 0
        self._latest = self._next = (0, 0)
        self._ready = False

    def read(self, register: int, count: int) -> bytes:
        """A register of two bytes."""
        self.refuse_if(False)
        if self._ready is None and not self.busy():
            self._latest, self._ready = self._next, True
        shunt, volts = self._latest
        current = shunt * self._calibration // 4096
        overflow = abs(current) > 32767
        word = {
            0: 0x4127 if self.has("wrong-chip") else self._config,
            1: shunt & 65535,
            2: volts << 3 | (2 if self._ready else 0) | int(overflow),
            4: min(max(current, -32768), 32767) & 65535,
            5: self._calibration,
        }.get(register, 0)
        return struct.pack(">H", word)[:count]

    def write(self, register: int, content: bytes) -> None:
        """Configuration and calibration; a triggered mode begins a conversion."""
        self.refuse_if(False)
        (word,) = struct.unpack(">H", content)
        if register == 5:
            self._calibration = word & 0xFFFE
        if register == 0 and word & 0x8000:
            self.power_on()
        elif register == 0:
            self._config = word
            if word & 7 == 3:
                self._convert()

    def _convert(self) -> None:
        ampere = self.value("current", 0.1)
        if self.has("saturated"):
            ampere = 9.0
        shunt = int(ampere * SHUNT_OHM * 100000 + (0.5 if ampere > 0 else -0.5))
        self._next = min(max(shunt, -32000), 32000), int(min(max(self.value("voltage", 3.7), 0.0), 32.0) * 250 + 0.5)
        self._ready = None
        self.begin(int(2 * SAMPLES_MS))
