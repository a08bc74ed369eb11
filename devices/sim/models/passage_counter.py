"""A light barrier as a contact: so many passages an hour; something may stand in it."""

SECONDS = 3600


class Model:
    """One counter; its signal is how many pass in an hour."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("passages", "passages")

    def hertz(self) -> float:
        """Passages a second now."""
        if self._world.silent(self.name) or self._stands():
            return 0.0
        return max(self._world.value(self._channel), 0.0) / SECONDS

    def level(self) -> int:
        """Open, unless something stands in it; a cut cable is open too."""
        if self._world.still():
            raise OSError(19)
        return 0 if self._stands() and not self._world.silent(self.name) else 1

    def _stands(self) -> bool:
        return self._world.fault("stands", "sensor", self.name) is not None
