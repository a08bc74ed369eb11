"""An SCD41 by its commands: a measurement each 5 s while it measures, refusals while it stops, and no command but three besides.

Raw values lie on the data sheet's scales; the CO2 that it tells is wrong by the pressure that it was not told, as the real one's.
"""

import time

from models.chip import Chip
from models.sensirion import heard, raw_of, said

EACH_MS = 5000
STOP_MS = 500
WHILE_MEASURING = (0xEC05, 0xE4B8, 0x3F86, 0xE000)


class Model(Chip):
    """One chip; `altitude_m`, `pressure_hpa` and `self_calibration` are what it was told."""

    HANGS = False

    def power_on(self) -> None:
        """Idle, at sea level."""
        super().power_on()
        self._answer = b""
        self._measuring_since: int | None = None
        self._read = 0
        self.altitude_m = self.pressure_hpa = 0
        self.self_calibration = 1

    def take(self, content: bytes) -> None:
        """A command with its words; refused while it stops, or where it does not belong."""
        self.refuse_if(self.busy())
        command = heard(content)
        self._answer = b""
        self.refuse_if(command is None or (self._measuring_since is not None and command[0] not in WHILE_MEASURING))
        code, words = command
        self.begin(1)
        if code == 0x21B1:
            self._measuring_since, self._read = time.ticks_ms(), 0
        elif code == 0x3F86:
            self._measuring_since = None
            self.begin(STOP_MS)
        elif code == 0x2427:
            self.altitude_m = words[0]
        elif code == 0xE000 and words:
            self.pressure_hpa = words[0]
        elif code == 0x2416:
            self.self_calibration = words[0]
        elif code == 0xE4B8:
            self._answer = said((0x8006 if self._waiting() else 0x8000,), self.has("checksum"))
        elif code == 0xEC05 and self._waiting():
            self._read = self._made()
            self._answer = said(self._measured(), self.has("checksum"))

    def give(self, count: int) -> bytes:
        """The answer, once."""
        self.refuse_if(self.busy() or not self._answer)
        answer, self._answer = self._answer, b""
        return answer[:count]

    def _made(self) -> int:
        """How many measurements it has made; none more where it is stuck."""
        if self._measuring_since is None or self.has("timeout"):
            return self._read
        return time.ticks_diff(time.ticks_ms(), self._measuring_since) // EACH_MS

    def _waiting(self) -> bool:
        return self._made() > self._read

    def _measured(self) -> tuple:
        ppm = 40000 if self.has("saturated") else int(min(max(self.value("co2", 420.0), 0), 40000) + 0.5)
        warm, damp = self.value("temperature", 21.0), self.value("humidity", 45.0)
        return ppm, raw_of(warm, -45, 175), raw_of(damp, 0, 100)
