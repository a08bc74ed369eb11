"""A SDS011 at the frame level: a reading a second while it works, an answer to each command, silence while it sleeps.

Asleep it hears nothing but the order to work; it wakes with the fan at rest, and its first readings are too low.
"""

import struct
import time

FRAME_MS = 1000
WARM_MS = 20000


class Model:
    """One sensor."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channels = channels
        self._due = time.ticks_add(time.ticks_ms(), FRAME_MS)
        self._woken = time.ticks_ms()
        self._works = True
        self._answers = b""
        self.worked_ms = 0

    def heard(self, content: bytes) -> None:
        """A command, if it is a whole one."""
        if len(content) != 19 or content[:2] != b"\xaa\xb4" or content[18] != 0xAB or sum(content[2:17]) & 255 != content[17]:
            return
        order, setting, value = content[2], content[3], content[4]
        if self._world.silent(self.name) or not (self._works or (order, setting, value) == (6, 1, 1)):
            return
        if (order, setting) == (6, 1):
            self._turn(bool(value))
        self._answers += self._frame(0xC5, bytes((order, setting, value, 0, 0xA1, 0x60)))

    def sent(self) -> bytes:
        """All frames since the last look, up to what a receive buffer could hold."""
        frames, self._answers = self._answers, b""
        while time.ticks_diff(time.ticks_ms(), self._due) >= 0:
            self._due = time.ticks_add(self._due, FRAME_MS)
            if self._works and not self._world.silent(self.name) and len(frames) < 512:
                self.worked_ms += FRAME_MS
                frames += self._frame(0xC0, self._reading())
        return frames

    def _turn(self, works: bool) -> None:
        if works and not self._works:
            self._woken = time.ticks_ms()
            self._due = time.ticks_add(self._woken, FRAME_MS)
        self._works = works

    def _reading(self) -> bytes:
        cold = time.ticks_diff(time.ticks_ms(), self._woken) < WARM_MS
        words = []
        for key in ("pm2_5", "pm10"):
            value = self._world.value(self._channels[key]) if key in self._channels else 0.0
            words.append(min(max(int(value * (3 if cold else 10) + 0.5), 0), 9999))
        return struct.pack("<HH", *words) + b"\xa1\x60"

    def _frame(self, kind: int, data: bytes) -> bytes:
        total = sum(data) + (1 if self._world.fault("checksum", "sensor", self.name) is not None else 0)
        return bytes((0xAA, kind)) + data + bytes((total & 255, 0xAB))
