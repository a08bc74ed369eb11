"""Tipping bucket rain gauge: a closure a tip, 0.2794 mm of rain each (data sheet of the Argent Data Systems assembly).

`rain` is the total since power-on: a counter that starts again at 0, so that a lost sample loses no rain.
"""

from micropython import const

from girouette.sensor import SensorError

BUS = "pulse"
KEYS = ("rain",)

MM_A_TIP = 0.2794
_BOUNCE_MS = const(100)
"""A tip takes longer than this even in a cloudburst: ten a second would be 10 m of rain an hour."""
_STUCK_S = const(30)


class Driver:
    """One gauge; a contact that stays closed is a bucket that hangs."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._mm_a_tip: float = options.get("mm_a_tip", MM_A_TIP)
        self._counting = False
        self._closed_s = 0

    async def start(self) -> None:
        """Count from now on."""
        if not self._counting:
            self._bus.start(_BOUNCE_MS)
            self._counting = True

    def tick(self) -> None:
        """Note for how long the contact has been closed."""
        self._closed_s = self._closed_s + 1 if self._bus.read()[1] else 0

    async def read(self) -> dict:
        """The rain since power-on."""
        count, closed = self._bus.read()
        if closed and self._closed_s > _STUCK_S:
            raise SensorError("stuck")
        return {"rain": count * self._mm_a_tip}
