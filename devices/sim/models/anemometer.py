"""A cup anemometer as a contact: one closure a turn, 0.667 m/s at one turn a second, gusts by the second."""

import time

MPS_A_HZ = 0.667


class Model:
    """One anemometer."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("speed", "wind_speed")
        self._speed = 0.0
        self._felt = None

    def hertz(self) -> float:
        """Closures a second now; the wind is felt anew every second."""
        now = time.ticks_ms()
        if self._felt is None or time.ticks_diff(now, self._felt) >= 1000:
            self._felt, self._speed = now, max(self._world.value(self._channel), 0.0)
        return 0.0 if self._world.silent(self.name) else self._speed / MPS_A_HZ

    def level(self) -> int:
        """Open, as a cut cable is."""
        if self._world.still():
            raise OSError(19)
        return 1
