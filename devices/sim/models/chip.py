"""What the models of I2C chips share: faults by their names, values of the world, and a conversion that takes its time."""

import errno
import time


class Chip:
    """A chip on the bus, as it is after power-on."""

    HANGS = True
    """Does `timeout` mean that what it has begun never ends? Else it is for the model to say."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channels = channels
        self._began: int | None = None
        self._takes_ms = 0
        self.power_on()

    def power_on(self) -> None:
        """Forget what it was told."""
        self._began = None

    def value(self, key: str, otherwise: float) -> float:
        """What the driver's key would be now; a value of its own where no channel asks for it."""
        return self._world.value(self._channels[key]) if key in self._channels else otherwise

    def has(self, fault: str) -> bool:
        """Is this wrong with it now?"""
        return self._world.fault(fault, "sensor", self.name) is not None

    def refuse_if(self, busy: bool) -> None:
        """Acknowledge nothing while it is busy, or where it refuses."""
        if busy or self.has("nack"):
            raise OSError(errno.ENODEV)

    def begin(self, takes_ms: int) -> None:
        """Begin something that takes this long."""
        self._began, self._takes_ms = time.ticks_ms(), takes_ms

    def busy(self) -> bool:
        """Is it still at it? For ever, where it hangs."""
        if self._began is None:
            return False
        hangs = self.HANGS and self.has("timeout")
        if not hangs and time.ticks_diff(time.ticks_ms(), self._began) >= self._takes_ms:
            self._began = None
        return self._began is not None
