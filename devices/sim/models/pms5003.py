"""A PMS5003 at the frame level: 32 bytes a second, unasked, at 9600 baud; whole, spoilt, or none.

Asleep it says nothing; it wakes with the fan at rest, and its first readings are too low.
"""

import struct
import time

FRAME_MS = 1000
WARM_MS = 20000
ORDERS = {b"\x42\x4d\xe4\x00\x00\x01\x73": False, b"\x42\x4d\xe4\x00\x01\x01\x74": True}
"""Sleep and work; each with its check value."""


class Model:
    """One sensor."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channels = channels
        self._due = time.ticks_add(time.ticks_ms(), FRAME_MS)
        self._works = True
        self._woken: int | None = None
        self.worked_ms = 0

    def heard(self, content: bytes) -> None:
        """A command, if it is a whole one."""
        works = ORDERS.get(content)
        if works is None or self._world.silent(self.name):
            return
        if works and not self._works:
            self._woken = time.ticks_ms()
            self._due = time.ticks_add(self._woken, FRAME_MS)
        self._works = works

    def sent(self) -> bytes:
        """All frames since the last look, up to what a receive buffer could hold."""
        frames = b""
        while time.ticks_diff(time.ticks_ms(), self._due) >= 0:
            self._due = time.ticks_add(self._due, FRAME_MS)
            if self._works and not self._world.silent(self.name) and len(frames) < 512:
                self.worked_ms += FRAME_MS
                frames += self._frame()
        return frames

    def _frame(self) -> bytes:
        cold = self._woken is not None and time.ticks_diff(time.ticks_ms(), self._woken) < WARM_MS
        share = 0.3 if cold else 1
        pm2_5, pm10 = (
            min(max(int(self._world.value(self._channels[k]) * share + 0.5), 0), 65535) if k in self._channels else 0
            for k in ("pm2_5", "pm10")
        )
        pm1 = pm2_5 * 2 // 3
        words = (28, pm1, pm2_5, pm10, pm1, pm2_5, pm10, pm2_5 * 180, pm2_5 * 54, pm2_5 * 9, pm2_5, 2, 1, 0x9700)
        frame = b"\x42\x4d" + struct.pack(">14H", *(w & 65535 for w in words))
        total = sum(frame)
        if self._world.fault("checksum", "sensor", self.name) is not None:
            total += 1
        return frame + struct.pack(">H", total & 65535)
