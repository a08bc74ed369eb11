"""Five minutes of readings, condensed: how many, at which level, how rough, and how often the same value again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.change import change
from gateway.numerics.order import Run
from gateway.numerics.params import CIRCULAR, COUNTER, LAST

SLOT_S = 300
"""Width of a slot."""
NEAR_PERIODS = 3.5
"""Readings farther apart than so many periods are no neighbours in time."""
FAR_S = 3600.0
"""The same where no period is known."""
DAY_S = 86_400
FEW = 3
"""So many repetitions in a row are a rest."""
_ROOM = 1 << 40


@dataclass(frozen=True, slots=True)
class Slot:
    """What the slot brought, all (s,) over all series; NaN or 0 where a series had no reading."""

    present: NDArray[np.bool_]
    count: NDArray[np.float64]
    level: NDArray[np.float64]
    """Mean, vector mean of directions, increase of counters."""
    spike: NDArray[np.float64]
    """The farthest that a reading is from the middle of its neighbours in time."""
    rough: NDArray[np.float64]
    """The sum of that over its readings."""
    roughs: NDArray[np.float64]
    """How many there were; those that lie exactly in the middle tell nothing of noise, a bound may hold them."""
    repeats: NDArray[np.float64]
    """Readings that repeat the one before."""
    run: NDArray[np.float64]
    """The longest row of repetitions that was reached."""
    grain: NDArray[np.float64]
    """The smallest change other than none."""
    came: NDArray[np.float64]
    """Readings that came, those that failed the range test included."""
    off: NDArray[np.float64]
    """(n,) how far each reading of the run is from the middle of its neighbours; NaN for the last of a series."""


def near_s(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far apart neighbours in time may be."""
    return np.where(hz > 0, NEAR_PERIODS / np.where(hz > 0, hz, 1.0), FAR_S)


def nothing(series: int, came: NDArray[np.float64]) -> Slot:
    """A slot in which no reading enters."""
    none, no = np.zeros(series), np.full(series, np.nan)
    return Slot(none > 0, none, no, no, none, none, none, none, no, came, np.empty(0))


def condense(memory: NDArray[np.void], known: NDArray[np.void], run: Run, came: NDArray[np.float64]) -> Slot:
    """One slot of readings that enter, over s series; the newest readings in `memory` (s,) follow. `came` (s,) is how many came.

    Cost: 0.3 us a reading and 40 us a slot.
    """
    aggregate = known["aggregate"][run.series]
    if not len(run):
        return nothing(len(memory), came)
    _extremes(memory, run)
    held = memory[run.ids]
    step_s = run.time_s - run.shifted(run.time_s, held["last_s"])
    close = step_s <= near_s(known["hz"][run.series])
    moved = change(run.value, run.shifted(run.value, held["value"]), aggregate)
    moved[~close] = np.nan
    judged = np.where((aggregate == COUNTER) | (aggregate == LAST), np.nan, moved)
    bent = np.abs(judged - run.shifted(judged, held["move"])) / 2
    same = (judged == 0) & ~_rests(held, known, run)
    runs = _runs(same, held["run"], run)
    ids, starts, ends = run.ids, run.starts, run.ends
    memory["last_s"][ids], memory["value"][ids] = run.time_s[ends], run.value[ends]
    memory["move"][ids], memory["run"][ids] = judged[ends], runs[ends]
    _resting(memory, run, runs[ends])
    off = np.append(bent[1:], np.nan)
    off[ends] = np.nan
    whole = np.bincount(run.group, minlength=len(ids)).astype(np.float64)
    size, tells = np.abs(judged), bent > 0
    return Slot(
        _spread(memory, ids, np.ones(len(ids)), 0.0) > 0,
        _spread(memory, ids, whole, 0.0),
        _spread(memory, ids, _levels(run, known["aggregate"][ids], moved, whole), np.nan),
        _spread(memory, ids, np.fmax.reduceat(bent, starts), np.nan),
        _spread(memory, ids, np.add.reduceat(np.where(tells, bent, 0.0), starts), 0.0),
        _spread(memory, ids, np.add.reduceat(tells.astype(np.float64), starts), 0.0),
        _spread(memory, ids, np.add.reduceat(same.astype(np.float64), starts), 0.0),
        _spread(memory, ids, np.maximum.reduceat(runs, starts).astype(np.float64), 0.0),
        _spread(memory, ids, np.fmin.reduceat(np.where(size > 0, size, np.nan), starts), np.nan),
        came,
        off,
    )


def _rests(held: NDArray[np.void], known: NDArray[np.void], run: Run) -> NDArray[np.bool_]:
    """(n,) is the value 0, a bound of the quantity, the lowest or highest until yesterday, or where the series rested last?

    There a series may rest: calm, fog, a sensor that counts nothing.
    """
    rests: NDArray[np.bool_] = run.value == 0
    bounds = [known[name][run.ids] for name in ("fail_low", "fail_high")]
    for bound in (*bounds, held["lowest"], held["highest"], held["rest"]):
        rests |= run.value == bound[run.group]
    return rests


def _resting(memory: NDArray[np.void], run: Run, runs: NDArray[np.int64]) -> None:
    """Where a value is repeated, and where one is no more."""
    ids, long = run.ids, runs >= FEW
    over = ~long & np.isfinite(memory["resting"][ids])
    memory["rest"][ids] = np.where(over, memory["resting"][ids], memory["rest"][ids])
    memory["resting"][ids] = np.where(long, run.value[run.ends], np.nan)


def _extremes(memory: NDArray[np.void], run: Run) -> None:
    """The lowest and highest values until yesterday follow at the first reading of a day (UTC)."""
    ids, day = run.ids, run.time_s[run.starts] // DAY_S
    new = memory["day"][ids] != day
    memory["day"][ids] = day
    for name, today, most in (("lowest", "low", np.fmin), ("highest", "high", np.fmax)):
        memory[name][ids] = np.where(new, most(memory[name][ids], memory[today][ids]), memory[name][ids])
        memory[today][ids] = most(memory[today][ids], most.reduceat(run.value, run.starts))


def _spread(
    memory: NDArray[np.void], ids: NDArray[np.int64], rows: NDArray[np.float64], nothing: float
) -> NDArray[np.float64]:
    """Rows of some series as rows of all."""
    every = np.full(len(memory), nothing)
    every[ids] = rows
    return every


def _levels(
    run: Run, aggregate: NDArray[np.uint8], moved: NDArray[np.float64], whole: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The level of each series of the run."""
    level: NDArray[np.float64] = np.add.reduceat(run.value, run.starts) / whole
    if (angle := aggregate == CIRCULAR).any():
        radians = np.deg2rad(run.value)
        east, north = (np.add.reduceat(part(radians), run.starts) for part in (np.sin, np.cos))
        level[angle] = np.rad2deg(np.arctan2(east, north))[angle] % 360
    if (counts := aggregate == COUNTER).any():
        level[counts] = np.add.reduceat(np.nan_to_num(moved), run.starts)[counts]
    return level


def _runs(same: NDArray[np.bool_], before: NDArray[np.int64], run: Run) -> NDArray[np.int64]:
    """How often each reading's value was repeated in a row, `before` (m,) the run included."""
    at = np.arange(len(run))
    anchor = np.where(same, -_ROOM // 2, at)
    first = run.starts
    anchor[first] = np.where(same[first], first - 1 - before, first)
    reached = np.maximum.accumulate(anchor + _ROOM * run.group) - _ROOM * run.group
    return at - reached
