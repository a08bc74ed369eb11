"""How rare a size is among the sizes of the past: -log10 of a conformal p-value, more where it is greater than all.

    p = (greater + (as great + 1) / 2) / (known + 1)             by bins a quarter octave wide
    surprise = -log10 p                                          or, beyond MARGIN x the greatest of the past,
    surprise = log10(known + 1) + log10(size / greatest)         with the last term at most BEYOND

Bins leave a margin: what comes back each day with little noise is no surprise. One threshold fits every quantity.

References:
    Shafer and Vovk 2008, A tutorial on conformal prediction, JMLR 9.
    Laxhammar and Falkman 2014, Online learning and sequential anomaly detection in trajectories, IEEE TPAMI 36.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.detector.halves import Halves, so_far
from gateway.numerics.detector.memory import BINS, HOME, OCTAVE

MARGIN = 1.01
"""Greater than all of the past is what is greater by so much."""
BEYOND = 3.0
"""A size beyond the greatest adds at most so much."""


@dataclass(frozen=True, slots=True)
class Past:
    """The sizes known when each of k half hours began."""

    count: NDArray[np.int32]
    """(k, BINS)"""
    most: NDArray[np.float64]
    """(k,) the greatest, 0 where there was none."""
    home: NDArray[np.float64]
    """(k,) the size at home in bin HOME, 0 where there is none yet."""

    @property
    def known(self) -> NDArray[np.int64]:
        """(k,) how many there were."""
        known: NDArray[np.int64] = self.count.sum(axis=1, dtype=np.int64)
        return known

    def surprise(self, size: NDArray[np.float64], half: NDArray[np.int64], *, least: int) -> NDArray[np.float64]:
        """How rare each size (q,) was in the past of its half hour; 0 while fewer than `least` were known, and for NaN.

        `half` (q,) never falls. Cost: BINS additions for each half hour that is asked for.
        """
        given = np.nan_to_num(size, nan=0.0)
        new = np.diff(half, prepend=-1) != 0
        tail = self._tail(half[new]).reshape(-1)
        row = (np.cumsum(new) - 1) * (BINS + 1)
        at = row + bins(given, self.home[half])
        known = tail[row].astype(np.float64)
        rank: NDArray[np.float64] = np.log10(known + 1) - np.log10((tail[at] + tail[at + 1]) / 2 + 1)
        most = self.most[half]
        beyond = np.flatnonzero((given > MARGIN * most) & (most > 0))
        further = np.log10(given[beyond]) - np.log10(most[beyond])
        rank[beyond] = np.log10(known[beyond] + 1) + np.minimum(further, BEYOND)
        rank[(known < least) | np.isnan(size)] = 0.0
        return rank

    def _tail(self, half: NDArray[np.int64]) -> NDArray[np.int32]:
        """(len(half), BINS + 1) how many sizes were in this bin or above."""
        tail = np.zeros((len(half), BINS + 1), np.int32)
        np.cumsum(self.count[half, ::-1], axis=1, out=tail[:, BINS - 1 :: -1])
        return tail


def bins(size: NDArray[np.float64], home: NDArray[np.float64]) -> NDArray[np.int64]:
    """The bin of each size >= 0: nothing at all is bin 0, and only that.

    >>> bins(np.array([0.0, 1.0, 2.0, 1e-9]), np.ones(4)).tolist()
    [0, 48, 52, 1]
    """
    some = np.flatnonzero(size > 0)
    found = np.zeros(len(size), np.int64)
    octaves = np.log2(size[some]) - np.log2(np.where(home[some] > 0, home[some], size[some]))
    found[some] = np.clip(np.floor(OCTAVE * octaves) + HOME, 1, BINS - 1).astype(np.int64)
    return found


def learn(memory: NDArray[np.void], halves: Halves, sizes: NDArray[np.float64], *, late: bool) -> Past:
    """The past of every half hour; `memory` (RANKED, m) goes on.

    `sizes` (k, j) are those of each half hour, below 0 or NaN where there is none. With `late` they are known only when it
    has ended, else when it begins; in its own past they never are.
    """
    counts = np.nan_to_num(sizes, nan=-1.0) >= 0
    if late:
        counts[halves.last] = False
    half, column = np.nonzero(counts)
    size = sizes[half, column]
    home = _homes(memory["home"], halves, half, size)
    cell = half * BINS + bins(size, home[halves.group[half]])
    made = np.bincount(cell, minlength=len(sizes) * BINS).reshape(-1, BINS).astype(np.int32)
    greatest = np.zeros(len(halves.group))
    np.maximum.at(greatest, half, size)
    most, _ = so_far(np.maximum, halves, memory["most"], greatest)
    before = _before(memory["count"], halves, made)
    memory["count"] = before[halves.last] + made[halves.last]
    memory["most"] = np.maximum(most[halves.last], greatest[halves.last])
    memory["home"] = home
    return Past(before, most, home[halves.group])


def fade(memory: NDArray[np.void], some: NDArray[np.int64]) -> None:
    """Halve the counts of some series, and let the greatest be what is still counted."""
    count = memory["count"][some] >> 1
    memory["count"][some] = count
    top = BINS - np.argmax(count[:, ::-1] > 0, axis=1)
    edge = memory["home"][some] * 2.0 ** ((top - HOME) / OCTAVE)
    memory["most"][some] = np.where(count.any(axis=1), np.minimum(memory["most"][some], edge), 0.0)


def _homes(
    home: NDArray[np.float64], halves: Halves, half: NDArray[np.int64], size: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(m,) where there is none yet, the first size that is not nothing."""
    some = np.flatnonzero(size > 0)
    group = halves.group[half[some]]
    found = home.copy()
    found[group[::-1]] = size[some[::-1]]  # of several the first one stands
    return np.where(home > 0, home, found)


def _before(count: NDArray[np.uint16], halves: Halves, made: NDArray[np.int32]) -> NDArray[np.int32]:
    """(k, BINS) what was counted before each half hour."""
    before = count.astype(np.int32)[halves.group]
    if len(made) == len(count):
        return before
    if halves.at_most_one:
        moved = np.flatnonzero(halves.last > halves.first)
        before[halves.last[moved]] += made[halves.first[moved]]
        return before
    upto = np.cumsum(made, axis=0, dtype=np.int32) - made
    before += upto
    before -= upto[halves.first][halves.group]
    return before
