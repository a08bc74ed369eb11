"""A DS18B20 at the level of its commands: presence, ROM, conversion that takes its time, scratchpad with its check value.

Until the first conversion is done the scratchpad holds 85 degrees; while one goes on, it holds the one before.
"""

import struct
import time

from onewire import crc8

ROM = b"\x28\x61\x64\x11\x8d\xf1\x4c"
CONVERT_MS = 740
READ_ROM, SKIP_ROM, CONVERT, READ_SCRATCHPAD = 0x33, 0xCC, 0x44, 0xBE


class Model:
    """One probe."""

    def __init__(self, world, name: str, channels: dict):
        self.name = name
        self._world = world
        self._channel = channels.get("probe", "water_temperature")
        self._sixteenths = self._next = 0x0550
        self._began = None
        self._selected = False
        self._says = b""
        self._at = 0

    def reset(self) -> bool:
        """A reset pulse: whoever is there answers, and waits for a ROM command."""
        self._settle()
        self._selected, self._says, self._at = False, b"", 0
        return not self._world.silent(self.name)

    def take(self, order: int) -> None:
        """A byte from the board."""
        if self._world.silent(self.name):
            return
        self._says, self._at = b"", 0
        if not self._selected:
            self._selected = order == SKIP_ROM
            self._says = self._checked(ROM) if order == READ_ROM else b""
        elif order == CONVERT:
            self._next, self._began = self._measured(), time.ticks_ms()
        elif order == READ_SCRATCHPAD:
            self._settle()
            self._says = self._checked(struct.pack("<hBBBBBB", self._sixteenths, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10))

    def bit(self) -> int:
        """A read slot: of what it says, else 0 while it converts, else 1, as an idle wire."""
        if self._world.fault("shorted", "sensor", self.name) is not None:
            return 0
        if self._at < 8 * len(self._says):
            self._at += 1
            return self._says[(self._at - 1) // 8] >> (self._at - 1) % 8 & 1
        self._settle()
        return 1 if self._began is None or self._world.silent(self.name) else 0

    def _settle(self) -> None:
        stuck = self._world.fault("timeout", "sensor", self.name) is not None
        if self._began is not None and not stuck and time.ticks_diff(time.ticks_ms(), self._began) >= CONVERT_MS:
            self._sixteenths, self._began = self._next, None

    def _measured(self) -> int:
        if self._world.fault("brown-out", "sensor", self.name) is not None:
            return 0x0550
        return int(min(max(self._world.value(self._channel), -55.0), 125.0) * 16 + 1000.5) - 1000

    def _checked(self, content: bytes) -> bytes:
        spoilt = 1 if self._world.fault("checksum", "sensor", self.name) is not None else 0
        return content + bytes((crc8(content) ^ spoilt,))
