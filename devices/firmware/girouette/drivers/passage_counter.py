"""A contact that closes when somebody passes: a light barrier, a pneumatic tube or a loop with an output of its own.

`passages` is the total since power-on: a counter that starts again at 0, so that a lost sample loses nobody. It counts closures,
and knows of nobody who they were.
"""

from micropython import const

from girouette.sensor import SensorError

BUS = "pulse"
KEYS = ("passages",)

QUIET_MS = 300
_CLOSURES = const(1)
_STUCK_S = const(120)


class Driver:
    """One counter; a contact that stays closed is a barrier that something stands in."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._quiet_ms: int = options.get("quiet_ms", QUIET_MS)
        self._closures: int = options.get("closures", _CLOSURES)
        self._stuck_s: int = options.get("stuck_s", _STUCK_S)
        self._counting = False
        self._closed_s = 0

    async def start(self) -> None:
        """Count from now on."""
        if not self._counting:
            self._bus.start(self._quiet_ms)
            self._counting = True

    def tick(self) -> None:
        """Note for how long the contact has been closed."""
        self._closed_s = self._closed_s + 1 if self._bus.read()[1] else 0

    async def read(self) -> dict:
        """Whoever has passed since power-on, in whole passages."""
        count, closed = self._bus.read()
        if closed and self._closed_s > self._stuck_s:
            raise SensorError("stuck")
        return {"passages": count // self._closures}
