"""Capacitive soil moisture probe on the ADC (Gravity SEN0193 and its like): percent of the way from dry air to water.

Data sheet SEN0193: 0 to 3.0 V, lower where it is wetter. The voltages in air and in water differ from probe to probe: `dry_uv`
and `wet_uv` are found with a glass of water. It is no water content by volume, which depends on the soil.
"""

from micropython import const

from girouette.sensor import SensorError

BUS = "adc"
KEYS = ("moisture",)

_DRY_UV = const(2300000)
_WET_UV = const(1000000)
_NOBODY_UV = const(200000)
_SUPPLY_UV = const(3200000)
_BELOW_UV = const(20000)
"""So far below where the board's converter ends what it reads is its end, not a voltage."""
BESIDE = 0.15
"""How far beyond its two points, as a share of the way between them, a probe may stray."""


class Driver:
    """One probe: looks once a second."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._dry_uv = options.get("dry_uv", _DRY_UV)
        self._wet_uv = options.get("wet_uv", _WET_UV)
        self._most_uv = min(_SUPPLY_UV, 1000 * options.get("full_mv", 3300) - _BELOW_UV)
        self._sum_mv = self._looks = 0

    async def start(self) -> None:
        """Begin a new mean."""
        self._sum_mv = self._looks = 0
        self._look()

    def tick(self) -> None:
        """Add this second's voltage."""
        self._sum_mv += self._look() // 1000
        self._looks += 1

    async def read(self) -> dict:
        """The mean since the last reading, held between 0 and 100."""
        sum_mv, looks = self._sum_mv, self._looks
        self._sum_mv = self._looks = 0
        if not looks:
            return {}
        wet = (self._dry_uv - 1000 * sum_mv / looks) / (self._dry_uv - self._wet_uv)
        if not -BESIDE <= wet <= 1 + BESIDE:
            raise SensorError("range")
        return {"moisture": min(max(100 * wet, 0.0), 100.0)}

    def _look(self) -> int:
        found_uv = self._bus.read_uv()
        if found_uv < _NOBODY_UV:
            raise SensorError("absent")
        if found_uv > self._most_uv:
            raise SensorError("stuck")
        return found_uv
