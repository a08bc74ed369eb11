"""TDK InvenSense INMP441, a microphone on I2S: LAeq, and L10, L50, L90 of the LAeq of each second, in dB above 20 uPa.

Data sheet DS-INMP441-00 1.1: 24 bits in slots of 32, left slot with L/R at GND; -26 dBFS at 94 dB and 1 kHz, so full scale
is 120 dB (table 1, "Understanding sensitivity"); awake after 2^18 clocks, 171 ms (Power management); pass band up to
0.423 times the rate. At 24 kHz that is 10 kHz, and class 2 of IEC 61672-1 asks for nothing above 8 kHz.
No sample outlives its chunk of 20 ms: only levels leave `_listen`.
"""

import asyncio
import math

from micropython import const

from girouette.exceeded import Exceeded
from girouette.sensor import SensorError

BUS = "i2s"
KEYS = ("laeq", "la10", "la50", "la90")

CHUNK = const(512)
"""Samples a step at the most: what comes in 20 ms is 480."""
_PAUSE_MS = const(20)
_SECOND = const(24000)
SENSITIVITY_DBFS = -26.0
AT_1_KHZ_DB = 1.0
"""What the filter takes away at 1 kHz."""
FULL_SCALE_DB = 105.3605
"""Of a sine's mean square in 19 bits: 10 log10(2^35)."""
CALIBRATOR_DB = 94.0
_CLIPPED = const(262000)
"""A peak of 19 bits: -0.005 dBFS."""
DEAD_DB = 20.0
"""Its own noise is 33 dB(A): what is quieter is no microphone."""
SHARES = (10, 50, 90)
_SILENT_S = const(5)


class Driver:
    """One microphone: listens all the time, in a task of its own."""

    def __init__(self, bus, options: dict):
        self._bus = bus
        zero_db = CALIBRATOR_DB - options.get("sensitivity_dbfs", SENSITIVITY_DBFS)
        self._offset_db: float = zero_db - FULL_SCALE_DB + AT_1_KHZ_DB
        self._task: asyncio.Task | None = None
        self._seconds = Exceeded()
        self._buffer = bytearray(4 * CHUNK)
        self._energy, self._silent_s = 0.0, 0
        self._fault: str | None = None

    async def start(self) -> None:
        """Begin to listen; the first second is the microphone's, and the filter's, to come to rest."""
        self._forget()
        self._silent_s = 0
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())

    def tick(self) -> None:
        """Note that a second has passed, heard or not."""
        self._silent_s += 1

    async def read(self) -> dict:
        """The levels since the last reading; one second of clipped sound spoils them all, since it was louder than told."""
        fault, count, levels = self._fault, self._seconds.count, {}
        if count:
            levels = dict(zip(KEYS, [10 * math.log10(self._energy / count)] + self._seconds.levels(SHARES)))
        self._forget()
        if fault is not None:
            raise SensorError(fault)
        if self._silent_s > _SILENT_S:
            raise SensorError("absent")
        return levels

    def _forget(self) -> None:
        self._energy, self._fault = 0.0, None
        self._seconds.clear()

    async def _listen(self) -> None:
        try:
            from girouette.weighting import energy, fresh, weigh
        except SyntaxError:  # an interpreter that makes no machine code is 50 times too slow
            self._fault = "wrong-chip"
            return
        state, buffer = fresh(), self._buffer
        squares, samples, awake = 0.0, 0, False
        await asyncio.StreamReader(self._bus).readinto(buffer)  # from here on the bus gives what it has at once
        while True:
            got = self._bus.readinto(buffer) or 0
            weigh(buffer, got // 4, state)  # pyright: ignore[reportArgumentType]
            squares, samples = squares + energy(state), samples + got // 4
            await asyncio.sleep_ms(0 if got == len(buffer) else _PAUSE_MS)
            if samples >= _SECOND:
                awake = not awake or self._heard(squares / samples, state[5], buffer)
                squares, samples, state[5] = 0.0, 0, 0

    def _heard(self, square: float, peak: int, last: bytearray) -> bool:
        """A second has been heard: its level goes into the mean and into the steps. Not so: the next one is left out."""
        self._silent_s = 0
        level = 10 * math.log10(square + 1e-3) + self._offset_db
        if peak >= _CLIPPED or level < DEAD_DB:
            self._fault = "saturated" if peak >= _CLIPPED else "stuck" if any(last) else "absent"
            return False
        self._energy += 10 ** (level / 10)
        self._seconds.add(level)
        return True
