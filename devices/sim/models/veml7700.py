"""A VEML7700 by its registers: integrates from when it is woken or set anew; read too early it gives the count before.

Bright light it sees too little of, as the application note's correction undoes: the model looks for what would be corrected to the truth.
"""

import struct

from models.chip import Chip

GAINS = {0: 1.0, 1: 2.0, 2: 0.125, 3: 0.25}
TIMES_MS = {0xC: 25, 0x8: 50, 0x0: 100, 0x1: 200, 0x2: 400, 0x3: 800}
LATE = 1.1
"""Its clock may be slow."""


class Model(Chip):
    """One chip."""

    def power_on(self) -> None:
        """Shut down."""
        super().power_on()
        self._settings = 1
        self._count = self._next = 0

    def read(self, register: int, count: int) -> bytes:
        """A register of two bytes, least first."""
        self.refuse_if(False)
        if self._settings & 1 == 0 and not self.busy():
            self._count = self._next
        word = {0x00: 0 if self.has("wrong-chip") else self._settings, 0x04: self._count}.get(register, 0)
        return struct.pack("<H", word)[:count]

    def write(self, register: int, content: bytes) -> None:
        """Settings; awake it begins to integrate."""
        self.refuse_if(False)
        if register != 0:
            return
        (self._settings,) = struct.unpack("<H", content)
        if self._settings & 1:
            return
        gain, ms = GAINS[self._settings >> 11 & 3], TIMES_MS[self._settings >> 6 & 15]
        lux = 1e7 if self.has("saturated") else max(self.value("illuminance", 100.0), 0.0)
        seen = lux if gain >= 1 else seen_of(lux)
        self._next = min(int(seen * gain * ms / 6.72), 65535)
        self.begin(int(ms * LATE) + 3)


def seen_of(lux: float) -> float:
    """What the small gains see of a light, found by halving."""
    low, high = 0.0, lux
    for _ in range(40):
        middle = (low + high) / 2
        true = 6.0135e-13 * middle**4 - 9.3924e-9 * middle**3 + 8.1488e-5 * middle**2 + 1.0023 * middle
        low, high = (middle, high) if true < lux else (low, middle)
    return low
