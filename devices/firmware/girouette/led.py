"""The one light that an agent sees: five rhythms that mean the same on every board, in colour where the light has colours.

devices/lights.toml prints them, in words and as a drawing; a test holds the two together.
"""

import asyncio

from machine import Pin

from micropython import const

_FOUND_MS = const(10000)
LIGHTS = {
    "starting": (1000,),
    "searching": (200, 200),
    "sending": (50, 2950),
    "keeping": (100, 200, 100, 2600),
    "needs-you": (600, 200, 600, 200, 600, 1800),
    "found": (60, 60),
}
"""On, off, on, off, in milliseconds; a rhythm is told apart without its colour."""
_FAULTY_S = const(60)
"""A sensor that has been silent for so long wants a person."""


class Led:
    """A plain light, a WS2812, or nothing where the board has neither."""

    def __init__(self, pin: int | None, rgb: int | None = None):
        self._pin = None if pin is None else Pin(pin, Pin.OUT)
        self._pixel = None
        if rgb is not None:
            from girouette.pixel import Pixel

            self._pixel = Pixel(rgb)
        self._found_ms = 0
        self.pattern = "starting"
        self._show(True, self.pattern)

    def identify(self) -> None:
        """Flutter for ten seconds, so that a person finds this board among others."""
        self._found_ms = _FOUND_MS

    async def run(self, beat) -> None:
        """Show the pattern of the moment, for ever; a change is seen at the end of its rhythm."""
        while True:
            pattern = "found" if self._found_ms > 0 else self.pattern
            lit = True
            for wait_ms in LIGHTS[pattern]:
                beat()
                self._show(lit, pattern)
                lit = not lit
                await asyncio.sleep_ms(wait_ms)
                self._found_ms -= min(self._found_ms, wait_ms)

    def _show(self, lit: bool, pattern: str) -> None:
        if self._pin is not None:
            self._pin.value(int(lit))
        if self._pixel is not None:
            self._pixel.show(pattern if lit else None)


class Calls:
    """Who wants a person: a sensor, the Wi-Fi or the broker's certificate that has failed for a minute."""

    def __init__(self):
        self._since_s: dict[str, int] = {}

    def hear(self, faulty: list[str], now_s: int) -> bool:
        """Take in who fails now; has anybody failed for too long?"""
        self._since_s = {name: self._since_s.get(name, now_s) for name in faulty}
        return any(now_s - since_s >= _FAULTY_S for since_s in self._since_s.values())


def light_of(*, joined: bool, kept: bool, calls: bool) -> str:
    """Which of the lights a running board shows: what wants a person comes first, then the network, then the receipts."""
    if calls:
        return "needs-you"
    if not joined:
        return "searching"
    return "sending" if kept else "keeping"
