"""A wind vane as a voltage: the magnet closes the contact of the nearest of sixteen directions."""

OHMS = (33000, 6570, 8200, 891, 1000, 688, 2200, 1410, 3900, 3140, 16000, 14120, 120000, 42120, 64900, 21880)
SUPPLY_UV = 3300000
PULL_UP_OHM = 10000
PULL_DOWN_OHM = 22000


class Model:
    """One vane."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("direction", "wind_direction")

    def microvolts(self) -> int:
        """The voltage of the nearest contact; with the cable cut, that of the two resistors alone."""
        ohm = PULL_DOWN_OHM
        if not self._world.silent(self.name):
            vane = OHMS[int(self._world.value(self._channel) / 22.5 + 0.5) % 16]
            ohm = int(1 / (1 / vane + 1 / PULL_DOWN_OHM))
        return SUPPLY_UV * ohm // (ohm + PULL_UP_OHM)
