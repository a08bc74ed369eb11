"""What half hours tell: whether the last six hours went as some before, whether the level moved, and the noise.

    course   the least Euclidean distance between the means of the last SPAN half hours and those of SPAN half hours that
             ended before them, of the last SEEN: the newest discord of a matrix profile, over means
    level    |mean since the half hour before began - mean of the AWAY half hours before|
    noise    |mean of log2 moves over BRIEF half hours - over the LONG ones before|

References:
    Keogh, Lin and Fu 2005, HOT SAX: efficiently finding the most unusual time series subsequence, IEEE ICDM.
    Burnaev and Ishimtsev 2016, Conformalized density- and distance-based anomaly detection in time-series data, arXiv 1608.04585.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.detector.memory import AWAY, BRIEF, LONG, SEEN, SPAN

FEW = 20
"""Half hours before there is a course or a noise to compare."""
ROWS = 64
"""Courses that are compared at once: what that takes stays in the cache."""
FLOOR = 0.01
"""What the noise of the past is raised by, as a share of its mean: a still hour is not infinitely still."""


def strangeness(means: NDArray[np.float32]) -> NDArray[np.float64]:
    """(q,) how far the newest course of each row (q, KEPT) lies from its nearest; NaN where there are not FEW before it.

    Cost: SPAN x SEEN subtractions and products a row, 4 us.
    """
    found = np.empty(len(means))
    for first in range(0, len(means), ROWS):
        some = means[first : first + ROWS]
        apart = _apart(some)
        found[first : first + ROWS] = np.sqrt(apart.min(axis=1).astype(np.float64))
        found[first : first + ROWS][np.isinf(apart[:, SEEN - FEW])] = np.nan
    return found


def _apart(means: NDArray[np.float32]) -> NDArray[np.float32]:
    """(q, SEEN) squared distances to the courses of the past, infinite where one is not known."""
    apart, gap = np.zeros((len(means), SEEN), np.float32), np.empty((len(means), SEEN), np.float32)
    length = means.shape[1]
    for back in range(1, SPAN + 1):
        end = length - SPAN - back + 1
        np.subtract(means[:, end - SEEN : end], means[:, length - back, None], out=gap)
        np.multiply(gap, gap, out=gap)
        apart += gap
    apart[np.isnan(apart)] = np.inf
    return apart


def usual(means: NDArray[np.float32]) -> NDArray[np.float64]:
    """(q,) the mean of the AWAY half hours before the newest; NaN where there are not SPAN of them."""
    return _mean(means[:, -1 - AWAY : -1].astype(np.float64), least=SPAN)


def unrest(noises: NDArray[np.float32]) -> NDArray[np.float64]:
    """(q,) by how many octaves the noise changed; NaN where there are not FEW half hours before."""
    known = noises.astype(np.float64)
    floor = FLOOR * _mean(known, least=FEW)
    logs = np.log2(known + np.where(floor > 0, floor, 1.0)[:, None])
    found: NDArray[np.float64] = np.abs(_mean(logs[:, LONG:], least=BRIEF) - _mean(logs[:, :LONG], least=FEW - BRIEF))
    return found


def _mean(rows: NDArray[np.float64], *, least: int) -> NDArray[np.float64]:
    """(q,) the mean of what is known of each row, added in order; NaN where fewer than `least` are."""
    there = ~np.isnan(rows)
    count = there.sum(axis=1)
    total = np.cumsum(np.where(there, rows, 0.0), axis=1)[:, -1]
    return np.where(count >= least, total / np.maximum(count, 1), np.nan)
