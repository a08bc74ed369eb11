"""By how much a reading differs from another one, as its quantity counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.params import CIRCULAR, COUNTER


def change(
    value: NDArray[np.float64], before: NDArray[np.float64], aggregate: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """From `before` to `value`: the short way round for angles in degrees, the increase for counters, else the difference.

    A counter that fell was reset and counts from 0. NaN where one of the two is missing.

    >>> change(np.array([10.0, 3.0, 1.0]), np.array([350.0, 5.0, 2.5]), np.array([CIRCULAR, COUNTER, 0], np.uint8)).tolist()
    [20.0, 3.0, -1.5]
    """
    moved = value - before
    if (angle := aggregate == CIRCULAR).any():
        moved[angle] = _turned(moved[angle])
    if (fell := (aggregate == COUNTER) & (moved < 0)).any():
        moved[fell] = value[fell]
    return moved


def off_middle(
    value: NDArray[np.float64],
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    aggregate: NDArray[np.uint8],
) -> NDArray[np.float64]:
    """How far a reading lies from the middle of its two neighbours, |value - (before + after) / 2|; angles turn.

    >>> off_middle(np.array([0.0, 7.0]), np.array([350.0, 1.0]), np.array([10.0, 3.0]), np.array([CIRCULAR, 0], np.uint8)).tolist()
    [0.0, 5.0]
    """
    off = value - (before + after) / 2
    if (angle := aggregate == CIRCULAR).any():
        middle = before[angle] + _turned(after[angle] - before[angle]) / 2
        off[angle] = _turned(value[angle] - middle)
    return np.abs(off)


def _turned(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same turn the short way round, in [-180, 180)."""
    return (degrees + 180.0) % 360.0 - 180.0
