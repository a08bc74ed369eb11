"""What readings bring into their windows, by their quantity's aggregate: numbers that are added up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.change import Kinds, changed
from gateway.numerics.flags import Judged
from gateway.numerics.order import Run


@dataclass(frozen=True, slots=True)
class Entries:
    """What n readings bring into their windows."""

    time_s: NDArray[np.int64]
    value: NDArray[np.float64]
    term: NDArray[np.float64]
    """What it adds to `sum`."""
    term2: NDArray[np.float64] | None
    """What it adds to `sum2`, None where no reading adds anything."""
    enters: NDArray[np.bool_]
    """False where the reading is only seen."""

    def entering(self) -> Entries:
        """Those that are not only seen."""
        some = self.enters
        term2 = None if self.term2 is None else self.term2[some]
        return Entries(self.time_s[some], self.value[some], self.term[some], term2, some[some])


def bases(
    base: NDArray[np.float64], run: Run, enters: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """What a counter counts from: before each reading the newest value that entered, and after all of each series.

    `base` (m,) stands before each series' first reading; NaN where nothing entered yet. The third is the row (n,) of that
    newest reading, -1 where it is not in the run.
    """
    if run.single:
        newest = run.value.copy()
        if (idle := (~enters).nonzero()[0]).size:
            newest[idle] = base[idle]
        return base, newest, np.full(len(run), -1)
    upto = np.maximum.accumulate(np.where(enters, np.arange(len(run)), -1))
    row = np.append(-1, upto[:-1])
    row[row < run.starts[run.group]] = -1
    found = np.where(row >= 0, run.value[row], base[run.group])
    last = upto[run.ends]
    return found, np.where(last >= run.starts, run.value[last], base), row


def entries(run: Run, judged: Judged, known: NDArray[np.void], base: NDArray[np.float64]) -> Entries:
    """What each reading brings, by its kind; `base` (n,) is what a counter counts from. Those that do not enter bring anything.

    `known` are the PARAMS records of the run's series.
    """
    of, enters = judged.of, judged.enters
    term, term2 = run.value, None
    if of.angle.size or of.level.size or of.counter.size or of.timed.size:
        term = run.value.copy()
    if of.angle.size or of.timed.size:
        term2 = np.zeros(len(run))
    if (angle := of.angle).size and term2 is not None:
        radians = np.deg2rad(run.value[angle])
        term[angle], term2[angle] = np.sin(radians), np.cos(radians)
    if (level := of.level).size:
        with np.errstate(over="ignore"):  # what does not enter may be any number
            term[level] = np.power(10.0, run.value[level] / 10)
    if (counts := of.counter).size:
        wrap = run.spread(known["wrap"])[counts]
        risen = changed(run.value[counts], base[counts], Kinds(counter=np.arange(len(counts))), wrap)
        risen[np.isnan(risen)] = 0.0
        term[counts] = risen
    if (timed := of.timed).size and term2 is not None:
        term2[timed] = _weights(judged.step_s[timed], run.spread(known["hz"])[timed])
        term[timed] *= term2[timed]
    return Entries(run.time_s, run.value, term, term2, enters)


def _weights(step_s: NDArray[np.int64], hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """For how many seconds a reading speaks: since the one before it; one period after a silence of more than four of them."""
    period_s = np.where(hz > 0, 1 / np.where(hz > 0, hz, 1.0), 1.0)
    weights: NDArray[np.float64] = np.where(step_s <= np.maximum(4 * period_s, 1.0), step_s, period_s)
    return weights
