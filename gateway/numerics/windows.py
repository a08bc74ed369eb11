"""Windows of a minute and an hour: readings condensed by their quantity's aggregate, mergeable because they carry sums.

| aggregate | `sum`, `sum2` | `value` |
|---|---|---|
| mean | values | sum / count |
| circular | sines, cosines of degrees | atan2(sum, sum2) in [0, 360) |
| energetic | 10^(level / 10) | 10 log10(sum / count) |
| sum | values | sum |
| counter | increases since the reading before | sum |
| last | values | last |
| max | values | max |

Sums are added one reading after another, in the order of time: they are the same to the last bit however a stream is cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.change import change
from gateway.numerics.columns import WINDOW
from gateway.numerics.flags import PRECEDENCE, RANK
from gateway.numerics.order import Run
from gateway.numerics.params import CIRCULAR, COUNTER, ENERGETIC, LAST, MAX, SUM

OPEN = np.dtype(
    [
        ("start_s", "i8"),
        ("count", "i4"),
        ("seen", "i4"),
        ("min", "f8"),
        ("max", "f8"),
        ("sum", "f8"),
        ("sum2", "f8"),
        ("first", "f8"),
        ("first_s", "i8"),
        ("last", "f8"),
        ("last_s", "i8"),
        ("flag", "u1"),
    ],
    align=True,
)
"""A window that is being filled: the fields of WINDOW that accumulate."""


@dataclass(frozen=True, slots=True)
class Entries:
    """What n readings bring into their windows."""

    enters: NDArray[np.bool_]
    """(n,) False where the reading is only seen."""
    term: NDArray[np.float64]
    """(n,) what it adds to `sum`."""
    term2: NDArray[np.float64] | None
    """(n,) what it adds to `sum2`, None where nothing does."""
    flag: NDArray[np.uint8]
    """(n,)"""


@dataclass(frozen=True, slots=True)
class Filled:
    """Windows after a run: for each series the one that was open, then those that its readings began."""

    open: NDArray[np.void]
    """(k,) OPEN records."""
    group: NDArray[np.int64]
    """(k,) position of the series."""
    slot: NDArray[np.int64]
    """(n,) for each reading the window that holds it."""
    carried: NDArray[np.int64]
    """(m,) the window that was open before; its start is NEVER_S where there was none."""


def bases(
    base: NDArray[np.float64], run: Run, enters: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """What a counter counts from: before each reading the newest value that entered, and after all of each series.

    `base` (m,) stands before each series' first reading; NaN where nothing entered yet. The third is the row (n,) of that
    newest reading, -1 where it is not in the run.
    """
    upto = np.maximum.accumulate(np.where(enters, np.arange(len(run)), -1))
    row = np.append(-1, upto[:-1])
    row[row < run.starts[run.group]] = -1
    found = np.where(row >= 0, run.value[row], base[run.group])
    last = upto[run.ends]
    return found, np.where(last >= run.starts, run.value[last], base), row


def entries(
    run: Run,
    aggregate: NDArray[np.uint8],
    *,
    base: NDArray[np.float64],
    enters: NDArray[np.bool_],
    flag: NDArray[np.uint8],
) -> Entries:
    """What each reading brings, by its aggregate (n,); `base` (n,) is what a counter counts from."""
    term, term2 = run.value.copy(), None
    if (angle := enters & (aggregate == CIRCULAR)).any():
        term2 = np.zeros(len(run))
        radians = np.deg2rad(run.value[angle])
        term[angle], term2[angle] = np.sin(radians), np.cos(radians)
    if (level := enters & (aggregate == ENERGETIC)).any():
        term[level] = np.power(10.0, run.value[level] / 10)
    if (counts := enters & (aggregate == COUNTER)).any():
        risen = change(run.value[counts], base[counts], aggregate[counts])
        term[counts] = np.where(np.isnan(risen), 0.0, risen)
    return Entries(enters, term, term2, flag)


def fill(was: NDArray[np.void], run: Run, brought: Entries, width_s: int) -> Filled:
    """Put readings into windows [start, start + width_s), going on with the windows `was` (m,) that were open."""
    group = run.group
    start_s = run.time_s - run.time_s % width_s
    begins = start_s != run.shifted(start_s, was["start_s"])
    slot = np.cumsum(begins) + group
    carried = slot[run.starts] - begins[run.starts]
    filled = np.zeros(len(run.starts) + int(begins.sum()), OPEN)
    filled["start_s"][slot[begins]] = start_s[begins]
    for name in ("min", "max", "first", "last"):
        filled[name] = np.nan
    filled["first_s"] = filled["last_s"] = filled["start_s"]
    filled[carried] = was
    whose = np.empty(len(filled), np.int64)
    whose[carried] = np.arange(len(carried))
    whose[slot] = group
    _see(filled, slot, brought.flag)
    inside = brought.enters
    if inside.all():
        _enter(filled, slot, run, brought)
    elif inside.any():
        some = Run(run.series[inside], run.time_s[inside], run.value[inside], run.starts)
        term2 = None if brought.term2 is None else brought.term2[inside]
        _enter(filled, slot[inside], some, Entries(inside[inside], brought.term[inside], term2, brought.flag))
    return Filled(filled, whose, slot, carried)


def told(
    filled: Filled, pick: NDArray[np.int64], *, ids: NDArray[np.int64], known: NDArray[np.void], width_s: int
) -> NDArray[np.void]:
    """WINDOW rows of the picked windows as they stand; `ids` and `known` (m,) are series ids and PARAMS records."""
    rows = np.zeros(len(pick), WINDOW)
    some, group = filled.open[pick], filled.group[pick]
    for name in OPEN.names or ():
        rows[name] = some[name]
    rows["series"] = ids[group]
    return _finished(rows, known[group], width_s)


def merge(windows: NDArray[np.void], known: NDArray[np.void], width_s: int) -> NDArray[np.void]:
    """Windows of one series condensed into wider ones, or partial windows into whole ones; `known` is one PARAMS record.

    Windows are merged in the order of their first reading, which must not overlap.
    """
    rows = windows[np.argsort(windows["first_s"], kind="stable")]
    start_s = rows["start_s"] - rows["start_s"] % width_s
    starts, slot = np.unique(start_s, return_inverse=True)
    merged = np.zeros(len(starts), WINDOW)
    merged["start_s"] = starts
    merged["series"] = rows["series"][:1]
    for name in ("count", "seen", "sum", "sum2"):
        np.add.at(merged[name], slot, rows[name])
    for name in ("min", "max", "first", "last"):
        merged[name] = np.nan
    np.fmin.at(merged["min"], slot, rows["min"])
    np.fmax.at(merged["max"], slot, rows["max"])
    rank = np.zeros(len(starts), np.uint8)
    np.maximum.at(rank, slot, RANK[rows["flag"]])
    merged["flag"] = np.array(PRECEDENCE, np.uint8)[rank]
    merged["first_s"] = merged["last_s"] = starts
    full = rows["count"] > 0
    for name, order in (("first", slice(None, None, -1)), ("last", slice(None))):
        at, some = slot[full][order], rows[full][order]
        merged[name][at], merged[f"{name}_s"][at] = some[name], some[f"{name}_s"]
    return _finished(merged, np.full(len(starts), known), width_s)


def expected(start_s: NDArray[np.int64], known: NDArray[np.void], width_s: int) -> NDArray[np.float64]:
    """Readings that a working board sends within [start_s, start_s + width_s), its period changing at `since_s`."""
    before_s = np.clip(known["since_s"] - start_s, 0, width_s)
    count: NDArray[np.float64] = before_s * known["hz_before"] + (width_s - before_s) * known["hz"]
    return count


def worse(flag: NDArray[np.uint8], other: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The worse of two flags."""
    return np.where(RANK[other] > RANK[flag], other, flag)


def _see(filled: NDArray[np.void], slot: NDArray[np.int64], flag: NDArray[np.uint8]) -> None:
    """Count each reading, and keep the worst flag."""
    filled["seen"] += np.bincount(slot, minlength=len(filled)).astype(np.int32)
    first = _firsts(slot)
    worst = np.array(PRECEDENCE, np.uint8)[np.maximum.reduceat(RANK[flag], first)]
    at = slot[first]
    held = filled["flag"][at]
    filled["flag"][at] = np.where(held == 0, worst, worse(held, worst))


def _enter(filled: NDArray[np.void], slot: NDArray[np.int64], run: Run, brought: Entries) -> None:
    """Let readings into the sums, extremes and ends of their windows."""
    for name, term in (("sum", brought.term), ("sum2", brought.term2)):
        if term is not None:
            total = filled[name].copy()
            np.add.at(total, slot, term)
            filled[name] = total
    first = _firsts(slot)
    last = np.append(first[1:], len(slot)) - 1
    at = slot[first]
    new = filled["count"][at] == 0
    filled["count"][at] += (last - first + 1).astype(np.int32)
    filled["min"][at] = np.fmin(filled["min"][at], np.minimum.reduceat(run.value, first))
    filled["max"][at] = np.fmax(filled["max"][at], np.maximum.reduceat(run.value, first))
    filled["first"][at[new]], filled["first_s"][at[new]] = run.value[first[new]], run.time_s[first[new]]
    filled["last"][at], filled["last_s"][at] = run.value[last], run.time_s[last]


def _firsts(slot: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each window's readings begin."""
    return np.flatnonzero(np.append(True, slot[1:] != slot[:-1]))


def _finished(rows: NDArray[np.void], known: NDArray[np.void], width_s: int) -> NDArray[np.void]:
    """The same windows with what is expected of them, their completeness and their value."""
    rows["expected"] = expected(rows["start_s"], known, width_s)
    share = np.divide(rows["count"], rows["expected"], out=np.full(len(rows), np.nan), where=rows["expected"] > 0)
    rows["completeness"] = np.minimum(share, 1.0)
    rows["value"] = _value(rows, known["aggregate"])
    return rows


def _value(rows: NDArray[np.void], aggregate: NDArray[np.uint8]) -> NDArray[np.float64]:
    """By the aggregate, NaN where nothing entered."""
    some = rows["count"] > 0
    value: NDArray[np.float64] = np.divide(rows["sum"], rows["count"], out=np.full(len(rows), np.nan), where=some)
    if (angle := some & (aggregate == CIRCULAR)).any():
        value[angle] = np.rad2deg(np.arctan2(rows["sum"][angle], rows["sum2"][angle])) % 360.0
    if (level := some & (aggregate == ENERGETIC)).any():
        value[level] = 10 * np.log10(value[level])
    if (total := some & ((aggregate == SUM) | (aggregate == COUNTER))).any():
        value[total] = rows["sum"][total]
    for code, name in ((LAST, "last"), (MAX, "max")):
        if (plain := some & (aggregate == code)).any():
            value[plain] = rows[name][plain]
    return value
