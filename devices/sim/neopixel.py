"""A WS2812 that keeps what it was told: the colours go to the console, since nobody sees them."""


class NeoPixel:
    """A row of lights on one pin."""

    def __init__(self, pin, count: int):
        self._pin = pin
        self._pixels = [(0, 0, 0)] * count
        self.written = self._pixels[:]

    def __setitem__(self, place: int, colour: tuple[int, int, int]) -> None:
        self._pixels[place] = colour

    def __getitem__(self, place: int) -> tuple[int, int, int]:
        return self._pixels[place]

    def write(self) -> None:
        """Show what was set."""
        self.written = self._pixels[:]
