"""Cup anemometer, one closure a turn: 1 Hz is 0.667 m/s (2.4 km/h; data sheet of the Argent Data Systems assembly).

`speed` is the mean since the last reading, `gust` the greatest mean over 3 s (WMO-No. 8, chapter 5) since then.
"""

from micropython import const

BUS = "pulse"
KEYS = ("speed", "gust")

MPS_A_HZ = 0.667
_BOUNCE_MS = const(5)
"""Contacts bounce for a millisecond or two; 5 ms still let 130 m/s through."""
_GUST_S = const(3)


class Driver:
    """One anemometer: looks at the count once a second."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._counting = False
        self._counts: list[int] = []
        self._start = self._seconds = 0
        self._gust = 0

    async def start(self) -> None:
        """Count from now on."""
        if not self._counting:
            self._bus.start(_BOUNCE_MS)
            self._counting = True
        self._start = self._bus.read()[0]
        self._counts = [self._start]
        self._seconds = self._gust = 0

    def tick(self) -> None:
        """Note this second's count, and the greatest rise over three seconds."""
        self._counts.append(self._bus.read()[0])
        self._counts = self._counts[-1 - _GUST_S :]
        self._seconds += 1
        if len(self._counts) > _GUST_S:
            self._gust = max(self._gust, self._counts[-1] - self._counts[0])

    async def read(self) -> dict:
        """Speeds since the last reading; the first gust needs three seconds."""
        turns, seconds, gust = self._bus.read()[0] - self._start, self._seconds, self._gust
        if not seconds:
            return {}
        self._start, self._seconds, self._gust = self._start + turns, 0, 0
        speeds = {"speed": turns / seconds * MPS_A_HZ}
        if len(self._counts) > _GUST_S:
            speeds["gust"] = gust / _GUST_S * MPS_A_HZ
        return speeds
