"""What the detector looks at of a reading, by its quantity's aggregate, and how far that moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.change import change
from gateway.numerics.entries import bases
from gateway.numerics.order import Run
from gateway.numerics.params import CIRCULAR, COUNTER

WILD = 1e100
"""What is greater counts as so much: sums and ratios stay finite."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Of n readings over m series."""

    value: NDArray[np.float64]
    """(n,) the value itself, a direction's turn since the reading before (degrees), a counter's increase a second; NaN: unknown."""
    moved: NDArray[np.float64]
    """(n,) how far it moved, NaN where that is unknown or the reading before is no neighbour."""
    learns: NDArray[np.bool_]
    """(n,) becomes part of the past."""


def look(memory: NDArray[np.void], known: NDArray[np.void], run: Run, learns: NDArray[np.bool_]) -> Signal:
    """The signal of a run; `memory` (DETECTOR, m) goes on to each series' newest reading that `learns` (n,).

    A reading is compared with the newest one before it that was learnt.
    """
    aggregate = known["aggregate"][run.group]
    found, newest, row = bases(memory["value"], run, learns)
    since_s = run.time_s - np.where(row >= 0, run.time_s[row], memory["value_s"][run.group])
    changed = change(np.clip(run.value, -WILD, WILD), np.clip(found, -WILD, WILD), aggregate)
    value = np.clip(run.value, -WILD, WILD)
    if (turns := aggregate == CIRCULAR).any():
        value[turns] = np.abs(changed[turns])
    if (counts := aggregate == COUNTER).any():
        value[counts] = changed[counts] / since_s[counts]
    before = np.where(row >= 0, value[row], memory["signal"][run.group])
    near_s = known["near_s"][run.group]
    moved = np.where((near_s > 0) & (since_s > near_s), np.nan, np.abs(value - before))
    _go_on(memory, run, value=value, newest=newest, learns=learns)
    return Signal(value, moved, learns & np.isfinite(value))


def _go_on(
    memory: NDArray[np.void],
    run: Run,
    *,
    value: NDArray[np.float64],
    newest: NDArray[np.float64],
    learns: NDArray[np.bool_],
) -> None:
    """The newest reading of each series that was learnt is what the next is compared with."""
    upto = np.maximum.accumulate(np.where(learns, np.arange(len(run)), -1))[run.ends]
    some = upto >= run.starts
    memory["value"] = newest
    memory["value_s"][some], memory["signal"][some] = run.time_s[upto[some]], value[upto[some]]
    memory["last_s"] = run.time_s[run.ends]
