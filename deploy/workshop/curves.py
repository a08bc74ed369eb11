"""Curves for a terminal: readings as dots of braille, two in a row and four above each other in each sign."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

EMPTY = 0x2800
DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Bits of a sign of braille (Unicode, "Braille Patterns"): left column and right column, from the lowest dot up."""


def curve(values: Sequence[float], *, width: int, height: int = 2) -> list[str]:
    """The newest `2 * width` values as `height` lines of `width` signs, the highest line first; cost O(width * height).

    The lowest value stands on the lowest dots and the highest on the highest; values that are all the same lie in the middle. Dots
    lead from each value to the next.

    >>> curve([0, 1, 2, 3], width=2, height=1)
    ['⡠⠊']
    """
    levels = levels_of(list(values)[-2 * width :], 4 * height)
    signs = [[EMPTY] * width for _ in range(height)]
    for column, level in enumerate(levels):
        before = levels[column - 1] if column else level
        way = range(before + 1, level) if level > before else range(level + 1, before)
        for at in (level, *way):
            sign, dot = divmod(at, 4)
            signs[height - 1 - sign][column // 2] |= DOTS[column % 2][dot]
    return ["".join(map(chr, line)) for line in signs]


def between(values: Sequence[float]) -> list[float]:
    """The values with the middle of each two between them.

    >>> between([1, 3, 3])
    [1, 2.0, 3, 3.0, 3]
    """
    middles = [(one + other) / 2 for one, other in itertools.pairwise(values)]
    return [value for pair in zip(values, middles, strict=False) for value in pair] + list(values[-1:])


def levels_of(values: Sequence[float], levels: int) -> list[int]:
    """Each value as a level, from 0 to `levels - 1`.

    >>> levels_of([10, 15, 20], 3), levels_of([7, 7], 3), levels_of([], 3)
    ([0, 1, 2], [1, 1], [])
    """
    if not values:
        return []
    low, high = min(values), max(values)
    if high == low:
        return [(levels - 1) // 2] * len(values)
    return [round((value - low) / (high - low) * (levels - 1)) for value in values]
