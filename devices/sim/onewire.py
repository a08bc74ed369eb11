"""One wire, bit by bit in its outcome and byte by byte in its making: what the module `onewire` of a board does, with a model on it."""

from wiring import find_onewire


class OneWireError(Exception):
    """Nobody is there, and somebody was asked for."""


class OneWire:
    """A wire that is pulled up: ones where nobody speaks."""

    def __init__(self, pin):
        self.pin = pin
        self._model = find_onewire(pin.number)

    def reset(self, required: bool = False) -> bool:
        """Is anybody there?"""
        present = self._model.reset()
        if required and not present:
            raise OneWireError
        return present

    def readbit(self) -> int:
        """One bit."""
        return self._model.bit()

    def readbyte(self) -> int:
        """Eight bits, the lowest first."""
        return sum(self._model.bit() << place for place in range(8))

    def writebyte(self, value: int) -> None:
        """Eight bits."""
        self._model.take(value)

    def crc8(self, content) -> int:
        """The check value, x8 + x5 + x4 + 1; 0 over content with its own at the end."""
        return crc8(content)


def crc8(content) -> int:
    """The check value of one wire's bytes (data sheet of the DS18B20, figure 11)."""
    crc = 0
    for byte in content:
        for place in range(8):
            odd = (crc ^ byte >> place) & 1
            crc = crc >> 1 ^ (0x8C if odd else 0)
    return crc
