"""Analogue sound level meter on the ADC (Gravity SEN0232): 0.6 V to 2.6 V are 30 to 130 dBA, 50 dB a volt.

One level a second, kept as energy; a sample is the LAeq of its period: 10 log10 of the mean of 10^(L/10) (IEC 61672-1).
Only levels leave the board, never sound. A voltage outside the range by more than 0.1 V is a missing meter. Above 130 dBA
its output stands still, and a converter of a smaller range stands still before: a period with such a second has no mean, for it
would be too low.
"""

import math

from micropython import const

from girouette.sensor import SensorError

BUS = "adc"
KEYS = ("laeq",)

_LOWEST_UV = const(500000)
_HIGHEST_UV = const(2700000)
_CLIPPED_UV = const(2590000)
_BELOW_UV = const(20000)
"""So far below where the board's converter ends what it reads is its end."""
DB_A_UV = 50 / 1000000


class Driver:
    """One meter: gathers a level a second."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._most_uv = min(_CLIPPED_UV, 1000 * options.get("full_mv", 3300) - _BELOW_UV)
        self._energy = 0.0
        self._levels = 0
        self._clipped = False

    async def start(self) -> None:
        """Begin a new mean."""
        self._energy, self._levels, self._clipped = 0.0, 0, False
        self._level()

    def tick(self) -> None:
        """Add this second's level."""
        self._energy += 10 ** (self._level() / 10)
        self._levels += 1

    async def read(self) -> dict:
        """The equivalent level since the last reading."""
        energy, levels, clipped = self._energy, self._levels, self._clipped
        self._energy, self._levels, self._clipped = 0.0, 0, False
        if clipped:
            raise SensorError("saturated")
        if not levels:
            return {}
        return {"laeq": 10 * math.log10(energy / levels)}

    def _level(self) -> float:
        found_uv = self._bus.read_uv()
        if not _LOWEST_UV <= found_uv <= _HIGHEST_UV:
            raise SensorError("absent")
        self._clipped = self._clipped or found_uv >= self._most_uv
        return found_uv * DB_A_UV
