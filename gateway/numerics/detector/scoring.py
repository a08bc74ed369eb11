"""From readings to scores: five surprises of each reading, summed, and what that sum is worth now.

    range    how far out of the range of the past the signal lies: log10(ticks known) + log10(1 + excess / width)
    jump     how rare a move so great is
    level    how rare it is that the last half hour to hour lies so far from the day before it
    course   how rare it is that the last six hours are so unlike any six hours of the past week
    noise    how rare it is that the moves of ninety minutes are so much greater, or smaller, than those of the two days before

`rank.py` says what rare is; range, jump and level are told of each reading, course and noise when a half hour ends. The sum
finds more than any of them or their maximum: what is strange in two ways is stranger.

References:
    Lavin and Ahmad 2015, Evaluating real-time anomaly detection algorithms: the Numenta Anomaly Benchmark, IEEE ICMLA.
    Ahmad, Lavin, Purdy and Agha 2017, Unsupervised real-time anomaly detection for streaming data, Neurocomputing 262.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import FAIL, MISSING, Columns
from gateway.numerics.detector.budget import SHIPPED, Tuning, spend
from gateway.numerics.detector.course import strangeness, unrest, usual
from gateway.numerics.detector.halves import Halves, Placed, Sums, cut, earlier, lagged, so_far, sums
from gateway.numerics.detector.memory import ERA, HALF_S, TICKS
from gateway.numerics.detector.rank import BEYOND, fade, learn
from gateway.numerics.detector.signal import Signal, look
from gateway.numerics.order import Run, arrange
from gateway.numerics.state import put_rows, take_rows

FEATURES = ("range", "jump", "level", "course", "noise")
"""What may be strange of a reading."""
THRESHOLD = 0.5
"""A score from here on is an alarm: the same for every series."""
MANY, FEW = 30, 20
"""Ticks, and half hours, that must be known before something is a surprise."""
OUTSIDE = 0.03
"""Out of the range is what is out by so much of its width."""
STILL = 0.01
"""The width of a range of one value, as a share of it."""
MOST = 1e18
"""The greatest mean that is remembered: its square is a single float."""
ROWS = 16_384
"""Readings that are scored at once: memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What the detector says of n readings, row for row."""

    score: NDArray[np.float32]
    """(n,) in [0, 1], NaN for late and missing readings."""
    surprises: NDArray[np.float32]
    """(n, len(FEATURES)) each >= 0, in powers of ten: 2 is one in a hundred; not muted after an alarm, as `score` is."""


def score(
    state: NDArray[np.void],
    params: NDArray[np.void],
    columns: Columns,
    flag: NDArray[np.uint8],
    *,
    tuning: Tuning = SHIPPED,
) -> Scored:
    """Score n readings; `state` (DETECTOR) and `params` (PARAMS) are indexed by series id, `state` is changed in place.

    `flag` (n,) is each reading's primary flag: what failed or is missing is not learnt.
    """
    told = Scored(np.full(len(columns), np.nan, np.float32), np.zeros((len(columns), len(FEATURES)), np.float32))
    for first in range(0, len(columns), ROWS):
        some = np.arange(first, min(first + ROWS, len(columns)))
        run, rows = _taken(state["last_s"], columns.take(some), flag[some])
        for piece in _eras(run):
            part, at = _part(run, piece), first + rows[piece]
            memory = take_rows(state, part.ids)
            told.surprises[at], told.score[at] = _scored(memory, params[part.ids], part, flag[at] != FAIL, tuning)
            put_rows(state, part.ids, memory)
    return told


def _scored(
    memory: NDArray[np.void], known: NDArray[np.void], run: Run, learns: NDArray[np.bool_], tuning: Tuning
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Surprises and scores of a run within one era; the states (m,) go on."""
    _turn(memory, run.time_s[run.starts] // HALF_S // ERA)
    signal = look(memory, known, run, learns)
    _set_origin(memory, run, signal)
    halves, placed = cut(memory, run, signal.learns)
    summed = sums(memory, halves, placed.of, signal)
    held = _held(memory, halves, summed)
    level = _level(memory, halves, placed.of, summed=summed, usual=held[:, 0])
    found = np.zeros((len(run), len(FEATURES)))
    for column, name, size in ((1, "jump", signal.moved), (2, "level", level)):
        sizes = _ticks(memory[f"{name}_tick"], halves, placed, np.where(signal.learns, size, np.nan))
        past = learn(memory[name], halves, sizes, late=True)
        memory[f"{name}_tick"] = sizes[halves.last]
        found[:, column] = past.surprise(size, placed.of, least=MANY)
    found[:, 0] = _outside(memory, halves, placed.of, signal=signal, known=past.known)
    found[:, 3:] = held[placed.of, 1:]
    _go_on(memory, halves, placed, summed)
    score = spend(memory, run, found.sum(axis=1), closed=halves.closed[placed.of], tuning=tuning)
    return found.astype(np.float32), score


def _set_origin(memory: NDArray[np.void], run: Run, signal: Signal) -> None:
    """The first signal of a series is where its means are told from."""
    rows = np.flatnonzero(signal.learns)[::-1]
    found = memory["origin"].copy()
    found[run.group[rows]] = signal.value[rows]
    memory["origin"] = np.where(np.isnan(memory["origin"]), found, memory["origin"])


def _held(memory: NDArray[np.void], halves: Halves, summed: Sums) -> NDArray[np.float64]:
    """(k, 3) when each half hour began: the usual level, the surprises of course and noise; what they rest on goes on."""
    held = np.empty((len(halves.group), 3))
    held[halves.first] = memory["held"]
    moving, series, rows = halves.moving()
    if len(series):
        some, begun = take_rows(memory, series), moving.begun
        readings, total, moves, moved = summed.half[rows].T
        means = lagged(moving, some["means"], np.clip(_shares(total, readings), -MOST, MOST), begun)
        noises = lagged(moving, some["noises"], np.minimum(_shares(moved, moves), MOST), begun)
        held[rows[begun], 0] = usual(means)
        for column, name, size in ((1, "course", strangeness(means)), (2, "noise", unrest(noises))):
            sizes = np.full((len(rows), 1), np.nan)
            sizes[begun, 0] = size
            past = learn(some[name], moving, sizes, late=False)
            held[rows[begun], column] = past.surprise(size, begun, least=FEW)
        newest = np.searchsorted(begun, moving.last)
        some["means"], some["noises"] = means[newest], noises[newest]
        put_rows(memory, series, some)
    memory["held"] = held[halves.last]
    return held


def _level(
    memory: NDArray[np.void], halves: Halves, of: NDArray[np.int64], *, summed: Sums, usual: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(n,) how far the mean since the half hour before began lies from the usual level; NaN where one is unknown."""
    before = earlier(halves, memory["before"], summed.half[:, :2])
    memory["before"] = before[halves.last]
    readings, total = (summed.upto[:, :2] + before[of]).T
    readings = np.where(summed.upto[:, 0] > 0, readings, 0.0)
    return np.abs(_shares(total, readings) - usual[of])


def _outside(
    memory: NDArray[np.void], halves: Halves, of: NDArray[np.int64], *, signal: Signal, known: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(n,) the surprise of what lies out of the range of the past; the ranges go on."""
    bounds = []
    for column, most in enumerate((np.fmin, np.fmax)):
        now = np.full(len(halves.group), np.nan)
        now[halves.first] = memory["now"][:, column]
        most.at(now, of[signal.learns], signal.value[signal.learns])
        before, _ = so_far(most, halves, memory["range"][:, column], now)
        bounds.append(most(before, memory["range_before"][halves.group, column])[of])
        memory["now"][:, column], memory["range"][:, column] = now[halves.last], before[halves.last]
    low, high = bounds
    width = np.where(high > low, high - low, np.maximum(np.abs(high) * STILL, np.finfo(np.float64).tiny))
    with np.errstate(over="ignore"):  # where all was 0 so far
        excess = np.maximum(signal.value - high, low - signal.value) / width
    some = np.flatnonzero(excess > OUTSIDE)
    found = np.zeros(len(of))
    found[some] = np.log10(known[of[some]] + 1.0) + np.minimum(np.log10(1 + excess[some]), BEYOND)
    found[some[known[of[some]] < MANY]] = 0.0
    return found


def _ticks(
    memory: NDArray[np.float64], halves: Halves, placed: Placed, size: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(k, TICKS) the greatest size of each tick, -1 where there is none."""
    found = np.full((len(halves.group), TICKS), -1.0)
    found[halves.first] = memory
    some = np.flatnonzero(~np.isnan(size))
    np.maximum.at(found, (placed.of[some], placed.tick[some]), size[some])
    return found


def _turn(memory: NDArray[np.void], era: NDArray[np.int64]) -> None:
    """A new era of some series: half of what was counted is forgotten, and the range of the last era but one."""
    some = np.flatnonzero((memory["era"] < era) & (memory["closed"] > 0))
    if len(some):
        next_one = (memory["era"] == era - 1)[some, None]
        memory["range_before"][some] = np.where(next_one, memory["range"][some], np.nan)
        memory["range"][some] = np.nan
        for name in ("jump", "level", "course", "noise"):
            fade(memory[name], some)
    memory["era"] = era


def _go_on(memory: NDArray[np.void], halves: Halves, placed: Placed, summed: Sums) -> None:
    """The half hour that stays open."""
    memory["half"], memory["closed"] = placed.number, halves.closed[halves.last]
    for column, name in enumerate(("count", "sum", "moves", "moved")):
        memory[name] = summed.half[halves.last, column]


def _shares(total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means; NaN of nothing."""
    found: NDArray[np.float64] = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return found


def _eras(run: Run) -> Iterator[NDArray[np.int64]]:
    """The rows of each series' first era, then of its second, and so on."""
    era = run.time_s // HALF_S // ERA
    turns = np.cumsum(era != run.shifted(era, era[run.starts]))
    turns -= turns[run.starts][run.group]
    for turn in range(int(turns.max(initial=-1)) + 1):
        yield np.flatnonzero(turns == turn)


def _part(run: Run, rows: NDArray[np.int64]) -> Run:
    """Some rows of a run."""
    series = run.series[rows]
    return Run(series, run.time_s[rows], run.value[rows], np.flatnonzero(np.diff(series, prepend=-1)))


def _taken(last_s: NDArray[np.int64], columns: Columns, flag: NDArray[np.uint8]) -> tuple[Run, NDArray[np.int64]]:
    """The readings that are neither late nor missing, by series and time, and which row each was."""
    some = np.flatnonzero((flag != MISSING) & np.isfinite(columns.value))
    numbered, _ = arrange(last_s, Columns(columns.series[some], columns.time_s[some], some.astype(np.float64)))
    rows = numbered.value.astype(np.int64)
    return Run(numbered.series, numbered.time_s, columns.value[rows], numbered.starts), rows
