"""The one light that an agent sees: steady beat when all is well, faster the more is wrong, a flutter to be found."""

import asyncio

from machine import Pin

FOUND_MS = 10000
PATTERNS = {
    "well": (50, 2950),
    "no broker": (200, 800),
    "no network": (200, 200),
    "found": (60, 60),
}
"""For how long the light is on, then off, in milliseconds."""


class Led:
    """A light on a pin, or nothing where the board has none."""

    def __init__(self, pin: int | None):
        self._pin = None if pin is None else Pin(pin, Pin.OUT)
        self._found_ms = 0
        self.pattern = "no network"

    def identify(self) -> None:
        """Flutter for ten seconds, so that a person finds this board among others."""
        self._found_ms = FOUND_MS

    async def run(self, beat) -> None:
        """Show the pattern of the moment, for ever."""
        while True:
            beat()
            on_ms, off_ms = PATTERNS["found" if self._found_ms > 0 else self.pattern]
            self._show(1)
            await asyncio.sleep_ms(on_ms)
            self._show(0)
            await asyncio.sleep_ms(off_ms)
            self._found_ms -= min(self._found_ms, on_ms + off_ms)

    def _show(self, level: int) -> None:
        if self._pin is not None:
            self._pin.value(level)
