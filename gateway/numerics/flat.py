"""Since when a series stands still: exactly, in bounded memory.

Values are read in steps, as boards send them (`flat_step`: the last decimal on the wire). A flat line that ends with a reading
is the longest run of readings up to it whose range is below the tolerance, that is, below `flat_levels` steps. To know where the
next one's begins it is enough to know when the values last left each level within the tolerance of the newest: `seen`, a place a
level, holds the time of the reading after the last one there. A move of so many steps forgets all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.order import Run
from gateway.numerics.params import LEVELS

CENTRE = LEVELS - 1
"""The place of the newest reading's own level in `seen`; it stays 0."""
_OFFSET = np.arange(2 * LEVELS - 1) - CENTRE
_FAR = float(1 << 50)
"""Levels beyond are taken for this one."""
_NONE = 1 << 60


def levels(value: NDArray[np.float64], step: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values as a whole number of steps; NaN where one is missing."""
    level: NDArray[np.float64] = np.rint(value / step)
    return level


def turned(moved: NDArray[np.float64], turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """A move in steps, the short way round where a full turn is `turn` steps.

    >>> turned(np.array([359.0, 359.0]), np.array([360.0, 0.0])).tolist()
    [-1.0, 359.0]
    """
    if (angle := turn > 0).any():
        moved = moved.copy()
        moved[angle] = _short(moved[angle], turn[angle])
    return moved


def _short(moved: NDArray[np.float64], turn: NDArray[np.float64]) -> NDArray[np.float64]:
    """A move the short way round, in [-turn / 2, turn / 2)."""
    half = turn / 2
    return (moved + half) % turn - half


def stand_still(
    now: NDArray[np.void], seen: NDArray[np.void], known: NDArray[np.void], *, run: Run, silent: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Since when each series stands still (m,), with one reading of each; `now` (HOT) goes on, and `seen`, its part of the table.

    `seen` are the COLD records of all series, indexed by id.
    """
    level, time_s = levels(run.value, known["flat_step"]), run.time_s
    moved = level - now["level"]
    if (angle := known["flat_turn"].nonzero()[0]).size:
        moved[angle] = _short(moved[angle], known["flat_turn"][angle])
    steps = np.abs(moved)
    reset = steps >= known["flat_levels"]
    reset |= silent
    since_s, left_s = now["since_s"].copy(), time_s
    if now["after_s"].any():
        left_s = np.where(now["after_s"] > 0, now["after_s"], time_s)
    np.copyto(since_s, left_s, where=reset)
    if left_s is not time_s:
        since_s[silent] = time_s[silent]
    begins = (reset & (now["held"] > 0)).nonzero()[0]
    if begins.size:
        seen["seen"][run.series[begins]] = 0
        now["held"][begins] = 0
    some = ((steps > 0) > reset).nonzero()[0]
    if some.size:
        ids = run.series[some]
        places = seen["seen"][ids]
        places[:, CENTRE] = left_s[some]
        since_s[some], places = _moved(since_s[some], places, moved[some], known["flat_levels"][some])
        seen["seen"][ids], now["held"][some] = places, places.any(axis=1)
    if (missing := np.isnan(level)).any():
        level = np.where(missing & ~silent, now["level"], level)
        now["after_s"] = np.where(missing & ~np.isnan(level), left_s, 0)
    else:
        now["after_s"] = 0
    now["level"], now["since_s"] = level, since_s
    return since_s


def _moved(
    since_s: NDArray[np.int64], places: NDArray[np.int64], moved: NDArray[np.float64], reach: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The memory around the new level, and since when all of it is within reach."""
    by = moved.astype(np.int64)[:, None]
    lost = np.abs(_OFFSET - by) >= reach[:, None]
    since_s = np.maximum(since_s, np.where(lost, places, 0).max(axis=1))
    wide = np.zeros((len(places), 3 * len(_OFFSET)), np.int64)
    wide[:, len(_OFFSET) : 2 * len(_OFFSET)] = places
    kept = wide[np.arange(len(places))[:, None], _OFFSET + by + (CENTRE + len(_OFFSET))]
    kept[(np.abs(_OFFSET) >= reach[:, None]) | (kept <= since_s[:, None])] = 0
    kept[:, CENTRE] = 0
    return since_s, kept


def stood_still(
    was: NDArray[np.void], known: NDArray[np.void], run: Run, silent: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """The same for each of n readings in order; the STATE records `was` (m,) go on.

    What a series remembers is laid before its readings; the longest run that ends with a reading is then found by runs of 1, 2,
    4, ... readings. Cost: about 100 ns a reading for each doubling of the longest flat line.
    """
    line = _Line(was, known, run, silent)
    ends = line.ends()
    since_s = np.where(ends >= line.first, line.next_s[np.maximum(ends, 0)], line.base_s)
    _remember(was, line, ends, since_s)
    told: NDArray[np.int64] = since_s[line.rows]
    return told


class _Line:
    """Readings with what was remembered laid before them, by series and time: e rows."""

    def __init__(self, was: NDArray[np.void], known: NDArray[np.void], run: Run, silent: NDArray[np.bool_]) -> None:
        group, place = np.nonzero(was["seen"])
        order = np.lexsort((was["seen"][group, place], group))
        group, place = group[order], place[order]
        m, held = len(was), np.bincount(group, minlength=len(was)).cumsum()
        self.run, self.known = run, known
        self.rows = np.arange(len(run)) + held[run.group] + run.group + 1
        newest, earlier = run.starts + held + np.arange(m), np.arange(len(group)) + run.starts[group] + group
        """Where each reading is, each series' newest before them, and what it remembers of older ones."""
        size = len(run) + m + len(group)
        self.whose = np.empty(size, np.int64)
        self.whose[self.rows], self.whose[newest], self.whose[earlier] = run.group, np.arange(m), group
        self.silent = np.zeros(size, np.bool_)
        self.silent[self.rows] = silent
        level = levels(run.value, run.spread(known["flat_step"]))
        rel, there, self.level = _relative(was["level"], known, run, silent=silent, level=level)
        self.rel, self.there = np.zeros(size, np.int64), np.ones(size, np.bool_)
        self.rel[self.rows], self.rel[earlier] = rel, place - CENTRE
        self.there[self.rows], self.there[newest] = there, ~np.isnan(was["level"])
        begins = np.diff(self.whose, prepend=-1) != 0
        time_s, base_s = np.zeros(size, np.int64), np.where(begins, was["since_s"][self.whose], 0)
        time_s[self.rows] = run.time_s
        base_s[self.silent] = time_s[self.silent]
        self.first = np.maximum.accumulate(np.where(begins | self.silent, np.arange(size), 0))
        """(e,) where the readings begin that no silence parts from this one."""
        self.base_s = base_s[self.first]
        self.next_s = np.append(time_s[1:], 0)
        self.next_s[earlier] = was["seen"][group, place]
        gone = was["after_s"] > 0
        self.next_s[newest[gone]] = was["after_s"][gone]

    def ends(self) -> NDArray[np.int64]:
        """For each row the newest one before it that is not within reach, or less than `first`."""
        reach = self.known["flat_levels"].astype(np.int64)[self.whose]
        high, low = [np.where(self.there, self.rel, -_NONE)], [np.where(self.there, self.rel, _NONE)]
        at, width = np.arange(len(reach)), 1
        while width < len(at):
            more, less = high[-1].copy(), low[-1].copy()
            np.maximum(high[-1][width:], high[-1][:-width], out=more[width:])
            np.minimum(low[-1][width:], low[-1][:-width], out=less[width:])
            if not ((at - 2 * width + 1 >= self.first) & (more - less < reach)).any():
                break
            high.append(more)
            low.append(less)
            width *= 2
        end, top, bottom = at.copy(), np.full(len(at), -_NONE), np.full(len(at), _NONE)
        for n in reversed(range(len(high))):
            more, less = np.maximum(top, high[n][end]), np.minimum(bottom, low[n][end])
            fits = (end - (1 << n) + 1 >= self.first) & (more - less < reach)
            top, bottom = np.where(fits, more, top), np.where(fits, less, bottom)
            end = np.where(fits, end - (1 << n), end)
        return end


def _relative(
    was: NDArray[np.float64],
    known: NDArray[np.void],
    run: Run,
    *,
    silent: NDArray[np.bool_],
    level: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float64]]:
    """Levels counted from the newest before the run (n,), which readings have one, and each reading's level or the last before it.

    A level is not remembered over a silence.
    """
    there, n = ~np.isnan(level), np.arange(len(run))
    last = np.maximum.accumulate(np.where(there | silent, n, -1))
    last = np.where(last >= run.starts[run.group], last, -1)
    held = np.where(last >= 0, level[last], was[run.group])
    moved = np.where(there, level - np.where(silent, np.nan, run.shifted(held, was)), 0.0)
    moved = turned(np.nan_to_num(np.clip(moved, -_FAR, _FAR)), run.spread(known["flat_turn"]))
    total = np.cumsum(moved.astype(np.int64))
    return total - run.spread(np.append(0, total)[run.starts]), there, held


def _remember(was: NDArray[Any], line: _Line, ends: NDArray[np.int64], since_s: NDArray[np.int64]) -> None:
    """What the last reading of each series leaves behind."""
    run = line.run
    newest = line.rows[run.ends]
    was["since_s"], was["level"] = since_s[newest], line.level[run.ends]
    rows = np.arange(len(line.whose))
    kept = line.there & (rows > ends[newest][line.whose]) & (rows >= line.first[newest][line.whose])
    off = line.rel - line.rel[newest][line.whose]
    kept &= off != 0
    was["seen"] = 0
    was["seen"][line.whose[kept], off[kept] + CENTRE] = line.next_s[kept]
    was["held"] = was["seen"].any(axis=1)
    gone = ~np.isnan(was["level"]) & ~line.there[newest]
    last = np.maximum.accumulate(np.where(line.there, rows, -1))[newest]
    was["after_s"] = np.where(gone & (last >= 0), line.next_s[last], 0)
