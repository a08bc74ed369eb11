"""An INMP441 at the level of its samples: a tone of 1 kHz at the level of this moment, 24 bits in slots of 32 bits.

At 1 kHz the A-weighted level is the level, so what the world says is what a sound level meter must say. Nothing for 2^18
clocks after the clock began; a full scale at 120 dB; no more than 24 bits.
"""

import math
import struct
import time

from wiring import silence

AWAKE_CLOCKS = 262144
FULL_SCALE_DB = 120.0
TOP = 8388607
PERIOD = 24
"""Samples of a period of 1 kHz at 24 kHz."""
FELT_MS = 250


class Model:
    """One microphone."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("laeq", "noise_level")
        self._felt, self._period = time.ticks_add(time.ticks_ms(), -FELT_MS), b""
        self._asleep_s = 0.0

    def clocked(self, hertz: int) -> None:
        """The clock begins."""
        self._asleep_s = AWAKE_CLOCKS / hertz

    def fill(self, samples, since_s: float) -> None:
        """Write samples into this view, the first of them so long after the clock began."""
        if since_s < self._asleep_s or self._world.silent(self.name):
            silence(samples)
            return
        now = time.ticks_ms()
        if time.ticks_diff(now, self._felt) >= FELT_MS:
            self._felt, self._period = now, self._tone(self._world.value(self._channel))
        first = 4 * (int(since_s * 1000 * PERIOD + 0.5) % PERIOD)
        at = -first
        while at < len(samples):
            low, high = max(at, 0), min(at + len(self._period), len(samples))
            samples[low:high] = self._period[low - at : high - at]
            at += len(self._period)

    def _tone(self, level_db: float) -> bytes:
        fault = self._world.fault
        if fault("stuck", "sensor", self.name) is not None:
            return b"\x00\xff\xff\xff" * PERIOD
        if fault("saturated", "sensor", self.name) is not None:
            level_db = FULL_SCALE_DB + 20
        offset = TOP // 20 if fault("offset", "sensor", self.name) is not None else 0
        size = TOP * 10 ** ((level_db - FULL_SCALE_DB) / 20)
        turn = 2 * math.pi / PERIOD
        wave = [int(size * math.sin(turn * n) + offset + 8388608.5) - 8388608 for n in range(PERIOD)]
        return b"".join(struct.pack("<i", min(max(at, -TOP - 1), TOP) * 256) for at in wave)
