"""A capacitive soil probe as a voltage: 2.3 V in air, 1 V in water; without it the pin is drawn to ground."""

DRY_UV, WET_UV = 2300000, 1000000


class Model:
    """One probe."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("moisture", "soil_moisture")

    def microvolts(self) -> int:
        """The voltage of this moment."""
        if self._world.silent(self.name):
            return 0
        if self._world.fault("stuck", "sensor", self.name) is not None:
            return 3300000
        return int(DRY_UV - self._world.value(self._channel) / 100 * (DRY_UV - WET_UV))
