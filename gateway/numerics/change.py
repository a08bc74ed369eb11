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
    if (round_ := aggregate == CIRCULAR).any():
        moved[round_] = (moved[round_] + 180.0) % 360.0 - 180.0
    if (fell := (aggregate == COUNTER) & (moved < 0)).any():
        moved[fell] = value[fell]
    return moved
