"""What the tests hold the board's sound against: the A-weighting of IEC 61672-1, and its filter with every number looked at."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from on_board import run

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]

RATE = 24000
FULL_SCALE_DB = 120.0
TOP = 1 << 18
"""Full scale in the 19 bits that the filter takes of 24."""
CORNERS = (360, 57, 11, 11)
CHUNK = 256
LARGEST_CHUNK = 2000

THIRDS = (
    10, 12.5, 16, 20, 25, 31.5, 40, 50, 63, 80, 100, 125, 160, 200, 250, 315, 400, 500, 630, 800, 1000, 1250, 1600, 2000,
    2500, 3150, 4000, 5000, 6300, 8000, 10000,
)  # fmt: skip
"""Nominal frequencies of third octaves, up to the edge of the microphone's pass band."""
CLASS_2: Mapping[float, tuple[float, float]] = {
    **dict.fromkeys((10, 12.5, 16), (-np.inf, 5.0)),
    **dict.fromkeys((20, 25, 31.5), (-3.0, 3.0)),
    **dict.fromkeys((40, 50, 63, 80), (-2.0, 2.0)),
    **dict.fromkeys((100, 125, 160, 200, 250, 315, 400, 500, 630, 800), (-1.5, 1.5)),
    1000: (-1.0, 1.0),
    1250: (-1.5, 1.5),
    **dict.fromkeys((1600, 2000), (-2.0, 2.0)),
    **dict.fromkeys((2500, 3150), (-2.5, 2.5)),
    4000: (-3.0, 3.0),
    5000: (-3.5, 3.5),
    6300: (-4.5, 4.5),
    8000: (-5.0, 5.0),
    10000: (-np.inf, 5.0),
}
"""Acceptance limits of class 2, IEC 61672-1:2013, table 3."""


def exact(nominal: float) -> float:
    """The exact frequency of a nominal third octave, in Hz: 1000 x 10^(n / 10)."""
    return float(1000 * 10 ** (round(10 * np.log10(nominal / 1000)) / 10))


def a_weighting_db(hertz: float) -> float:
    """The A-weighting at a frequency in dB, 0 at 1 kHz (IEC 61672-1, annex E)."""

    def gain(f: float) -> float:
        low = np.sqrt((f**2 + 107.65265**2) * (f**2 + 737.86223**2)) * (f**2 + 20.598997**2)
        return float(12194.217**2 * f**4 / (low * (f**2 + 12194.217**2)))

    return float(20 * np.log10(gain(hertz) / gain(1000.0)))


def tone(hertz: float, level_db: float, seconds: float) -> Ints:
    """A tone as the microphone gives it: 24 bits, rounded, no more than full scale."""
    at = np.arange(round(seconds * RATE)) / RATE
    wave = 10 ** ((level_db - FULL_SCALE_DB) / 20) * 8388607 * np.sin(2 * np.pi * hertz * at)
    return np.clip(np.round(wave), -8388608, 8388607).astype(np.int64)


def microphone_noise(level_db: float, seconds: float) -> Ints:
    """White noise up to 10 kHz whose A-weighted level, by its spectrum, is this one: 24 bits, rounded."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(3).normal(size=count))
    hertz = np.fft.rfftfreq(count, 1 / RATE)
    spectrum[(hertz > 10000) | (hertz < 10)] = 0
    weights = np.array([10 ** (a_weighting_db(max(f, 1.0)) / 10) for f in hertz])
    square = 2 * (np.abs(spectrum) ** 2 * weights).sum() / count**2
    wanted = 10 ** ((level_db - FULL_SCALE_DB) / 10) * 8388607**2 / 2
    return np.round(np.fft.irfft(spectrum, count) * np.sqrt(wanted / square)).astype(np.int64)


class Watched:
    """The board's filter in 64 bits, of any number of sounds at once, which remembers how far from 0 each of its numbers went."""

    def __init__(self, sounds: int = 1) -> None:
        self.accumulators: Ints = np.zeros((len(CORNERS), sounds), np.int64)
        self.before: Ints = np.zeros(sounds, np.int64)
        self.furthest: dict[str, int] = {}

    def _seen(self, name: str, value: Ints) -> Ints:
        self.furthest[name] = max(self.furthest.get(name, 0), int(np.abs(value).max()))
        return value

    def step(self, sample: Ints) -> Ints:
        """The next sample of each sound in 24 bits; the weighted one in 19."""
        x = self._seen("x", sample >> 5)
        y = x - (self._seen("7 (x - x1)", (x - self.before) * 7) >> 5)
        self.before = x
        for n, corner in enumerate(CORNERS):
            y = self._seen(f"y{n + 1}", y - (self.accumulators[n] >> 11))
            self.accumulators[n] = self._seen(f"L{n + 1}", self.accumulators[n] + self._seen(f"K y{n + 1}", y * corner))
        return y

    def weigh(self, samples: Ints) -> Ints:
        """All weighted samples; time runs along the first axis, and each chunk's sums are looked at."""
        weighed = np.array([self.step(row) for row in samples.reshape(len(samples), -1)])
        up, down = np.abs(weighed) >> 10, np.abs(weighed) & 1023
        for name, product in (("up up", up * up), ("up down", up * down), ("down down", down * down)):
            running = np.concatenate([np.zeros((1, weighed.shape[1]), np.int64), np.cumsum(product, axis=0)])
            length = min(LARGEST_CHUNK, len(product))
            self._seen(f"sum of {name}", running[length:] - running[:-length])
        return weighed


ON_BOARD = """
import math
from girouette.weighting import energy, fresh, weigh

chunk, lengths, settle = given
sounds = open("../sound.bin", "rb")
buffer = bytearray(4 * chunk)
result = []
for length in lengths:
    state, heard, left = fresh(), 0.0, length
    while left:
        count = min(chunk, left)
        view = memoryview(buffer)[:4 * count]
        sounds.readinto(view)
        weigh(view, count, state)
        got = energy(state)
        heard += got if length - left >= settle else 0.0
        left -= count
    result.append([heard, state[5]])
"""


def weighed_on_board(directory: Path, sounds: list[Ints], *, settle: int = 0, chunk: int = CHUNK) -> list[Any]:
    """The board's sum of squares of each sound, after the first `settle` samples, and its peak."""
    content = b"".join((sound << 8).astype("<i4").tobytes() for sound in sounds)
    (directory / "sound.bin").write_bytes(content)
    return list(run(ON_BOARD, directory, [chunk, [len(s) for s in sounds], settle]))


def level_db(square: float) -> float:
    """The level of a mean square in units of one of 19 bits, as the driver reckons it."""
    return float(10 * np.log10(max(square, 1e-9) / (TOP**2 / 2)) + FULL_SCALE_DB + 1.0)


def impulse_sums() -> dict[str, float]:
    """The greatest value of each number for samples of at most 1: the sum of the absolute impulse response towards it."""
    length = 6000  # the slowest pole, 20.6 Hz twice, is at e^-30 by then
    y: Floats = np.zeros(length)
    y[:2] = 25 / 32, 7 / 32
    found = {"x": 1.0, "7 (x - x1)": 14.0}
    for n, corner in enumerate(CORNERS):
        accumulator, weighed = 0.0, np.zeros(length)
        held = np.zeros(length)
        for at in range(length):
            weighed[at] = y[at] - accumulator / 2048
            accumulator += weighed[at] * corner
            held[at] = accumulator
        y = weighed
        found[f"y{n + 1}"] = float(np.abs(y).sum())
        found[f"K y{n + 1}"] = corner * found[f"y{n + 1}"]
        found[f"L{n + 1}"] = float(np.abs(held).sum())
    return found


def worst_case(length: int = 4000) -> Ints:
    """Full-scale samples whose signs make the last weighted sample as great as any can be."""
    probe = Watched()
    response = np.array([probe.step(np.array([1 << 22 if n == 0 else 0]))[0] for n in range(length)], float)
    return np.where(response[::-1] >= 0, 8388607, -8388608).astype(np.int64)
