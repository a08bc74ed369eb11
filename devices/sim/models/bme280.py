"""A BME280 at the register level: chip id, coefficients, control registers, a measuring time, and the data it had before.

Who reads before the measurement is done gets the previous one. Raw values are found by inverting the data sheet's formulas
in floating point (BST-BME280-DS002, 8.1), which are not those that the driver uses.
"""

import struct
import time

T = (27504, 26435, -1000)
P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
H = (75, 370, 0, 313, 50, 30)
"""Coefficients as a chip bears them; T and P are those of the data sheet's worked example."""
MEASURE_MS = 9
SKIPPED = (0x80000, 0x80000, 0x8000)


class Model:
    """One chip."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channels = channels
        self._control = 0
        self._humidity_on = False
        self._raw = SKIPPED
        self._next = SKIPPED
        self._began = None

    def read(self, register: int, count: int) -> bytes:
        """Registers from this one on."""
        self._trouble()
        self._settle()
        if register == 0xD0:
            return b"\x60" if self._world.fault("other-chip", "sensor", self.name) is None else b"\x58"
        if register == 0xF3:
            return b"\x08" if self._began is not None else b"\x00"
        found = {0x88: coefficients_low, 0xE1: coefficients_high}.get(register)
        content = found() if found else self._data() if register == 0xF7 else bytes(count)
        return content[:count]

    def write(self, register: int, content: bytes) -> None:
        """Control registers: forced mode begins a measurement; humidity takes part once it was asked for before."""
        self._trouble()
        if register == 0xF2:
            self._humidity_on = content[0] & 7 != 0
        if register == 0xF4 and content[0] & 3:
            self._next = self._measure()
            self._began = time.ticks_ms()

    def _trouble(self) -> None:
        if self._world.fault("nack", "sensor", self.name) is not None:
            raise OSError(5)

    def _settle(self) -> None:
        stuck = self._world.fault("timeout", "sensor", self.name) is not None
        if self._began is not None and not stuck and time.ticks_diff(time.ticks_ms(), self._began) >= MEASURE_MS:
            self._raw, self._began = self._next, None

    def _measure(self) -> tuple:
        value = {key: self._world.value(name) for key, name in self._channels.items()}
        t = inverse(lambda raw: fine_of(raw) / 5120, value.get("temperature", 20.0), 0xFFFFF)
        fine = fine_of(t)
        p = inverse(lambda raw: -pascal_of(raw, fine), -100 * value.get("pressure", 1013.25), 0xFFFFF)
        h = inverse(lambda raw: percent_of(raw, fine), value.get("humidity", 50.0), 0xFFFF)
        return p, t, h if self._humidity_on else 0x8000

    def _data(self) -> bytes:
        p, t, h = self._raw
        return bytes((p >> 12, p >> 4 & 255, p << 4 & 240, t >> 12, t >> 4 & 255, t << 4 & 240, h >> 8, h & 255))


def coefficients_low() -> bytes:
    """Registers 0x88 to 0xA1."""
    return struct.pack("<HhhHhhhhhhhh", *(T + P)) + bytes((0, H[0]))


def coefficients_high() -> bytes:
    """Registers 0xE1 to 0xE7: the twelve-bit H4 and H5 share the byte 0xE5."""
    h4, h5 = H[3], H[4]
    return struct.pack("<hB", H[1], H[2]) + bytes((h4 >> 4 & 255, h4 & 15 | (h5 & 15) << 4, h5 >> 4 & 255, H[5] & 255))


def fine_of(raw: int) -> float:
    """Fine temperature of a raw value (8.1)."""
    a = (raw / 16384 - T[0] / 1024) * T[1]
    b = raw / 131072 - T[0] / 8192
    return a + b * b * T[2]


def pascal_of(raw: int, fine: float) -> float:
    """Pressure of a raw value (8.1)."""
    a = fine / 2 - 64000
    b = a * a * P[5] / 32768 + a * P[4] * 2
    b = b / 4 + P[3] * 65536
    a = (P[2] * a * a / 524288 + P[1] * a) / 524288
    a = (1 + a / 32768) * P[0]
    p = (1048576 - raw - b / 4096) * 6250 / a
    return p + (P[8] * p * p / 2147483648 + p * P[7] / 32768 + P[6]) / 16


def percent_of(raw: int, fine: float) -> float:
    """Humidity of a raw value (8.1)."""
    h = fine - 76800
    a = raw - (H[3] * 64 + H[4] / 16384 * h)
    b = H[1] / 65536 * (1 + H[5] / 67108864 * h * (1 + H[2] / 67108864 * h))
    h = a * b
    return h * (1 - H[0] * h / 524288)


def inverse(rising, wanted: float, top: int) -> int:
    """The raw value at which a rising function comes nearest to what is wanted, found by halving."""
    low, high = 0, top
    while low < high:
        middle = (low + high) // 2
        if rising(middle) < wanted:
            low = middle + 1
        else:
            high = middle
    return low if low == 0 or abs(rising(low) - wanted) < abs(rising(low - 1) - wanted) else low - 1
