"""A passive infrared sensor (AM312, HC-SR501): the share of the time in which something warm moved before it, in percent.

Its output is high for as long as it sees movement and a little longer: 2 s (AM312), 3 s to 5 min by a screw (HC-SR501). It needs
up to 60 s after power-on, in which it fires by itself. Looked at once a second; who it was, or how many, it cannot tell.
"""

from micropython import const

from girouette.sensor import SensorError

BUS = "pulse"
KEYS = ("movement",)

_WARM_UP_S = const(60)
_STUCK_S = const(1800)
"""Half an hour of unbroken movement is a wire that came off (the pin is pulled up), or a sensor that looks at a heater."""


class Driver:
    """One sensor."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._cold_s: int = options.get("warm_up_s", _WARM_UP_S)
        self._stuck_s: int = options.get("stuck_s", _STUCK_S)
        self._moved = self._looks = self._high_s = 0

    async def start(self) -> None:
        """Begin a new share; the sensor warms up once, from power-on."""
        self._moved = self._looks = 0

    def tick(self) -> None:
        """Add this second."""
        if self._cold_s > 0:
            self._cold_s -= 1
            return
        moves = not self._bus.read()[1]
        self._high_s = self._high_s + 1 if moves else 0
        self._moved += moves
        self._looks += 1

    async def read(self) -> dict:
        """The share since the last reading; nothing while the sensor warms up."""
        moved, looks = self._moved, self._looks
        self._moved = self._looks = 0
        if self._high_s > self._stuck_s:
            raise SensorError("stuck")
        return {"movement": 100 * moved / looks} if looks else {}
