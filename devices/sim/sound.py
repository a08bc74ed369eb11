"""The I2S peripheral: brings a microphone's samples at their rate, and keeps the newest ones when nobody reads."""

import errno
import io
import time

from wiring import find_i2s

POLL, READABLE = 3, 1
FRAMES = 256
"""A DMA buffer: what has come is told once one is full."""


class I2S(io.IOBase):
    """A receiver of one channel in slots of 32 bits."""

    RX, TX, MONO, STEREO = 0x11, 0x12, 0, 1

    def __init__(self, number: int, *, sck, ws, sd, mode: int, bits: int, format: int, rate: int, ibuf: int):
        if mode != self.RX or bits != 32 or format != self.MONO:
            raise ValueError("only a receiver of one channel in 32 bits is simulated")
        self._model = find_i2s(number)
        self._rate, self._room = rate, ibuf // 8
        self._began, self._read = time.ticks_ms(), 0
        self._model.clocked(64 * rate)

    def ready(self) -> int:
        """Is there a full buffer?"""
        return READABLE if self._waiting() >= FRAMES else 0

    def due_ms(self) -> int:
        """How long until there is one."""
        return max(0, FRAMES - self._waiting()) * 1000 // self._rate + 1

    def ioctl(self, request: int, what: int) -> int:
        """As `select.poll` asks it."""
        return self.ready() & what if request == POLL else -errno.EINVAL

    def readinto(self, buffer) -> int:
        """What has come, up to the buffer's size, without waiting: asyncio waits for it."""
        frames = min(self._waiting(), len(buffer) // 4)
        self._model.fill(memoryview(buffer)[: 4 * frames], self._read / self._rate)
        self._read += frames
        return 4 * frames

    def _waiting(self) -> int:
        come = time.ticks_diff(time.ticks_ms(), self._began) * self._rate // 1000
        self._read = max(self._read, come - self._room)
        return come - self._read
