"""Nova Fitness SDS011 on UART, 9600 baud: PM2.5 and PM10 in ug/m3, a frame a second while its laser is on.

Laser Dust Sensor Control Protocol V1.3: commands of 19 bytes (3: reporting mode, sleep and work, working period), answers and
readings of 10, the check value the low byte of the sum of the data bytes. Data sheet V1.3: life of the laser 8000 h, so it
sleeps between two readings that are at least 90 s apart, and is woken 45 s before the next: 30 s for the fan, 15 to measure.
It sleeps with a board on a battery too, and has the same 30 s at each start.
"""

from micropython import const

from girouette.sensor import SensorError

BUS = "uart"
KEYS = ("pm2_5", "pm10")

_FRAME = const(10)
READING = const(0xC0)
ACTIVE = b"\x02\x01\x00"
CONTINUOUS = b"\x08\x01\x00"
SLEEP = b"\x06\x01\x00"
WORK = b"\x06\x01\x01"
_WARM_UP_S = const(30)
_AWAKE_S = const(45)
_WORTH_S = const(90)
_SILENT_S = const(5)
_A_TICK = const(60)
"""Six frames: more than can arrive between two ticks."""


class Driver:
    """One sensor: gathers its frames while it is awake, and gives their mean."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._warm_up_s: int = options.get("warm_up_s", _WARM_UP_S)
        self._cold_s = self._rest_s = self._silent_s = 0
        self._age_s = 0
        self._asleep = True
        self._buffer = bytearray()
        self._sums = [0, 0, 0]
        self._bad = 0
        self._wrong = ""

    async def start(self) -> None:
        """Wake it, and have it report by itself, all the time."""
        self._wake()
        for order in (ACTIVE, CONTINUOUS):
            self._order(order)
        self._age_s = self._rest_s = 0

    def tick(self) -> None:
        """Take what has arrived since the last tick; wake it when the next reading is near."""
        self._age_s += 1
        if self._asleep:
            if self._age_s >= self._rest_s:
                self._wake()
            return
        self._cold_s -= 1 if self._cold_s > 0 else 0
        self._silent_s = min(self._silent_s + 1, _SILENT_S + 1)
        waiting = self._bus.any()
        if waiting:
            self._buffer.extend(self._bus.read(min(waiting, _A_TICK)) or b"")
        while len(self._buffer) >= _FRAME:
            self._take()

    async def read(self) -> dict:
        """The mean of the frames of this waking; nothing while it sleeps or its fan warms up."""
        if self._silent_s > _SILENT_S:
            self._wrong = "absent"
        elif self._bad and not self._sums[2]:
            self._wrong = "checksum"
        if self._wrong:
            raise SensorError(self._wrong)
        if self._asleep or self._cold_s > 0:
            return {}
        (fine, coarse, frames), self._sums, self._bad = self._sums, [0, 0, 0], 0
        if not frames:
            return {}
        self._rest_s = self._age_s - _AWAKE_S if self._age_s >= _WORTH_S else 0
        self._age_s = 0
        if self._rest_s:
            self._order(SLEEP)
            self._asleep = True
        return {"pm2_5": fine / frames / 10, "pm10": coarse / frames / 10}

    def rest(self) -> None:
        """Let fan and laser stand still until it is started again."""
        self._order(SLEEP)
        self._asleep = True

    def _wake(self) -> None:
        self._order(WORK)
        self._asleep = False
        self._cold_s, self._silent_s = self._warm_up_s, 0
        self._sums, self._bad = [0, 0, 0], 0
        self._buffer = bytearray()

    def _order(self, order: bytes) -> None:
        data = order + bytes(10) + b"\xff\xff"
        self._bus.write(b"\xaa\xb4" + data + bytes((sum(data) & 255, 0xAB)))

    def _take(self) -> None:
        """Take one frame off the buffer, or the one byte that cannot begin one."""
        frame = self._buffer[:_FRAME]
        if frame[0] != 0xAA or frame[9] != 0xAB:
            self._buffer = self._buffer[1:]
            return
        if sum(frame[2:8]) & 255 != frame[8]:
            self._bad += 1
            self._silent_s = 0
            self._buffer = self._buffer[1:]
            return
        self._buffer = self._buffer[_FRAME:]
        self._silent_s, self._wrong = 0, ""
        if frame[1] == READING and not self._cold_s:
            self._sums[0] += frame[2] | frame[3] << 8
            self._sums[1] += frame[4] | frame[5] << 8
            self._sums[2] += 1
