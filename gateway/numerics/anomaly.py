"""How surprising a reading is, against the series' own last day or two: a score in [0, 1], nothing learnt elsewhere.

Two surprises are added, each the -log10 of the share of past readings that were at least as strange (a conformal p-value):
how far the value moved since the reading before, and by how much it left the range seen so far. A score of 1/6 is one in
ten, 1/2 one in a thousand, 1 one in a million or rarer. The past is held as counts of moves by octave and as a range, for
the current day (UTC) and the one before: bounded, and the same however a stream is cut, because counts and extremes are.
It is NaN until MANY moves are known. A score is written beside the reading; it raises no flag.

References:
    Laxhammar and Falkman 2014, Online learning and sequential anomaly detection in trajectories (conformal p-values).
    Shafer and Vovk 2008, A tutorial on conformal prediction, JMLR 9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.order import Run
from gateway.numerics.params import CIRCULAR, COUNTER

ERA_S = 86400
"""Length of what is remembered at once: the era of a reading and the one before are its past."""
OCTAVES = 24
"""Moves are counted by octave, from below 2^LOWEST to 2^(LOWEST + OCTAVES - 2) and more."""
LOWEST = -7
MANY = 30
"""Moves that must be known before a score is made."""
FULL = 6.0
"""The sum of both surprises that gives a score of 1."""

SURPRISE = np.dtype(
    [
        ("era", "i8"),  # number of the era, counted from 1970
        ("tail", "i4", (2, OCTAVES)),  # of this era and the one before: how many moves fell into this octave or above
        ("low", "f8", (2,)),  # of this era and the one before: the range of values, NaN where there was none
        ("high", "f8", (2,)),
    ],
    align=True,
)
"""What a series remembers for its score."""


@dataclass(frozen=True, slots=True)
class _Eras:
    """The run cut into eras: k stretches of readings of one series and one era."""

    starts: NDArray[np.int64]
    """(k,) where each begins."""
    of: NDArray[np.int64]
    """(n,) the stretch of each reading."""
    first: NDArray[np.int64]
    """(m,) the first stretch of each series."""
    number: NDArray[np.int64]
    """(k,) the era."""
    ago: NDArray[np.int64]
    """(k,) eras since the stretch before, or since the state: 0 goes on, 1 follows, 2 or more forgets."""


def surprises(
    was: NDArray[np.void], aggregate: NDArray[np.uint8], run: Run, moved: NDArray[np.float64], learns: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.void]]:
    """The score of each of n readings, and what their m series remember afterwards.

    `was` (m,) are SURPRISE records, `moved` (n,) is how far each reading moved (NaN: not known), and only readings that
    `learns` (n,) become part of the past. Memory: n x OCTAVES x 4 bytes.
    """
    eras = _cut(was["era"], run)
    octave = _octave(moved)
    counts = learns & ~np.isnan(moved)
    tail, many, tails = _tails(was["tail"], eras, octave, counts)
    ranged = (aggregate != CIRCULAR) & (aggregate != COUNTER)
    value = np.where(learns & ranged[run.group], run.value, np.nan)
    low, lows = _extremes(np.fmin, was["low"], eras, value)
    high, highs = _extremes(np.fmax, was["high"], eras, value)
    told = np.where(np.isnan(moved), 0.0, -np.log10(tail / (many + 1)))
    told += _outside(run.value, low, high, many)
    score = np.where((many >= MANY) & np.isfinite(run.value), np.clip(told / FULL, 0, 1), np.nan)
    last = np.append(eras.first[1:], len(eras.starts)) - 1
    now = np.zeros(len(was), SURPRISE)
    now["era"] = eras.number[last]
    now["tail"], now["low"], now["high"] = tails[last], lows[last], highs[last]
    return score.astype(np.float32), now


def _cut(era: NDArray[np.int64], run: Run) -> _Eras:
    """Where one series, or one era of it, ends and the next begins."""
    number = run.time_s // ERA_S
    since = number - run.shifted(number, era)
    begins = since != 0
    begins[run.starts] = True
    starts = np.flatnonzero(begins)
    of = np.cumsum(begins) - 1
    return _Eras(starts, of, of[run.starts], number[starts], since[starts])


def _octave(moved: NDArray[np.float64]) -> NDArray[np.int64]:
    """The octave of each move: 0 below 2^LOWEST, no move at all included."""
    _, exponent = np.frexp(np.nan_to_num(moved))
    octave = np.clip(exponent - LOWEST, 0, OCTAVES - 1).astype(np.int64)
    octave[moved == 0] = 0
    return octave


def _tails(
    was: NDArray[np.int32], eras: _Eras, octave: NDArray[np.int64], counts: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int32]]:
    """For each reading how many past moves were as large (its own octave counts half), and how many there were.

    The third are the tails (k, 2, OCTAVES) after each stretch.
    """
    hit = ((octave[:, None] >= np.arange(OCTAVES)) & counts[:, None]).astype(np.int32)
    upto = np.concatenate([np.zeros((1, OCTAVES), np.int32), np.cumsum(hit, axis=0, dtype=np.int32)])
    made = np.diff(upto[np.append(eras.starts, len(octave))], axis=0)
    begin = _handed_on(was, eras, made)
    row, above = np.arange(len(octave)), np.minimum(octave + 1, OCTAVES - 1)
    past = begin.sum(axis=1, dtype=np.int32) - upto[eras.starts]

    def known(bin_: NDArray[np.int64]) -> NDArray[np.int64]:
        count: NDArray[np.int64] = (past[eras.of, bin_] + upto[row, bin_]).astype(np.int64)
        return count

    larger = np.where(octave < OCTAVES - 1, known(above), 0)
    tail = larger + (known(octave) - larger + 1) / 2
    after = begin.copy()
    after[:, 0] += made
    return tail, known(np.zeros_like(octave)), after


def _handed_on(was: NDArray[np.int32], eras: _Eras, made: NDArray[np.int32]) -> NDArray[np.int32]:
    """The tails (k, 2, OCTAVES) that each stretch begins with."""
    begin = np.zeros((len(made), 2, OCTAVES), np.int32)
    goes_on, follows = eras.ago[eras.first] == 0, eras.ago[eras.first] == 1
    begin[eras.first[goes_on]] = was[goes_on]
    begin[eras.first[follows], 1] = was[follows, 0]
    later = np.flatnonzero(eras.ago == 1)
    later = later[~np.isin(later, eras.first)]
    begin[later, 1] = begin[later - 1, 0] + made[later - 1]
    return begin


def _extremes(
    most: np.ufunc, was: NDArray[np.float64], eras: _Eras, value: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each reading the extreme of its past, and the extremes (k, 2) after each stretch."""
    upto = _running(most, value, eras)
    ends = np.append(eras.starts[1:], len(value)) - 1
    made = upto[ends]
    begin = np.full((len(made), 2), np.nan)
    goes_on, follows = eras.ago[eras.first] == 0, eras.ago[eras.first] == 1
    begin[eras.first[goes_on]] = was[goes_on]
    begin[eras.first[follows], 1] = was[follows, 0]
    later = np.flatnonzero(eras.ago == 1)
    later = later[~np.isin(later, eras.first)]
    begin[later, 1] = most(begin[later - 1, 0], made[later - 1])
    before = np.append(np.nan, upto[:-1])
    before[eras.starts] = np.nan
    after = begin.copy()
    after[:, 0] = most(begin[:, 0], made)
    return most(before, most(begin[:, 0], begin[:, 1])[eras.of]), after


def _running(most: np.ufunc, value: NDArray[np.float64], eras: _Eras) -> NDArray[np.float64]:
    """The extreme of each stretch so far, by doubling: one pass for each power of two below the longest stretch."""
    held = value.copy()
    place = np.arange(len(value)) - eras.starts[eras.of]
    reach = 1
    while reach <= place.max():
        joins = np.flatnonzero(place >= reach)
        held[joins] = most(held[joins], held[joins - reach])
        reach *= 2
    return held


def _outside(
    value: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], many: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The surprise of a value beyond the range seen so far: of `many` + 1 values two are the extremes."""
    beyond = np.fmax(np.fmax(value - high, low - value), 0)
    beyond[np.isnan(beyond)] = 0
    width = np.where(high > low, high - low, 1.0)
    found = np.log10((many + 1) / 2) + np.log10(1 + beyond / width)
    surprise: NDArray[np.float64] = np.where(beyond > 0, np.maximum(found, 0), 0)
    return surprise
