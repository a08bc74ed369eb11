"""An electricity meter as a contact: a thousand closures a kWh at the power of this moment; its output may hang closed."""

PULSES_A_KWH = 1000


class Model:
    """One meter; its signal is the power in W."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("power", "power")

    def hertz(self) -> float:
        """Pulses a second now."""
        if self._world.silent(self.name) or self._hangs():
            return 0.0
        return max(self._world.value(self._channel), 0.0) * PULSES_A_KWH / 3600000

    def level(self) -> int:
        """Open, unless the output hangs; a cut cable is open too."""
        if self._world.still():
            raise OSError(19)
        return 0 if self._hangs() and not self._world.silent(self.name) else 1

    def _hangs(self) -> bool:
        return self._world.fault("hangs", "sensor", self.name) is not None
