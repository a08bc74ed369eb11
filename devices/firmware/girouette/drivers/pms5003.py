"""Plantower PMS5003 on UART, 9600 baud: PM2.5 and PM10 in ug/m3, in its active mode (a frame a second, unasked).

PMS5003 series data manual V2.3, appendix I: 32 bytes, 0x42 0x4D, a length of 28, thirteen words, the sum of all bytes
before it. Words 5 and 6 are PM2.5 and PM10 "under atmospheric environment". Its fan needs 30 s to give stable values, after it
was asleep too (appendix I: commands of 7 bytes, whose last two are the sum of the others).
"""

import struct

from micropython import const

from girouette.sensor import SensorError

BUS = "uart"
KEYS = ("pm2_5", "pm10")

_FRAME = const(32)
HEAD = b"\x42\x4d\x00\x1c"
SLEEP = b"\x42\x4d\xe4\x00\x00\x01\x73"
WAKE = b"\x42\x4d\xe4\x00\x01\x01\x74"
_WARM_UP_S = const(30)
_SILENT_S = const(5)
_A_TICK = const(96)
"""Three frames: more than can arrive between two ticks, little enough to read in one."""


class Driver:
    """One sensor: gathers its frames, and gives their mean since the last reading."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        self._warm_up_s: int = options.get("warm_up_s", _WARM_UP_S)
        self._cold_s = self._warm_up_s
        self._buffer = bytearray()
        self._sums = [0, 0]
        self._frames = self._bad = 0
        self._silent_s = 0

    async def start(self) -> None:
        """Wake it, if it sleeps, and begin with an empty buffer."""
        self._bus.write(WAKE)
        self._buffer = bytearray()
        self._bad = self._frames = 0
        self._sums = [0, 0]

    def tick(self) -> None:
        """Take what has arrived since the last tick, a second ago; one that has been silent warms up anew."""
        self._silent_s = min(self._silent_s + 1, _SILENT_S + 1)
        self._cold_s = self._warm_up_s if self._silent_s > _SILENT_S else max(0, self._cold_s - 1)
        waiting = self._bus.any()
        if waiting:
            self._buffer.extend(self._bus.read(min(waiting, _A_TICK)) or b"")
        while len(self._buffer) >= _FRAME:
            self._take()

    async def read(self) -> dict:
        """The mean of the frames since the last reading; nothing yet while the fan warms up."""
        if self._cold_s > 0:
            self._frames, self._sums = 0, [0, 0]
        frames, bad, sums = self._frames, self._bad, self._sums
        self._frames, self._bad, self._sums = 0, 0, [0, 0]
        if frames:
            return {"pm2_5": sums[0] / frames, "pm10": sums[1] / frames}
        if bad:
            raise SensorError("checksum")
        if self._silent_s > _SILENT_S:
            raise SensorError("absent")
        return {}

    def rest(self) -> None:
        """Let fan and laser stand still until it is started again; it warms up anew then."""
        self._bus.write(SLEEP)
        self._cold_s = self._warm_up_s

    def _take(self) -> None:
        """Take one frame off the buffer, or the one byte that cannot begin one."""
        if self._buffer[:4] != HEAD:
            self._buffer = self._buffer[1:]
            return
        frame, rest = self._buffer[:_FRAME], self._buffer[_FRAME:]
        if sum(frame[:30]) != frame[30] << 8 | frame[31]:
            self._bad += 1
            self._buffer = self._buffer[1:]
            return
        self._buffer = rest
        self._silent_s = 0
        _, pm2_5, pm10 = struct.unpack(">HHH", frame[10:16])
        self._frames += 1
        self._sums[0] += pm2_5
        self._sums[1] += pm10
