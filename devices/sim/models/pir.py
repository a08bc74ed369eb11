"""A passive infrared sensor as a level: high for the share of every twenty seconds that its channel says; it fires while cold."""

BLOCK_S = 20
COLD_S = 30


class Model:
    """One sensor."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("movement", "movement")

    def hertz(self) -> float:
        """Nobody counts its edges."""
        return 0.0

    def level(self) -> int:
        """Its output; with the wire off, that of the pull-up."""
        if self._world.still():
            raise OSError(19)
        age_s = self._world.age_s()
        if self._world.silent(self.name) or self._world.fault("stuck", "sensor", self.name) is not None or age_s < COLD_S:
            return 1
        share = min(max(self._world.value(self._channel), 0.0), 100.0) / 100
        return 1 if age_s % BLOCK_S < share * BLOCK_S else 0
