"""An SHT4x by its commands: it answers no read while it measures (8.3 ms), and a reading is gone once it was read."""

from models.chip import Chip
from models.sensirion import raw_of, said

MEASURE_MS = {0xFD: 8.3, 0xF6: 4.5, 0xE0: 1.6}


class Model(Chip):
    """One chip."""

    def power_on(self) -> None:
        """Nothing to say."""
        super().power_on()
        self._answer = b""

    def take(self, content: bytes) -> None:
        """A command of one byte."""
        self.refuse_if(self.busy())
        if content[0] == 0x89:
            self._answer = said((0x0F4A, 0x3C21))
        elif content[0] in MEASURE_MS:
            warm = raw_of(self.value("temperature", 20.0), -45, 175)
            damp = raw_of(self.value("humidity", 50.0), -6, 125)
            self._answer = said((warm, damp), self.has("checksum"))
        self.begin(MEASURE_MS.get(content[0], 1))

    def give(self, count: int) -> bytes:
        """The answer, once."""
        self.refuse_if(self.busy() or not self._answer)
        answer, self._answer = self._answer, b""
        return answer[:count]
