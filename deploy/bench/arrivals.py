"""When each row of a series came, told from stamps that may go back: late rows, and clocks that were wrong for a while."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FEW = 3
"""Less than so many periods back is a row that came late, and no clock."""
LONGEST_S = 36 * 3600
"""A clock is wrong for so long at most: a leap farther away is a dropout of its own."""


def arrivals(time_s: NDArray[np.int64], period_s: float) -> NDArray[np.int64]:
    """When each row (n,) came: at its stamp, but between the rows around it where stamps go back.

    A step back of more than a few periods is either the end of rows that had jumped ahead, or the beginning of rows that
    are behind: the leap forward that fits it best says which. Where none fits, rows are behind until stamps are new again.

    >>> arrivals(np.array([0, 60, 7320, 7380, 240, 300]), 60).tolist()
    [0, 60, 120, 180, 240, 300]
    >>> arrivals(np.array([7200, 7260, 120, 180]), 60).tolist()
    [7200, 7260, 7320, 7380]
    >>> arrivals(np.array([0, 120, 60, 180]), 60).tolist()
    [0, 120, 120, 180]
    """
    came_s, steps_s, step_s = time_s.copy(), np.diff(time_s, prepend=time_s[:1]), int(period_s)
    leaps = np.flatnonzero(steps_s > FEW * period_s)
    for back in np.flatnonzero(steps_s < -FEW * period_s).tolist():
        leap = _partner(time_s, leaps, back, period_s)
        if leap is not None and leap < back:
            came_s[leap:back] -= steps_s[leap] - step_s
        else:
            end = leap or _new_again(came_s, back)
            came_s[back:end] = time_s[back:end] + came_s[back - 1] + step_s - time_s[back]
            if end < len(came_s) and steps_s[end] > FEW * period_s:
                came_s[back:end] = np.minimum(came_s[back:end], came_s[end])
        leaps = leaps[leaps != leap]
    return np.maximum.accumulate(came_s) if len(came_s) else came_s


def _partner(time_s: NDArray[np.int64], leaps: NDArray[np.int64], back: int, period_s: float) -> int | None:
    """The leap that a step back undoes, or that undoes it: of those close in time the closest in size, the later of two.

    Rows that are missing beside it make it larger by their time: by half of the step back at most, or it is another one.
    """
    step_s = int(time_s[back - 1] - time_s[back])
    away_s = np.where(leaps < back, time_s[back - 1] - time_s[leaps], time_s[leaps - 1] - time_s[back])
    missing_s = time_s[leaps] - time_s[leaps - 1] - step_s - 2 * period_s
    fits = (away_s >= 0) & (away_s <= LONGEST_S)
    fits &= (missing_s >= -FEW * period_s) & (missing_s <= max(FEW * period_s, step_s / 2))
    some = leaps[fits][::-1]
    return int(some[np.argmin(np.abs(missing_s[fits][::-1]))]) if len(some) else None


def _new_again(came_s: NDArray[np.int64], back: int) -> int:
    """The first row from `back` on whose time is greater than all before it."""
    new = came_s[back:] > came_s[:back].max()
    return back + int(np.argmax(new)) if new.any() else len(came_s)
