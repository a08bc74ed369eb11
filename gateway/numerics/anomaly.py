"""How surprising a reading is, against the series' own last day or two: a score in [0, 1], nothing learnt elsewhere.

Two surprises are added, each the -log10 of the share of past readings that were at least as strange (a conformal p-value):
how far the value moved since the reading before, and by how much it left the range seen so far. Their sum is divided by
FULL: 1/4 is one in a hundred in one of the two, 1/2 in both. The past is held as counts of moves by octave and as a range,
for the current day (UTC) and the one before: bounded, and the same however a stream is cut, because sums of counts and
extremes are. It is NaN until MANY moves are known. The score is written beside the reading; it raises no flag.

References:
    Shafer and Vovk 2008, A tutorial on conformal prediction, JMLR 9.
    Laxhammar and Falkman 2014, Online learning and sequential anomaly detection in trajectories, IEEE TPAMI 36.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

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
FULL = 8.0
"""The sum of both surprises that gives a score of 1."""

MOST = 65_535
"""Moves that are counted at most: an era at a reading a second has more, and its counts stay there."""

SURPRISE = np.dtype(
    [
        ("era", "i8"),  # number of the era, counted from 1970
        ("tail", "u2", (OCTAVES,)),  # how many moves of this era fell into this octave or above; stays at 65,535
        ("tail_before", "u2", (OCTAVES,)),  # of the era before
        ("low", "f8"),  # the range of this era's values, NaN where there was none
        ("high", "f8"),
        ("low_before", "f8"),
        ("high_before", "f8"),
    ]
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
    last: NDArray[np.int64]
    """(m,) and the last."""
    number: NDArray[np.int64]
    """(k,) the era."""
    ago: NDArray[np.int64]
    """(k,) eras since the stretch before, or since the memory: 0 goes on, 1 follows, 2 or more forgets."""

    @property
    def following(self) -> NDArray[np.int64]:
        """The stretches that follow upon the one before them in the same run."""
        inner = self.ago == 1
        inner[self.first] = False
        return np.flatnonzero(inner)


def surprises(
    memory: NDArray[np.void],
    aggregate: NDArray[np.uint8],
    run: Run,
    *,
    moved: NDArray[np.float64],
    learns: NDArray[np.bool_],
) -> NDArray[np.float32]:
    """The score of each of n readings; the SURPRISE records of their m series (`memory`) are changed in place.

    `moved` (n,) is how far each reading moved, NaN where that is not known or worthless; only readings that `learns` (n,) become part
    of the past. Takes 5 x OCTAVES bytes of memory a reading.
    """
    eras = _cut(memory["era"], run)
    tail, many = _tails(memory, eras, _octave(moved), learns & ~np.isnan(moved))
    surprise = np.where(np.isnan(moved), 0.0, np.log10((many + 1) / tail))
    ranged = (aggregate != CIRCULAR) & (aggregate != COUNTER)
    value = np.where(learns & ranged[run.group], run.value, np.nan)
    low = _extremes(np.fmin, memory, ("low", "low_before"), eras, value)
    high = _extremes(np.fmax, memory, ("high", "high_before"), eras, value)
    beyond = np.flatnonzero((run.value < low) | (run.value > high))
    surprise[beyond] += _outside(run.value[beyond], low[beyond], high[beyond], many[beyond])
    memory["era"] = eras.number[eras.last]
    scored = (many >= MANY) & np.isfinite(run.value)
    return np.where(scored, np.minimum(surprise / FULL, 1.0), np.nan).astype(np.float32)


def _cut(era: NDArray[np.int64], run: Run) -> _Eras:
    """Where one series, or one era of it, ends and the next begins."""
    number = run.time_s // ERA_S
    since = number - run.shifted(number, era)
    begins = since != 0
    begins[run.starts] = True
    starts = np.flatnonzero(begins)
    of = np.cumsum(begins) - 1
    return _Eras(starts, of, of[run.starts], of[run.ends], number[starts], since[starts])


def _octave(moved: NDArray[np.float64]) -> NDArray[np.int8]:
    """The octave of each move: 0 below 2^LOWEST, no move at all included."""
    exponent = np.frexp(np.nan_to_num(moved))[1] - LOWEST
    exponent[moved == 0] = 0
    octave: NDArray[np.int8] = np.clip(exponent, 0, OCTAVES - 1).astype(np.int8)
    return octave


def _tails(
    memory: NDArray[np.void], eras: _Eras, octave: NDArray[np.int8], counts: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each reading how many past moves were as large, with itself, and how many there were; memory goes on.

    Moves of its own octave count half, itself included.
    """
    hit = (octave >= np.arange(OCTAVES, dtype=np.int8)[:, None]) & counts
    upto, made = _so_far(hit, eras)
    tail, before = _handed_on((memory["tail"], memory["tail_before"]), eras, made, _counted)
    row, begun, own = np.arange(len(octave)), eras.starts[eras.of], octave.astype(np.int64)

    def known(octave: NDArray[np.int64]) -> NDArray[np.int64]:
        here = tail[eras.of, octave].astype(np.int64)
        if upto is not None:
            here += upto[row, octave] - upto[begun, octave]
        count: NDArray[np.int64] = np.minimum(here, MOST) + before[eras.of, octave]
        return count

    larger = np.where(own < OCTAVES - 1, known(np.minimum(own + 1, OCTAVES - 1)), 0)
    as_large, many = (larger + known(own) + 1) / 2, known(np.zeros_like(own))
    memory["tail"], memory["tail_before"] = _counted(tail, made)[eras.last], before[eras.last]
    return as_large, many


def _so_far(
    hit: NDArray[np.bool_], eras: _Eras
) -> tuple[NDArray[np.int32] | None, NDArray[np.bool_] | NDArray[np.int32]]:
    """How often each octave was hit (OCTAVES, n) before each reading (n + 1, OCTAVES), and in each stretch (k, OCTAVES).

    The first is None where each stretch is one reading: then there is nothing before it, and a batch costs half.
    """
    if len(eras.starts) == hit.shape[1]:
        return None, hit.T
    upto = np.zeros((hit.shape[1] + 1, OCTAVES), np.int32)
    np.cumsum(hit, axis=1, dtype=np.int32, out=upto[1:].T)
    return upto, upto[np.append(eras.starts[1:], hit.shape[1])] - upto[eras.starts]


def _extremes(
    most: Callable[..., Any], memory: NDArray[np.void], names: tuple[str, str], eras: _Eras, value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """For each reading the extreme of its past, NaN where there is none; memory goes on."""
    upto = _running(most, value, eras)
    made = upto[np.append(eras.starts[1:], len(value)) - 1]
    now, before = _handed_on((memory[names[0]], memory[names[1]]), eras, made, most)
    ahead = np.append(np.nan, upto[:-1])
    ahead[eras.starts] = np.nan
    past: NDArray[np.float64] = most(ahead, most(now, before)[eras.of])
    memory[names[0]], memory[names[1]] = most(now, made)[eras.last], before[eras.last]
    return past


def _handed_on(
    was: tuple[NDArray[Any], NDArray[Any]], eras: _Eras, made: NDArray[Any], join: Callable[..., Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """What each of k stretches finds of its era and of the era before, when the memories (m,) were `was`.

    `made` (k, ...) is what the readings of each stretch add, and `join` adds it. Where all go on, these are views of `was`.
    """
    if len(made) == len(was[0]) and not eras.ago.any():
        return was
    nothing = np.nan if made.dtype.kind == "f" else 0
    now, before = np.full(made.shape, nothing, was[0].dtype), np.full(made.shape, nothing, was[0].dtype)
    goes_on, follows = eras.ago[eras.first] == 0, eras.ago[eras.first] == 1
    now[eras.first[goes_on]], before[eras.first[goes_on]] = was[0][goes_on], was[1][goes_on]
    before[eras.first[follows]] = was[0][follows]
    later = eras.following
    before[later] = join(now[later - 1], made[later - 1])
    return now, before


def _counted(count: NDArray[np.uint16], more: NDArray[np.bool_] | NDArray[np.int32]) -> NDArray[np.int32]:
    """The sum, which stays at MOST."""
    total: NDArray[np.int32] = np.add(count, more, dtype=np.int32)
    return np.minimum(total, MOST, out=total)


def _running(most: Callable[..., Any], value: NDArray[np.float64], eras: _Eras) -> NDArray[np.float64]:
    """The extreme of each stretch so far, by doubling: one pass for each power of two below the longest stretch."""
    held = value.copy()
    place = np.arange(len(value)) - eras.starts[eras.of]
    reach, longest = 1, int(place.max())
    while reach <= longest:
        joins = np.flatnonzero(place >= reach)
        held[joins] = most(held[joins], held[joins - reach])
        reach *= 2
    return held


def _outside(
    value: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], many: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The surprise of values beyond the range seen so far: of `many` + 1 values two are the extremes."""
    width = np.where(high > low, high - low, 1.0)
    beyond = np.maximum(value - high, low - value)
    surprise: NDArray[np.float64] = np.maximum(np.log10((many + 1) / 2), 0) + np.log10(width + beyond) - np.log10(width)
    return surprise
