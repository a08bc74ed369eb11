"""A JSN-SR04T at the level of its two pins: how long its answer stays high for the distance of this moment.

Nearer than 25 cm its own pulse still rings: it says 20 to 25 cm, whatever is there. Where nothing comes back it says 60 ms.
"""

AFTER_US = 500
BLIND_M = 0.21
FAR_M = 4.5
NOTHING_US = 60000
CELSIUS = 15


class Model:
    """One transducer."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channels = channels
        self._height_m = options_of(world, channels).get("height_m", 0.0)
        self.high = 0
        self._hangs = False

    def answer(self):
        """After how many microseconds the answer rises, and for how many it stays; None where nobody is there."""
        if self._world.silent(self.name):
            return None
        self._hangs = self._stuck()
        if self._hangs:
            return AFTER_US, 0
        distance_m = self._distance_m()
        if distance_m > FAR_M:
            return AFTER_US, NOTHING_US
        return AFTER_US, int(max(distance_m, BLIND_M) * 2000000 / (331.3 + 0.606 * CELSIUS) + 0.5)

    def level(self) -> int:
        """Is the answer high?"""
        if self._hangs and not self._stuck():
            self._hangs, self.high = False, 0
        return 0 if self._world.silent(self.name) else self.high

    def _stuck(self) -> bool:
        return self._world.fault("stuck", "sensor", self.name) is not None

    def _distance_m(self) -> float:
        if "distance" in self._channels:
            return self._world.value(self._channels["distance"])
        return self._height_m - self._world.value(self._channels["level"])


def options_of(world, channels: dict) -> dict:
    """The options of the sensor that feeds these channels."""
    for sensor in world.config.get("sensors", ()):
        if {c["n"] for c in sensor["channels"]} == set(channels.values()):
            return sensor.get("options") or {}
    return {}
