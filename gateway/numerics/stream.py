"""The numerics of the stream: new readings -> flags, scores and windows, all series at once.

    step = advance(state, params, columns)        # in the order of time: state goes on, step.late stays over
    ... write the step ...
    for series, start_s, end_s in reach(params, step.late):
        stored += tail(series, start_s, BEFORE) + read(series, start_s, end_s)
    step = rework(state, params, stored=stored, late=step.late)
    ... write that step too ...

Whatever the order of arrival and the cuts, flags and windows end as if all had come in order. A late reading has no score,
and is not learnt for the scores of others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.anomaly import ERA_S, surprises
from gateway.numerics.columns import READING, TIERS, WINDOW, Columns, no_columns
from gateway.numerics.entries import bases, entries
from gateway.numerics.flags import Judged, judge, primary
from gateway.numerics.order import Run, arrange
from gateway.numerics.params import COUNTER
from gateway.numerics.state import fresh, put_rows, take_rows
from gateway.numerics.windows import OPEN, Filled, fill, told, worse

BEFORE = 8
"""Readings before its reach that a rework wants besides: a counter counts from the newest of them that did not fail."""
FAR_S = 1 << 40
HOUR_S = TIERS["h1"]
BLOCK = 16_384
"""Readings that `warm` takes at once: memory stays bounded."""
MOST = 200_000
"""Readings that `recall` asks for at most: two days at more than one a second."""


@dataclass(frozen=True, slots=True)
class Step:
    """What some readings changed. Rows replace what the store has at the same series and time."""

    readings: NDArray[np.void]
    """READING: the new ones, and those before them whose tests are decided only now."""
    m1: NDArray[np.void]
    h1: NDArray[np.void]
    """WINDOW: every window that changed, open ones included, as it stands now."""
    series: NDArray[np.int64]
    """Ids of the series whose state changed."""
    late: Columns
    """Not taken: not newer than what their series had. They are for `rework`."""


@dataclass(frozen=True, slots=True)
class _Course:
    """What a run of n readings over m series made of them, scores apart."""

    run: Run
    known: NDArray[np.void]
    """(m,) PARAMS"""
    judged: Judged
    decided: NDArray[np.void]
    """READING rows of what stood before the run and is judged anew by it."""
    flag: NDArray[np.uint8]
    """(n,)"""
    leans: NDArray[np.int64]
    """(n,) the row of the newest reading before that entered, -1 where it is not in the run."""
    filled: dict[str, Filled]


def advance(state: NDArray[np.void], params: NDArray[np.void], columns: Columns) -> Step:
    """Take new readings; `state` and `params` are indexed by series id, and `state` is changed in place.

    Cost: see docs/numerics.md.
    """
    run, late = arrange(state["last_s"], columns)
    if not len(run):
        return _no_step(late)
    ids = run.ids
    now = take_rows(state, ids)
    course = _follow(now, take_rows(params, ids), run)
    aggregate, judged = course.known["aggregate"], course.judged
    score = surprises(now["surprise"], aggregate, run, moved=judged.moved, learns=judged.enters)
    now["score"] = score[run.ends]
    put_rows(state, ids, now)
    rows = np.concatenate([course.decided, _readings(course, score)])
    touched = np.ones(len(run), np.bool_)
    return Step(rows, _windows(course, touched, "m1", ids), _windows(course, touched, "h1", ids), ids, late)


def reach(params: NDArray[np.void], late: Columns) -> list[tuple[int, int, int]]:
    """What must be read again of each series, (series, start_s, end_s), to take late readings in.

    Their hours, both neighbours' hours, and as much before and after as a flat line needs to be told. What follows a
    counter's late reading may be anywhere after it: its end is beyond all readings.
    """
    if not len(late):
        return []
    ids, starts_s, ends_s = _bounds(params, late)
    near_s = np.ceil(params["near_s"][ids]).astype(np.int64)
    back_s = starts_s - near_s - _flat_s(params[ids])
    return list(
        zip(ids.tolist(), np.maximum(back_s, 0).tolist(), np.minimum(ends_s + near_s, FAR_S).tolist(), strict=True)
    )


def rework(state: NDArray[np.void], params: NDArray[np.void], *, stored: NDArray[np.void], late: Columns) -> Step:
    """Take late readings; `state` is changed in place where a late reading bears on it.

    `stored` are the READING rows of the series of `late` within `reach`, and the BEFORE ones before it. A second that is
    stored keeps its value and score; a late reading of the same value is worked in once more, as a restart may need. Rows
    that are newer than the state knows are left alone: the journal brings them again.
    """
    if not len(late):
        return _no_step(late)
    ids, starts_s, ends_s = _bounds(params, late)
    rows, new = _together(stored[stored["time_s"] <= state["last_s"][stored["series"]]], late)
    where = np.searchsorted(ids, rows["series"])
    starts = np.flatnonzero(np.diff(where, prepend=-1))
    run = Run(rows["series"].copy(), rows["time_s"].copy(), rows["value"].copy(), starts)
    now = fresh(len(ids))
    course = _follow(now, take_rows(params, ids), run)
    within = (run.time_s >= starts_s[where]) & (run.time_s < ends_s[where])
    changed = within & (new | (course.judged.tests != rows["tests"]))
    leant = np.append(new, False)[course.leans] & within
    readings = _readings(course, rows["score"])[changed]
    touched = changed | leant
    _correct(state, ids, now)
    return Step(readings, _windows(course, touched, "m1", ids), _windows(course, touched, "h1", ids), ids, no_columns())


def recall(row: np.void) -> int:
    """How many of the last readings `warm` needs: two eras of the score, or as long as a flat line takes to be told."""
    flat_s = int(_flat_s(np.array([row]))[0])
    past_s = max(2 * ERA_S, flat_s + HOUR_S) + float(row["near_s"])
    return min(math.ceil(past_s * max(float(row["hz"]), float(row["hz_before"]), 1 / HOUR_S)) + BEFORE, MOST)


def warm(row: np.void, readings: NDArray[np.void]) -> np.void:
    """The STATE record of a series from its last stored READING rows, oldest first; `row` is its PARAMS record.

    After the last `recall(row)` of them it goes on as the state that was carried would have.
    """
    state, params = fresh(1), np.array([row])
    for first in range(0, len(readings), BLOCK):
        block = readings[first : first + BLOCK]
        advance(state, params, Columns(np.zeros(len(block), np.int64), block["time_s"].copy(), block["value"].copy()))
    if len(readings):
        state["score"] = readings["score"][-1]
    record: np.void = state[0]
    return record


def _follow(state: NDArray[np.void], known: NDArray[np.void], run: Run) -> _Course:
    """Judge the readings and put them into windows; the run's states (m,) are changed in place, scores apart."""
    judged = judge(state, known, run)
    flag = primary(judged.tests)
    base, newest, leans = bases(state["base"], run, judged.enters)
    decided = _decided(state, judged, run)
    brought = entries(run, known["aggregate"][run.group], base=base, enters=judged.enters)
    filled = {
        tier: fill(_opened(state[tier], judged), run, flag=flag, brought=brought, width_s=width_s)
        for tier, width_s in TIERS.items()
    }
    ends = run.ends
    state["last_s"], state["value"], state["before"] = run.time_s[ends], judged.value[ends], judged.before[ends]
    state["base"], state["tests"] = newest, judged.tests[ends]
    state["cell"], state["since_s"] = judged.cell[:, ends].T, judged.since_s[:, ends].T
    for tier, windows in filled.items():
        for name, column in windows.fields.items():
            state[tier][name] = column[windows.slot[ends]]
    return _Course(run, known, judged, decided, flag, leans, filled)


def _decided(state: NDArray[np.void], judged: Judged, run: Run) -> NDArray[np.void]:
    """READING rows of what stood before the run where its spike test is decided by it."""
    some = np.flatnonzero(judged.decided)
    rows = np.empty(len(some), READING)
    rows["series"], rows["tests"] = run.ids[some], judged.settled[some]
    rows["flag"] = primary(judged.settled[some])
    for name, of in (("time_s", "last_s"), ("value", "value"), ("score", "score")):
        rows[name] = state[of][some]
    return rows


def _opened(windows: NDArray[np.void], judged: Judged) -> dict[str, NDArray[Any]]:
    """The columns of the windows that are open, each with the flag of its last reading as it is decided now."""
    fields = {name: windows[name] for name in OPEN.names or ()}
    flag = worse(fields["flag"], primary(judged.settled).astype(np.int64))
    fields["flag"] = np.where(judged.decided, flag, fields["flag"])
    return fields


def _readings(course: _Course, score: NDArray[np.float32]) -> NDArray[np.void]:
    """READING rows of the run."""
    rows = np.empty(len(course.run), READING)
    rows["series"], rows["time_s"], rows["value"] = course.run.series, course.run.time_s, course.run.value
    rows["flag"], rows["tests"], rows["score"] = course.flag, course.judged.tests, score
    return rows


def _windows(course: _Course, touched: NDArray[np.bool_], tier: str, ids: NDArray[np.int64]) -> NDArray[np.void]:
    """The windows of touched readings, and those whose last reading was decided."""
    filled = course.filled[tier]
    pick = np.zeros(len(filled.group), np.bool_)
    pick[filled.slot[touched]] = True
    pick[filled.carried[course.judged.decided]] = True
    return told(filled, pick, ids=ids, known=course.known, width_s=TIERS[tier])


def _bounds(params: NDArray[np.void], late: Columns) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """The series of late readings, and in which whole hours of each, [start_s, end_s), something may change."""
    order = np.lexsort((late.time_s, late.series))
    ids, first = np.unique(late.series[order], return_index=True)
    time_s = late.time_s[order]
    oldest_s, newest_s = time_s[first], time_s[np.append(first[1:], len(order)) - 1]
    known = params[ids]
    near_s = np.ceil(known["near_s"]).astype(np.int64)
    starts_s = (oldest_s - near_s) // HOUR_S * HOUR_S
    ends_s = -(-(newest_s + near_s + _flat_s(known) + 1) // HOUR_S) * HOUR_S
    return ids, starts_s, np.where(known["aggregate"] == COUNTER, FAR_S, ends_s)


def _flat_s(known: NDArray[np.void]) -> NDArray[np.int64]:
    """How long a flat line takes to be told in full, its longest silence included; 0 where it is not."""
    long_s = np.where(np.isfinite(known["flat_fail_s"]), known["flat_fail_s"], known["flat_suspect_s"])
    wait_s: NDArray[np.int64] = np.ceil(np.where(known["flat"], long_s + known["flat_gap_s"], 0)).astype(np.int64)
    return wait_s


def _together(stored: NDArray[np.void], late: Columns) -> tuple[NDArray[np.void], NDArray[np.bool_]]:
    """READING rows by series and time, each second once, and which of them a late reading brought or confirmed.

    Of one second the stored row stands, else the reading that came first.
    """
    rows = np.zeros(len(stored) + len(late), READING)
    rows[: len(stored)] = stored
    came = rows[len(stored) :]
    came["series"], came["time_s"], came["value"], came["score"] = late.series, late.time_s, late.value, np.nan
    order = np.lexsort((rows["time_s"], rows["series"]))
    rows, new = rows[order], order >= len(stored)
    first = (np.diff(rows["series"], prepend=-1) != 0) | (np.diff(rows["time_s"], prepend=-1) != 0)
    stands = np.flatnonzero(first)[np.cumsum(first) - 1]
    value, held = rows["value"], rows["value"][stands]
    new[stands[new & ((value == held) | np.isnan(value) & np.isnan(held))]] = True
    return rows[first], new[first]


def _correct(state: NDArray[np.void], ids: NDArray[np.int64], now: NDArray[np.void]) -> None:
    """Where a run reached a series' newest reading, its state is what the run left; its score goes on as it was."""
    whole = state["last_s"][ids] == now["last_s"]
    now, held = now[whole], take_rows(state, ids[whole])
    now["surprise"], now["score"] = held["surprise"], held["score"]
    put_rows(state, ids[whole], now)


def _no_step(late: Columns) -> Step:
    """Nothing changed."""
    none = np.empty(0, WINDOW)
    return Step(np.empty(0, READING), none, none, np.empty(0, np.int64), late)
