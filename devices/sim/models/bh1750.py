"""A BH1750 by its opcodes: counts light for as long as it was told; read too early it gives the count before."""

from models.chip import Chip

LONGEST_MS = 180
LUX_A_COUNT = {0x20: 1 / 1.2, 0x21: 1 / 2.4}


class Model(Chip):
    """One chip."""

    def power_on(self) -> None:
        """Asleep, with the usual measuring time."""
        super().power_on()
        self._awake = False
        self._mt = 69
        self._count = self._next = 0

    def take(self, content: bytes) -> None:
        """An opcode; measuring once, it falls asleep afterwards."""
        self.refuse_if(False)
        opcode = content[0]
        if opcode == 0x01:
            self._awake = True
        elif opcode >> 3 == 0b01000:
            self._mt = (opcode & 7) << 5 | self._mt & 31
        elif opcode >> 5 == 0b011:
            self._mt = self._mt & 0xE0 | opcode & 31
        elif opcode in LUX_A_COUNT and self._awake:
            lux = max(self.value("illuminance", 100.0), 0.0)
            if self.has("saturated"):
                lux = 1e6
            self._next = min(int(lux / LUX_A_COUNT[opcode] * self._mt / 69), 65535)
            self.begin(LONGEST_MS * self._mt // 69)
            self._awake = False

    def give(self, count: int) -> bytes:
        """The latest count that is done."""
        self.refuse_if(False)
        if not self.busy():
            self._count = self._next
        return bytes((self._count >> 8, self._count & 255))[:count]
