"""Whether a signal has grown too faint: the range of the last four blocks of hours, told anew when an hour begins.

The exact range of the last day at each reading would need a day of readings. Hours have their extremes already; those of closed
hours are joined to blocks of `attenuated_block_s`, and a reading is held against the four blocks before its own, if none is empty.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.flags import attenuated_signal
from gateway.numerics.order import Run
from gateway.numerics.params import HOUR_S
from gateway.numerics.state import BLOCKS, NEVER_S, OPEN


def hour_begins(
    now: NDArray[np.void],
    cold: NDArray[np.void],
    known: NDArray[np.void],
    closed: NDArray[np.void],
    start_s: NDArray[np.int64],
) -> None:
    """The hours `closed` (m,) are over, and that of `start_s` (m,) begins: `cold` and `slow` of `now` go on.

    All are records of m series: HOT or STATE, COLD or STATE, PARAMS, OPEN.
    """
    span_s = known["attenuated_block_s"].astype(np.int64)
    was_any = closed["start_s"] != NEVER_S
    block = np.where(was_any, closed["start_s"] // span_s, start_s // span_s)
    _shift(cold, block)
    cold["low"][:, -1] = np.fmin(cold["low"][:, -1], np.where(was_any, closed["min"], np.nan))
    cold["high"][:, -1] = np.fmax(cold["high"][:, -1], np.where(was_any, closed["max"], np.nan))
    ahead = start_s // span_s - block
    at = np.arange(BLOCKS - 1) + np.minimum(ahead, 1)[:, None]
    low, high = (np.take_along_axis(cold[name], at, axis=1) for name in ("low", "high"))
    width = np.where(ahead <= 1, high.max(axis=1) - low.min(axis=1), np.nan)
    now["slow"] = attenuated_signal(width, known)


def slow_words(
    was: NDArray[np.void], known: NDArray[np.void], run: Run, enters: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """What the test adds to the word of each of n readings in order; the STATE records `was` (m,) go on, their windows do not."""
    word = run.spread(was["slow"]).copy()
    if not known["attenuated"].any():
        return word
    start_s = run.time_s - run.time_s % HOUR_S
    begins = np.diff(start_s, prepend=-1) != 0
    begins[run.starts] = True
    first = np.flatnonzero(begins)
    low = np.fmin.reduceat(np.where(enters, run.value, np.nan), first)
    high = np.fmax.reduceat(np.where(enters, run.value, np.nan), first)
    group = run.group[first]
    nth = np.arange(len(first)) - np.searchsorted(group, group)
    open_ = was["windows"][:, 1].copy()
    told = np.zeros(len(first), np.int64)
    for n in range(int(nth.max()) + 1):
        some = np.flatnonzero((nth == n) & known["attenuated"][group])
        told[some] = _hour(was, known, open_, group[some], (start_s[first[some]], low[some], high[some]))
    made = known["attenuated"][run.group]
    word[made] = told[np.cumsum(begins) - 1][made]
    return word


def _hour(
    was: NDArray[np.void],
    known: NDArray[np.void],
    open_: NDArray[np.void],
    ids: NDArray[np.int64],
    hour: tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.int64]:
    """The next hour of some series, with its readings' extremes: what the test adds in it."""
    start_s, low, high = hour
    new = open_["start_s"][ids] != start_s
    begun = ids[new]
    rows = was[begun]
    hour_begins(rows, rows, known[begun], open_[begun], start_s[new])
    was[begun] = rows
    fresh = np.zeros(len(begun), OPEN)
    fresh["min"] = fresh["max"] = np.nan
    fresh["start_s"] = start_s[new]
    open_[begun] = fresh
    open_["min"][ids] = np.fmin(open_["min"][ids], low)
    open_["max"][ids] = np.fmax(open_["max"][ids], high)
    told: NDArray[np.int64] = was["slow"][ids]
    return told


def _shift(cold: NDArray[np.void], block: NDArray[np.int64]) -> None:
    """Move on to a block: older ones go out, those between are empty."""
    by = np.minimum(np.where(cold["block"] == NEVER_S, BLOCKS, block - cold["block"]), BLOCKS)[:, None]
    at = np.arange(BLOCKS) + by
    for name in ("low", "high"):
        held = np.take_along_axis(cold[name], np.minimum(at, BLOCKS - 1), axis=1)
        cold[name] = np.where(at < BLOCKS, held, np.nan)
    cold["block"] = block
