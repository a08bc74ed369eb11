"""A light that has colours: one WS2812; loaded only where a board has one."""

from machine import Pin
from neopixel import NeoPixel

COLOURS = {
    "starting": (20, 20, 20),
    "searching": (0, 0, 40),
    "sending": (0, 30, 0),
    "keeping": (40, 20, 0),
    "needs-you": (50, 0, 0),
    "found": (30, 0, 30),
}
"""Red, green, blue, of 255: a full WS2812 dazzles, and draws 60 mA."""
DARK = (0, 0, 0)


class Pixel:
    """The light on one pin."""

    def __init__(self, pin: int):
        self._lights = NeoPixel(Pin(pin, Pin.OUT), 1)

    def show(self, state: str | None) -> None:
        """Show the colour of a state; None is dark."""
        self._lights[0] = COLOURS[state] if state is not None else DARK
        self._lights.write()
