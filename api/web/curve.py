"""From windows to what a plot draws: at most a few hundred points, each by its quantity's own aggregate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import FAIL, SUSPECT

Floats = NDArray[np.float64]
POINTS = 360
PATIENCE = 2.5
"""A gap is a silence longer than this many periods."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points of one series, oldest first; `breaks` are the indices where a new stroke begins."""

    time_s: Floats
    low: Floats
    value: Floats
    high: Floats
    flag: NDArray[np.uint8]
    step_s: int
    breaks: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.time_s)


def curve(windows: NDArray[np.void], *, width_s: int, step_s: int, aggregate: str) -> Curve:
    """Windows of `width_s` put together into steps of `step_s`; what is a gap, the period says that was expected at the time.

    Means by count, levels by energy, directions as vectors, amounts as sums; windows without a value are left out.
    """
    kept = windows[np.isfinite(windows["value"])]
    if not len(kept):
        nothing = np.empty(0)
        return Curve(nothing, nothing, nothing, nothing, np.empty(0, np.uint8), step_s, ())
    starts = kept["start_s"] // step_s * step_s
    first = np.flatnonzero(np.r_[True, np.diff(starts) != 0])
    time_s = starts[first].astype(float)
    worst = np.maximum.reduceat(np.where(kept["flag"] <= FAIL, kept["flag"], 0), first).astype(np.uint8)
    breaks = tuple(int(i) + 1 for i in np.flatnonzero(np.diff(time_s) > _longest(kept, first, width_s, step_s)))
    value = together(kept, first, aggregate)
    return Curve(
        time_s=time_s + step_s / 2,
        low=np.minimum.reduceat(kept["min"], first),
        value=value,
        high=np.maximum.reduceat(kept["max"], first),
        flag=worst,
        step_s=step_s,
        breaks=breaks,
    )


def _longest(kept: NDArray[np.void], first: NDArray[np.intp], width_s: int, step_s: int) -> Floats:
    """For each two neighbours the longest silence that is no gap, in seconds."""
    expected = kept["expected"]
    periods = np.divide(width_s, expected, out=np.zeros(len(kept)), where=expected > 0)
    period_s = np.maximum.reduceat(periods, first)
    return np.maximum(1.5 * step_s, PATIENCE * np.maximum(period_s[1:], period_s[:-1]) + width_s)


def together(kept: NDArray[np.void], first: NDArray[np.intp], aggregate: str) -> Floats:
    """One value for each group of windows, of which `first` has the indices where a group begins."""
    values, weights = kept["value"], np.maximum(kept["count"], 1).astype(float)
    total = np.add.reduceat(weights, first)
    match aggregate:
        case "sum" | "counter":
            return np.add.reduceat(values, first)
        case "max" | "min":
            return (np.maximum if aggregate == "max" else np.minimum).reduceat(values, first)
        case "last":
            return values[np.r_[first[1:] - 1, len(values) - 1]]
        case "energetic":
            return 10 * np.log10(np.add.reduceat(weights * 10 ** (values / 10), first) / total)
        case "circular":
            angle = np.radians(values)
            east = np.add.reduceat(weights * np.sin(angle), first)
            north = np.add.reduceat(weights * np.cos(angle), first)
            return np.degrees(np.arctan2(east, north)) % 360
    return np.add.reduceat(weights * values, first) / total


def flagged_runs(drawn: Curve) -> list[tuple[float, float, int]]:
    """Stretches [start_s, end_s) of equal flag that are suspect or failed."""
    runs: list[tuple[float, float, int]] = []
    for at, flag in zip((drawn.time_s - drawn.step_s / 2).tolist(), drawn.flag.tolist(), strict=True):
        if flag not in {SUSPECT, FAIL}:
            continue
        if runs and runs[-1][2] == flag and at <= runs[-1][1]:
            runs[-1] = (runs[-1][0], at + drawn.step_s, flag)
        else:
            runs.append((at, at + drawn.step_s, flag))
    return runs
