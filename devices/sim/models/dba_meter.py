"""A sound level meter as a voltage: 30 dBA at 0.6 V, 50 dB a volt; without it the pin is drawn to ground."""


class Model:
    """One meter."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("laeq", "laeq")

    def microvolts(self) -> int:
        """The voltage of the level of this moment, within what the meter can give."""
        if self._world.silent(self.name):
            return 0
        return int(min(max(self._world.value(self._channel), 30.0), 130.0) * 20000)
