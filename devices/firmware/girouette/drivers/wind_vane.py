"""Wind vane on the ADC: a ring of resistors behind magnets, between the pin and ground, 10 kohm from the pin to 3.3 V and 22 kohm
to ground: so its voltages lie between 0.2 and 2.15 V, where the converter of every board reads straight, and a cut cable at 2.27 V.

Sixteen directions of the Argent Data Systems sensor assembly (data sheet of the Wind Vane, table of resistances).
A sample is the direction of the mean unit vector of one look a second: 350 and 10 degrees make 0, not 180.
"""

import math

from micropython import const

from girouette.sensor import SensorError

BUS = "adc"
KEYS = ("direction",)

_SUPPLY_UV = const(3300000)
PULL_UP_OHM = 10000
PULL_DOWN_OHM = 22000
OHMS = (33000, 6570, 8200, 891, 1000, 688, 2200, 1410, 3900, 3140, 16000, 14120, 120000, 42120, 64900, 21880)
"""From north by 22.5 degrees, clockwise."""
_SHORTED_UV = const(100000)


class Driver:
    """One vane: looks once a second."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        up, down = options.get("pull_up_ohm", PULL_UP_OHM), options.get("pull_down_ohm", PULL_DOWN_OHM)
        supply_uv = options.get("supply_uv", _SUPPLY_UV)
        self._volts = [supply_uv * ohm * down // (ohm * down + (ohm + down) * up) for ohm in OHMS]
        self._open_uv = (supply_uv * down // (down + up) + max(self._volts)) // 2
        self._x = self._y = 0.0
        self._last = 0.0
        self._looks = 0

    async def start(self) -> None:
        """Begin a new mean."""
        self._x = self._y = 0.0
        self._looks = 0
        self._look()

    def tick(self) -> None:
        """Add this second's direction."""
        self._last = self._look()
        turn = math.radians(self._last)
        self._x += math.cos(turn)
        self._y += math.sin(turn)
        self._looks += 1

    async def read(self) -> dict:
        """The mean direction since the last reading; the latest one where the vane has turned all round."""
        x, y, looks = self._x, self._y, self._looks
        self._x = self._y = 0.0
        self._looks = 0
        if not looks:
            return {}
        if x * x + y * y < 0.01:
            return {"direction": self._last}
        return {"direction": math.degrees(math.atan2(y, x)) % 360}

    def _look(self) -> float:
        found_uv = self._bus.read_uv()
        if not _SHORTED_UV <= found_uv <= self._open_uv:
            raise SensorError("absent")
        nearest = min((abs(found_uv - volts), at) for at, volts in enumerate(self._volts))
        return nearest[1] * 22.5
