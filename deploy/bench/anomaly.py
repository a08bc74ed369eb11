"""The detector of the gateway on a folder laid out like NAB's: its scores, and what they are worth.

The same code, parameters and state as behind the stream, a reading at a time in effect: nothing of a file is told in advance
but the interval of its readings, which a recipe would tell. What the gateway would not score (late, missing) scores 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploy.bench.nab import PROFILES, Gains, Profile, Series, best, count_windows, gains, scaled, score_at
from gateway.numerics.columns import GOOD, MISSING, Columns
from gateway.numerics.detector import SHIPPED, THRESHOLD, Tuning, fresh, score
from gateway.numerics.params import params_row

PUBLISHED = {
    "ARTime": (74.9, 65.1, 80.4),
    "CAD OSE": (69.9, 67.0, 73.2),
    "Numenta HTM": (70.1, 63.2, 74.3),
    "KNN CAD": (58.0, 43.4, 64.8),
    "Random Cut Forest": (51.7, 38.4, 59.7),
    "Windowed Gaussian": (39.6, 20.9, 47.4),
}
"""Detectors of NAB's leaderboard -> their scores by PROFILES on its whole corpus, each with its best threshold there."""
TRIED = tuple(replace(SHIPPED, alarm=alarm / 4) for alarm in range(12, 23))
"""What cross-validation chooses among: the sum of surprises that makes an alarm, from 3 to 5.5."""
DEALS = 20
"""Cross-validation deals the files into folds so often; the figure is the mean."""
DRAWS = 400
"""Folders drawn with replacement, for the standard deviation of the best threshold's score."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one profile says of the scores."""

    best_threshold: float
    best: float
    shipped: float
    """At THRESHOLD, or the one that was asked for."""
    deviation: float
    """Of `best`, when the files are drawn anew."""
    cross_validated: float | None
    """Each fold at what was best on the others, where folds were asked for."""


def scores_of(series: Series, tuning: Tuning = SHIPPED) -> NDArray[np.float64]:
    """The score of each row of a file, as the gateway would have made it."""
    between = np.diff(series.time_s[: max(series.warm, 2)])
    params = np.array([params_row("mean", float(np.median(between)) if len(between) else 0.0, {})])
    flag = np.where(np.isfinite(series.value), GOOD, MISSING).astype(np.uint8)
    told = score(
        fresh(1), params, Columns(np.zeros(len(flag), np.int64), series.time_s, series.value), flag, tuning=tuning
    )
    return np.nan_to_num(told.score).astype(np.float64)


def figures(
    files: Sequence[Series], scores: Sequence[NDArray[np.float64]], *, threshold: float = THRESHOLD, folds: int = 0
) -> dict[str, Figure]:
    """By profile what the scores of all files are worth; with `folds`, other tunings are tried, which takes a while."""
    made = [gains(one, given) for one, given in zip(files, scores, strict=True)]
    rng = np.random.default_rng(1)
    draws = rng.integers(0, len(made), (DRAWS, len(made)))
    tried = [[gains(one, scores_of(one, tuning)) for one in files] for tuning in TRIED] if folds > 1 else []
    return {
        profile.name: Figure(
            *best(made, profile),
            score_at(made, threshold, profile),
            deviation(made, profile, draws),
            cross_validated(tried, profile, folds) if tried else None,
        )
        for profile in PROFILES
    }


def deviation(files: Sequence[Gains], profile: Profile, draws: NDArray[np.int64]) -> float:
    """The standard deviation of the best threshold's score over folders drawn from this one; draws without windows are left out."""
    raw = np.array([one.raw(np.append(np.linspace(0, 1, 201), np.inf), profile) for one in files])
    windows = np.array([len(one.firsts) for one in files])
    told = [scaled(float(raw[some].sum(axis=0).max()), int(windows[some].sum()), profile) for some in draws]
    return float(np.nanstd(told)) if np.isfinite(told).any() else math.nan


def cross_validated(tried: Sequence[Sequence[Gains]], profile: Profile, folds: int) -> float:
    """The score where each fold has the tuning that was best on the others, over DEALS deals of the files."""
    raw = np.array([[float(one.raw(np.array([THRESHOLD]), profile)[0]) for one in files] for files in tried])
    rng, told = np.random.default_rng(0), []
    for _ in range(DEALS):
        fold = rng.permutation(raw.shape[1]) % folds
        chosen = [int(np.argmax(raw[:, fold != k].sum(axis=1))) for k in range(folds)]
        total = sum(float(raw[chosen[k], fold == k].sum()) for k in range(folds))
        told.append(scaled(total, count_windows(tried[0]), profile))
    return float(np.mean(told))


def write_scores(to: Path, files: Sequence[Series], scores: Sequence[NDArray[np.float64]]) -> None:
    """One CSV a file below `to`, at the same relative path: each row's stamp and score."""
    for one, given in zip(files, scores, strict=True):
        path = to / one.name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = (f"{stamp},{score:.6f}\n" for stamp, score in zip(one.stamps, given.tolist(), strict=True))
        path.write_text("timestamp,score\n" + "".join(rows), encoding="utf-8")
