"""The run cut into half hours: which reading lies in which, and what each half hour comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.detector.memory import HALF_S, TICK_S, TICKS
from gateway.numerics.detector.signal import Signal
from gateway.numerics.order import Run
from gateway.numerics.state import NEVER_S


@dataclass(frozen=True, slots=True)
class Halves:
    """k half hours over m series: of each the one that was open, then those that its readings began.

    A half hour ends when a reading of a later one is learnt: those without readings do not exist.
    """

    first: NDArray[np.int64]
    """(m,) the first of each series: it was open."""
    last: NDArray[np.int64]
    """(m,) its last, which stays open."""
    group: NDArray[np.int64]
    """(k,) the position of its series."""
    closed: NDArray[np.int64]
    """(k,) how many of its series had ended before it."""

    @property
    def begun(self) -> NDArray[np.int64]:
        """Those that the run began."""
        later = np.ones(len(self.group), np.bool_)
        later[self.first] = False
        return np.flatnonzero(later)

    @property
    def at_most_one(self) -> bool:
        """Did no series begin more than one? Then what follows is short."""
        return bool(np.all(self.last <= self.first + 1))

    def moving(self) -> tuple[Halves, NDArray[np.int64], NDArray[np.int64]]:
        """The half hours of the series in which one ended, which series, and which half hours these are."""
        moves = self.last > self.first
        series, rows = np.flatnonzero(moves), np.flatnonzero(moves[self.group])
        many = (self.last - self.first + 1)[series]
        first = np.cumsum(many) - many
        group = np.repeat(np.arange(len(series)), many)
        return Halves(first, first + many - 1, group, self.closed[rows]), series, rows


@dataclass(frozen=True, slots=True)
class Placed:
    """Where each of n readings lies."""

    of: NDArray[np.int64]
    """(n,) its half hour; one that is not learnt lies in that of the one before it."""
    tick: NDArray[np.int64]
    """(n,) its tick in the half hour."""
    number: NDArray[np.int64]
    """(m,) of each series' last half hour: counted since 1970."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What half hours come to, and how far each reading brings its own."""

    half: NDArray[np.float64]
    """(k, 4) of each: readings, the sum of their signals, moves known, their sum."""
    upto: NDArray[np.float64]
    """(n, 4) the same up to each reading that is learnt."""


def cut(memory: NDArray[np.void], run: Run, learns: NDArray[np.bool_]) -> tuple[Halves, Placed]:
    """The half hours of a run; `memory` is as it was before the run."""
    number = run.time_s // HALF_S
    rows = np.flatnonzero(learns)
    group = run.group[rows]
    before = np.empty(len(rows), np.int64)
    before[1:] = number[rows[:-1]]
    head = np.flatnonzero(np.diff(group, prepend=-1))
    before[head] = memory["half"][group[head]]
    before[head] = np.where(before[head] == NEVER_S, number[rows[head]], before[head])
    begins = np.zeros(len(run), np.int64)
    begins[rows] = number[rows] != before
    of = run.group + np.cumsum(begins)
    first = of[run.starts] - begins[run.starts]
    last = of[run.ends]
    series = np.repeat(np.arange(len(first)), last - first + 1)
    newest = memory["half"].copy()
    newest[group] = number[rows]  # the last one of each series stands
    closed = memory["closed"][series] + np.arange(len(series)) - first[series]
    return Halves(first, last, series, closed), Placed(of, run.time_s // TICK_S % TICKS, newest)


def sums(memory: NDArray[np.void], halves: Halves, of: NDArray[np.int64], signal: Signal) -> Sums:
    """Counts and sums, added one reading after another: where the stream was cut does not change a bit.

    One step for each reading of the fullest half hour, vectorised over half hours.
    """
    rows = np.flatnonzero(signal.learns)
    half, known = of[rows], np.isfinite(signal.moved[rows])
    brought = np.ones((len(rows), 4))
    brought[:, 1], brought[:, 2] = signal.value[rows] - memory["origin"][halves.group[half]], known
    brought[:, 3] = np.where(known, signal.moved[rows], 0.0)
    total = np.zeros((len(halves.group), 4))
    for column, name in enumerate(("count", "sum", "moves", "moved")):
        total[halves.first, column] = memory[name]
    upto = np.zeros((len(signal.value), 4))
    for some in _steps(half):
        total[half[some]] += brought[some]
        upto[rows[some]] = total[half[some]]
    return Sums(total, upto)


def earlier(halves: Halves, was: NDArray[np.floating], made: NDArray[np.floating]) -> NDArray[np.float64]:
    """For each half hour what the one before it came to: `was` (m, ...) before the first of a series, then `made` (k, ...)."""
    shifted = np.empty(made.shape)
    shifted[1:] = made[:-1]
    shifted[halves.first] = was
    return shifted


def lagged(
    halves: Halves, was: NDArray[np.floating], made: NDArray[np.floating], of: NDArray[np.int64]
) -> NDArray[np.float32]:
    """What was known when each of the half hours `of` began: the newest L of its series, the newest last, (len(of), L).

    `was` (m, L) stands before the first of each series, and then come the half hours that ended in the run, `made` (k,).
    """
    length = was.shape[1]
    if halves.at_most_one and len(of) == len(was):
        return np.concatenate([was[:, 1:], made[halves.first, None]], axis=1, dtype=np.float32)
    ended = np.ones(len(halves.group), np.bool_)
    ended[halves.last] = False
    many = halves.last - halves.first
    flat = np.empty(was.size + int(many.sum()), np.float32)
    old = (np.arange(len(many)) * length + np.cumsum(many) - many)[:, None] + np.arange(length)
    fresh = np.ones(len(flat), np.bool_)
    fresh[old.ravel()] = False
    flat[old] = was
    flat[fresh] = made[ended]
    start = of + halves.group[of] * (length - 1)
    found: NDArray[np.float32] = np.lib.stride_tricks.sliding_window_view(flat, length)[start]
    return found


def so_far(
    most: np.ufunc, halves: Halves, was: NDArray[np.float64], made: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The extreme of all that ended before each half hour (k,), and of all that ended in the end (m,), by doubling."""
    held = earlier(halves, was, made)
    place = np.arange(len(held)) - halves.first[halves.group]
    reach = 1
    while reach <= place.max(initial=0):
        joins = np.flatnonzero(place >= reach)
        held[joins] = most(held[joins], held[joins - reach])
        reach *= 2
    return held, held[halves.last]


def _steps(half: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """The first row of every half hour, then the second of those that have one, and so on."""
    heads = np.flatnonzero(np.diff(half, prepend=-1))
    place = np.arange(len(half)) - np.repeat(heads, np.diff(np.append(heads, len(half))))
    order, begin = np.argsort(place, kind="stable"), 0
    for many in np.bincount(place):
        yield order[begin : begin + many]
        begin += many
