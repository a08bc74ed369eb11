"""A VL53L1X by its registers of 16 bits of address: it ranges only once it was set up, a shot each 100 ms until it is stopped."""

import struct

from models.chip import Chip

SHOT_MS = 100
FIRST, LAST = 0x2D, 0x87


class Model(Chip):
    """One sensor."""

    ADDRESS_BITS = 16

    def power_on(self) -> None:
        """Booted, with nothing set."""
        super().power_on()
        self._registers = {}
        self._ranging = False
        self._ready = False
        self._shot = (0, 0)

    def read(self, register: int, count: int) -> bytes:
        """Registers from this one on."""
        self.refuse_if(False)
        if self._ranging and not self._ready and not self.busy():
            self._ready, self._shot = True, self._measure()
        status, mm = self._shot
        known = {
            0x010F: b"\xeb\xaa" if self.has("wrong-chip") else b"\xea\xcc",
            0x00E5: b"\x03",
            0x0031: bytes((2 | int(self._ready),)),
            0x0089: bytes((status,)),
            0x0096: struct.pack(">H", mm),
        }
        return known.get(register, bytes(count))[:count]

    def write(self, register: int, content: bytes) -> None:
        """Settings, the mode, and the word that a shot was seen."""
        self.refuse_if(False)
        for n, byte in enumerate(content):
            self._registers[register + n] = byte
        if register <= 0x86 < register + len(content) and self._registers[0x86] & 1:
            self._ready = False
            self.begin(SHOT_MS)
        if register <= LAST < register + len(content):
            self._ranging, self._ready = self._registers[LAST] == 0x40 and self._is_set_up(), False
            self.begin(SHOT_MS)

    def _is_set_up(self) -> bool:
        """Every register of the maker's list was written, and with its long range of 100 ms."""
        written = all(n in self._registers for n in range(FIRST, LAST + 1))
        return written and self._registers[0x4B] == 0x0A and (self._registers[0x5E], self._registers[0x5F]) == (1, 0xCC)

    def _measure(self) -> tuple:
        metres = self.value("distance", 1.0)
        if self.has("range") or metres > 4.0:
            return 4, 8190  # the return was too weak
        return 9, int(max(metres, 0.0) * 1000 + 0.5)
