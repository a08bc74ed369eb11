"""JSN-SR04T, a waterproof ultrasonic transducer: distance to what is under it, and its level above the ground, in m.

Data sheet of the module, mode 1: a trigger of 10 us at least (20 us for the older boards), an answer that stays high for as long as
the sound was away, 60 ms where nothing came back; blind below 20 to 25 cm, up to 4.5 m. Sound: 331.3 + 0.606 t m/s.
One ping a second, and the median of those of a period, since a ripple or a fly spoils one at a time.
"""

from micropython import const

from girouette.sensor import SensorError

BUS = "echo"
KEYS = ("distance", "level")

_TRIGGER_US = const(20)
BLIND_M = 0.23
FAR_M = 4.6
KEPT = const(61)
_AIR_CELSIUS = const(15)


class Driver:
    """One transducer, looking down."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._height_m = options.get("height_m")
        self._air_celsius: float = options.get("air_celsius", _AIR_CELSIUS)
        self._listening = False
        self._asked = self._stuck = self._silent = 0
        self._took_us: list[int] = []

    async def start(self) -> None:
        """Listen from now on."""
        if not self._listening:
            self._bus.start()
            self._listening = True
        self._forget()

    def hear(self, values: dict) -> None:
        """A thermometer on the same board says how fast sound is."""
        self._air_celsius = values.get("temperature", self._air_celsius)

    def tick(self) -> None:
        """Note the answer to the ping of a second ago, and send the next one: nobody waits for it."""
        if self._asked:
            took_us = self._bus.took_us()
            if took_us > 0:
                self._took_us.append(took_us)
                self._took_us = self._took_us[-KEPT:]
            elif not self._bus.risen():
                self._silent += 1
        self._asked += 1
        if not self._bus.ask(_TRIGGER_US):
            self._stuck += 1

    async def read(self) -> dict:
        """The median since the last reading."""
        asked, silent, stuck, took_us = self._asked, self._silent, self._stuck, sorted(self._took_us)
        self._forget(1 if asked else 0)
        if len(took_us) * 2 < asked - 1 or (asked > 1 and not took_us):
            raise SensorError("stuck" if stuck > silent else "absent")
        if not took_us:
            return {}
        distance_m = took_us[len(took_us) // 2] * (331.3 + 0.606 * self._air_celsius) / 2000000
        if not BLIND_M <= distance_m <= FAR_M:
            raise SensorError("range")
        if self._height_m is None:
            return {"distance": distance_m}
        return {"distance": distance_m, "level": self._height_m - distance_m}

    def _forget(self, asked: int = 0) -> None:
        self._asked, self._silent, self._stuck = asked, 0, 0
        self._took_us = []
