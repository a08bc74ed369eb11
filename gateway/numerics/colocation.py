"""Co-location: a sensor beside a better one, or beside several of its kind, and the line that is learnt from it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.corrections import CorrectionError, Floats, Ints

HOUR_S, DAY_S = 3600, 86_400
LEAST_DAYS, LEAST_R2 = 14, 0.7
CAPTURED = 0.75
"""A mean counts when so much of its time was measured, as the European directives on air quality have it."""
STEADY = 1e-9
"""What varies less, by its own size, is constant."""
Pair = tuple[Ints, Floats]
"""Times in UTC seconds, rising, and values."""


@dataclass(frozen=True, slots=True)
class Fit:
    """The line from a sensor to its reference, and how good it is."""

    slope: float
    offset: float
    r2: float
    rmse: float
    """What is left after correction, in the quantity's unit."""
    rmse_before: float
    n: int
    """Pairs of means."""
    step_s: int
    """Of which each is over so long."""
    start_s: int
    end_s: int

    @property
    def days(self) -> float:
        """How long both measured together."""
        return self.n * self.step_s / DAY_S


def step_of(time_s: Ints) -> int:
    """Over how long means are compared: an hour, or the reference's own interval where that is longer.

    >>> step_of(np.array([0, 60, 120])), step_of(np.array([0, 86_400, 172_800]))
    (3600, 86400)
    """
    usual = float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0
    return max(HOUR_S, round(usual / HOUR_S) * HOUR_S)


def means(of: Pair, step_s: int) -> Pair:
    """Means over [start, start + step_s) aligned to UTC, where CAPTURED of what usually comes is there.

    What usually comes is told by the median interval; values that are no finite number do not count.
    """
    time_s, value = of
    usual = max(float(np.median(np.diff(time_s))) if len(time_s) > 1 else step_s, 1.0)
    time_s, value = time_s[np.isfinite(value)], value[np.isfinite(value)]
    starts, slot, count = np.unique(time_s - time_s % step_s, return_inverse=True, return_counts=True)
    mean = np.bincount(slot, value, len(starts)) / count
    enough = count * usual >= CAPTURED * step_s
    return starts[enough], mean[enough]


def middle(several: Sequence[Pair], step_s: int) -> Pair:
    """Several sensors as one reference: the median of their means, where at least half of them have one."""
    told = [means(one, step_s) for one in several]
    starts = np.unique(np.concatenate([t for t, _ in told])) if told else np.empty(0, np.int64)
    table = np.full((len(told), len(starts)), np.nan)
    for row, (time_s, value) in zip(table, told, strict=True):
        row[np.searchsorted(starts, time_s)] = value
    there = 2 * np.isfinite(table).sum(axis=0) >= max(len(told), 1)
    return starts[there], np.nanmedian(table[:, there], axis=0) if there.any() else np.empty(0)


def colocate(sensor: Pair, references: Sequence[Pair]) -> Fit:
    """The least-squares line of the reference upon the sensor, both as means over the same hours (or the reference's interval).

    With several references, their median counts. Raises CorrectionError where both measured together for less than 14 days,
    where one of them did not vary, where R2 < 0.7, and where the line falls.
    """
    step_s = max([step_of(time_s) for time_s, _ in references], default=HOUR_S)
    time_s, value = means(sensor, step_s)
    ref_s, ref = middle(references, step_s)
    both, mine, theirs = np.intersect1d(time_s, ref_s, assume_unique=True, return_indices=True)
    _refuse_short(len(both), step_s)
    return fit(both, value[mine], ref[theirs], step_s)


def fit(time_s: Ints, x: Floats, y: Floats, step_s: int) -> Fit:
    """The same over pairs that are there already: at (n,) times, x of the sensor and y of the reference."""
    if _constant(x):
        raise CorrectionError("sensor_constant", value=f"{x[0]:g}")
    if _constant(y):
        raise CorrectionError("reference_constant", value=f"{y[0]:g}")
    dx, dy = x - x.mean(), y - y.mean()
    slope = float(dx @ dy / (dx @ dx))
    offset = float(y.mean() - slope * x.mean())
    r2 = float((dx @ dy) ** 2 / ((dx @ dx) * (dy @ dy)))
    if slope <= 0:
        raise CorrectionError("falls", slope=f"{slope:.3g}")
    if r2 < LEAST_R2:
        raise CorrectionError("poor", r2=f"{r2:.2f}", least=LEAST_R2)
    return Fit(
        slope,
        offset,
        r2,
        _rms(slope * x + offset - y),
        _rms(x - y),
        len(x),
        step_s,
        int(time_s[0]),
        int(time_s[-1]) + step_s,
    )


def _refuse_short(n: int, step_s: int) -> None:
    """Raises CorrectionError where n means are less than LEAST_DAYS."""
    if not n:
        raise CorrectionError("apart")
    if n * step_s < LEAST_DAYS * DAY_S:
        raise CorrectionError("short", days=f"{math.floor(n * step_s / DAY_S * 10) / 10:g}", least=LEAST_DAYS, count=n)


def _constant(of: Floats) -> bool:
    return float(np.std(of)) <= STEADY * max(1.0, float(np.abs(of).max()))


def _rms(of: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(of**2)))
