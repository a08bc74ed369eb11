"""By how much a reading differs from another one, as its quantity counts."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.params import CIRCULAR, COUNTER, ENERGETIC, LAST, MAX, MIN, SUM, TIMED


def _none() -> NDArray[np.int64]:
    return _NOTHING


_NOTHING = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which rows are not plain numbers with a mean: their indices, found once a run."""

    angle: NDArray[np.int64] = field(default_factory=_none)
    level: NDArray[np.int64] = field(default_factory=_none)
    counter: NDArray[np.int64] = field(default_factory=_none)
    added: NDArray[np.int64] = field(default_factory=_none)
    """Those whose windows are sums, counters included."""
    last: NDArray[np.int64] = field(default_factory=_none)
    highest: NDArray[np.int64] = field(default_factory=_none)
    timed: NDArray[np.int64] = field(default_factory=_none)
    """Those whose mean is weighted by time."""
    lowest: NDArray[np.int64] = field(default_factory=_none)


def kinds(aggregate: NDArray[np.uint8]) -> Kinds:
    """The kinds of rows by their aggregates.

    >>> kinds(np.array([CIRCULAR, 0, COUNTER, SUM], np.uint8)).added.tolist()
    [3, 2]
    """
    there, code = aggregate.tobytes(), np.ascontiguousarray(aggregate)
    angle, level, sums, counter, last, highest, timed, lowest = [
        (code == each).nonzero()[0] if each in there else _NOTHING
        for each in (CIRCULAR, ENERGETIC, SUM, COUNTER, LAST, MAX, TIMED, MIN)
    ]
    added = np.concatenate([sums, counter]) if sums.size else counter
    return Kinds(angle, level, counter, added, last, highest, timed, lowest)


def change(
    value: NDArray[np.float64], before: NDArray[np.float64], aggregate: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """From `before` to `value`: the short way round for angles in degrees, the increase for counters, else the difference.

    A counter that fell was reset and counts from 0. NaN where one of the two is missing.

    >>> change(np.array([10.0, 3.0, 1.0]), np.array([350.0, 5.0, 2.5]), np.array([CIRCULAR, COUNTER, 0], np.uint8)).tolist()
    [20.0, 3.0, -1.5]
    """
    return changed(value, before, kinds(aggregate))


def changed(
    value: NDArray[np.float64], before: NDArray[np.float64], of: Kinds, wrap: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """The same where the kinds of the rows are known, and where counters start anew by themselves: at `wrap` (n,).

    A counter that fell from the last tenth before its wrap to the first one after it went on; else it was reset.

    >>> changed(np.array([3.0]), np.array([65530.0]), Kinds(counter=np.array([0])), np.array([65536.0])).tolist()
    [9.0]
    """
    moved = value - before
    if of.angle.size:
        moved[of.angle] = _turned(moved[of.angle])
    if of.counter.size:
        fell = of.counter[moved[of.counter] < 0]
        moved[fell] = value[fell]
        if wrap is not None and fell.size:
            full = wrap[fell]
            on = (before[fell] > 0.9 * full) & (value[fell] < 0.1 * full)
            moved[fell[on]] += (full - before[fell])[on]
    return moved


def off_middle(
    value: NDArray[np.float64], before: NDArray[np.float64], after: NDArray[np.float64], of: Kinds
) -> NDArray[np.float64]:
    """How far a reading lies from the middle of its two neighbours, |value - (before + after) / 2|; angles turn.

    >>> off_middle(np.array([0.0, 7.0]), np.array([350.0, 1.0]), np.array([10.0, 3.0]), Kinds(angle=np.array([0]))).tolist()
    [0.0, 5.0]
    """
    off = before + after
    off /= 2
    np.subtract(value, off, out=off)
    if (angle := of.angle).size:
        middle = before[angle] + _turned(after[angle] - before[angle]) / 2
        off[angle] = _turned(value[angle] - middle)
    return np.abs(off, out=off)


def _turned(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same turn the short way round, in [-180, 180)."""
    return (degrees + 180.0) % 360.0 - 180.0
