"""From readings to scores: the surprises of each reading, summed and scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.anomaly import FULL, surprises
from gateway.numerics.change import change
from gateway.numerics.columns import FAIL, MISSING, Columns
from gateway.numerics.order import Run, arrange
from gateway.numerics.state import put_rows, take_rows

FEATURES = ("jump", "level", "hour", "shape")
"""What may be strange of a reading: its move or its being out of the range seen, its level over hours, its being unusual for
this hour of the day, the course of its last hours (noise grown or gone, a pattern broken)."""
THRESHOLD = 0.5
"""A score from here on is worth a look: the same for every series."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What the detector says of n readings, row for row."""

    score: NDArray[np.float32]
    """(n,) in [0, 1], NaN for late and missing readings."""
    surprises: NDArray[np.float32]
    """(n, len(FEATURES)) each >= 0, in powers of ten: 2 is one in a hundred; not muted after an alarm, as `score` is."""


def score(state: NDArray[np.void], params: NDArray[np.void], columns: Columns, flag: NDArray[np.uint8]) -> Scored:
    """Score n readings; `state` (DETECTOR) and `params` (PARAMS) are indexed by series id, `state` is changed in place.

    `flag` (n,) is each reading's primary flag: what failed or is missing is not learnt.
    """
    told = Scored(np.full(len(columns), np.nan, np.float32), np.zeros((len(columns), len(FEATURES)), np.float32))
    run, rows = _taken(state["last_s"], columns, flag)
    if not len(run):
        return told
    now = take_rows(state, run.ids)
    aggregate = params["aggregate"][run.ids]
    moved = np.abs(change(run.value, run.shifted(run.value, now["value"]), aggregate[run.group]))
    learns = flag[rows] != FAIL
    made = surprises(now["surprise"], aggregate, run, moved=np.where(learns, moved, np.nan), learns=learns)
    now["last_s"], now["value"] = run.time_s[run.ends], run.value[run.ends]
    put_rows(state, run.ids, now)
    told.score[rows] = np.nan_to_num(made)
    told.surprises[rows, 0] = FULL * told.score[rows]
    return told


def _taken(last_s: NDArray[np.int64], columns: Columns, flag: NDArray[np.uint8]) -> tuple[Run, NDArray[np.int64]]:
    """The readings that are neither late nor missing, by series and time, and which row each was."""
    some = np.flatnonzero((flag != MISSING) & np.isfinite(columns.value))
    numbered, _ = arrange(last_s, Columns(columns.series[some], columns.time_s[some], some.astype(np.float64)))
    rows = numbered.value.astype(np.int64)
    return Run(numbered.series, numbered.time_s, columns.value[rows], numbered.starts), rows
