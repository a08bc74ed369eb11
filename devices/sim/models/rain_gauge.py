"""A tipping bucket as a contact: a closure each 0.2794 mm; it can hang closed."""

MM_A_TIP = 0.2794


class Model:
    """One gauge; its signal is the rain's intensity in mm/h."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("rain", "rain")

    def hertz(self) -> float:
        """Tips a second now."""
        if self._world.silent(self.name) or self._hangs():
            return 0.0
        return max(self._world.value(self._channel), 0.0) / 3600 / MM_A_TIP

    def level(self) -> int:
        """Open, as a cut cable is, unless the bucket hangs."""
        if self._world.still():
            raise OSError(19)
        return 0 if self._hangs() else 1

    def _hangs(self) -> bool:
        return self._world.fault("hangs", "sensor", self.name) is not None
