"""The score of the Numenta Anomaly Benchmark, written from its published rules: early detections pay, false alarms cost.

A file's first rows, floor(0.15 n) and at most 750, count for nothing. Each later row has a value v: in a window it falls from
1 at the first row to nearly 0 at the last; outside it is negative, from 0 just after a window down to -1 far from any. With a
threshold t, a window adds the value of its first row whose score is >= t, or costs A_fn where there is none, and each such row
outside windows adds A_fp x v. The sum over all files is scaled so that 0 is a detector that never speaks, and 100 the best.

References:
    Lavin and Ahmad 2015, Evaluating real-time anomaly detection algorithms: the Numenta Anomaly Benchmark, IEEE ICMLA.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploy.bench.table import TableError, rows, seconds
from devices.refusal import SpokenError

WARM_SHARE, WARM_MOST = 0.15, 750
"""The share of a file's rows that is warm-up, and how many rows it is at most."""
FAR = 3.0
"""So many widths after a window a false alarm costs all."""


class LayoutError(SpokenError):
    """A folder is not laid out as the benchmark's; the sentence names the file."""

    words = "anomaly"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a detection, a missed window and a false alarm weigh."""

    name: str
    found: float
    missed: float
    false: float


PROFILES = (
    Profile("standard", 1.0, 1.0, 0.11),
    Profile("reward_low_FP_rate", 1.0, 1.0, 0.22),
    Profile("reward_low_FN_rate", 1.0, 2.0, 0.11),
)


@dataclass(frozen=True, slots=True)
class Series:
    """One file of n rows, as it lies in the folder."""

    name: str
    """Path below `data/`, with slashes."""
    stamps: tuple[str, ...]
    time_s: NDArray[np.int64]
    value: NDArray[np.float64]
    windows: tuple[tuple[int, int], ...]
    """Rows (first, last) of each labelled window, both inside, in order."""

    @property
    def warm(self) -> int:
        """How many rows at the beginning count for nothing."""
        return min(math.floor(WARM_SHARE * len(self.value)), WARM_MOST)


@dataclass(frozen=True, slots=True)
class Gains:
    """What one file's scores bring at each threshold, weights apart."""

    firsts: tuple[tuple[NDArray[np.float64], NDArray[np.float64]], ...]
    """A pair a window: the greatest score so far, rising, and the row's value; windows have one more value, 0, for never."""
    alarms: NDArray[np.float64]
    """Scores outside windows, falling."""
    costs: NDArray[np.float64]
    """One longer: the sum of the values of the first k of them."""

    def raw(self, thresholds: NDArray[np.float64], profile: Profile) -> NDArray[np.float64]:
        """The file's sum at each threshold (k,); log time in the rows."""
        total = profile.false * self.costs[np.searchsorted(-self.alarms, -thresholds, side="right")]
        for reached, value in self.firsts:
            first = np.searchsorted(reached, thresholds, side="left")
            total += np.where(first < len(reached), profile.found * value[first], -profile.missed)
        return total


def load(folder: Path) -> list[Series]:
    """All series of a folder laid out like NAB's: `data/<category>/<file>.csv` and `windows.json`, by name.

    Raises LayoutError where something in it is not as it should be.
    """
    labels, found = _labels(folder / "windows.json"), sorted((folder / "data").rglob("*.csv"))
    if not found:
        raise LayoutError("no_data", folder=folder)
    return [_series(path, path.relative_to(folder / "data").as_posix(), labels) for path in found]


def unused(folder: Path, files: Sequence[Series]) -> dict[str, int]:
    """File -> how many windows `windows.json` gives for it, of those that `data/` does not have."""
    there = {one.name for one in files}
    return {name: len(pairs) for name, pairs in _labels(folder / "windows.json").items() if name not in there}


def row_values(count: int, windows: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """The value v of a detection in each of `count` rows: (0, 1] inside windows, [-1, 0) outside.

    >>> row_values(4, [(1, 2)]).round(2).tolist()
    [-1.0, 1.0, 0.86, -0.99]
    """
    value = np.full(count, -1.0)
    ends = [*(first for first, _ in windows), count]
    for (first, last), until in zip(windows, ends[1:], strict=True):
        width = last - first + 1
        value[first : last + 1] = _bent(-(last + 1 - np.arange(first, last + 1)) / width) / _bent(np.array([-1.0]))
        after = np.arange(last + 1, until)
        far = (after - last) / max(width - 1, 1)
        value[after] = np.where(far > FAR, -1.0, _bent(far))
    return value


def gains(series: Series, score: NDArray[np.floating]) -> Gains:
    """What the scores (n,) of a file's rows bring; a score that is no number is below every threshold."""
    given = np.where(np.isnan(score), -np.inf, score).astype(np.float64)
    given[: series.warm] = -np.inf
    value = row_values(len(given), series.windows)
    outside = np.isfinite(given)
    firsts = []
    for first, last in series.windows:
        firsts.append((np.maximum.accumulate(given[first : last + 1]), np.append(value[first : last + 1], 0.0)))
        outside[first : last + 1] = False
    rows = np.flatnonzero(outside)
    rows = rows[np.argsort(-given[rows], kind="stable")]
    return Gains(tuple(firsts), given[rows], np.append(0.0, np.cumsum(value[rows])))


def candidates(files: Sequence[Gains]) -> NDArray[np.float64]:
    """Every threshold that makes a difference, never speaking (infinity) included."""
    scores = [part for one in files for part in (one.alarms, *(reached for reached, _ in one.firsts))]
    every = np.unique(np.concatenate([np.empty(0), *scores]))
    return np.append(every[np.isfinite(every)], np.inf)


def scaled(raw: float, windows: int, profile: Profile) -> float:
    """The sum of all files with `windows` windows as NAB prints it; not a number where there is no window."""
    if not windows:
        return math.nan
    return 100 * (raw + profile.missed * windows) / ((profile.found + profile.missed) * windows)


def score_at(files: Sequence[Gains], threshold: float, profile: Profile) -> float:
    """The score of all files at one threshold."""
    at = np.array([threshold])
    return scaled(sum(float(one.raw(at, profile)[0]) for one in files), count_windows(files), profile)


def best(files: Sequence[Gains], profile: Profile) -> tuple[float, float]:
    """The best threshold, one for all files, and its score."""
    at = candidates(files)
    raw = np.sum([one.raw(at, profile) for one in files], axis=0)
    top = int(np.argmax(raw))
    return float(at[top]), scaled(float(raw[top]), count_windows(files), profile)


def count_windows(files: Sequence[Gains]) -> int:
    """The windows of all files."""
    return sum(len(one.firsts) for one in files)


def _bent(position: NDArray[np.float64]) -> NDArray[np.float64]:
    """NAB's sigmoid: 1 far before 0, -1 far after."""
    bent: NDArray[np.float64] = 2 / (1 + np.exp(5 * position)) - 1
    return bent


def _labels(file: Path) -> dict[str, list[list[str]]]:
    """File -> its windows, as they are written."""
    if not file.is_file():
        raise LayoutError("no_windows", file=file)
    try:
        labels = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): [[str(stamp) for stamp in pair] for pair in pairs] for name, pairs in labels.items()}
    except (ValueError, TypeError, AttributeError) as e:
        raise LayoutError("bad_windows", file=file, why=e) from e


def _series(file: Path, name: str, labels: Mapping[str, Sequence[Sequence[str]]]) -> Series:
    """Read one file, and find its windows by their stamps."""
    try:
        read = list(rows(file))
    except TableError as e:
        if e.line == 1:
            raise LayoutError("bad_head", file=file) from e
        raise LayoutError("bad_row", file=file, line=e.line) from e
    time_s = np.array([second for _, second, _ in read], np.int64)
    value = np.array([one for _, _, one in read], np.float64)
    where = {int(time_s[row]): row for row in reversed(range(len(read)))}
    windows = []
    for pair in labels.get(name, []):
        first, last = (
            where.get(second) if (second := _second(stamp)) is not None else None for stamp in (pair[0], pair[-1])
        )
        if first is None or last is None or last < first:
            raise LayoutError("no_such_row", file=file, window=" - ".join(pair))
        windows.append((first, last))
    return Series(name, tuple(stamp for stamp, _, _ in read), time_s, value, tuple(sorted(windows)))


def _second(stamp: str) -> int | None:
    """Seconds since 1970 of a stamp, None of what is none."""
    try:
        return seconds(stamp)
    except ValueError:
        return None
