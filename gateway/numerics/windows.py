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
| min | values | min |
| timed_mean | values times seconds, seconds | sum / sum2 |

Sums are added one reading after another, in the order of time: they are the same to the last bit however a stream is cut.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.change import Kinds, kinds
from gateway.numerics.columns import WINDOW
from gateway.numerics.entries import Entries
from gateway.numerics.flags import PRECEDENCE, RANK
from gateway.numerics.order import Run
from gateway.numerics.state import OPEN

_EMPTY = {"min": np.nan, "max": np.nan, "first": np.nan, "last": np.nan}
NEEDED = ("aggregate", "hz", "hz_before", "since_s")
_FLAG = np.array(PRECEDENCE, np.int64)


@dataclass(frozen=True, slots=True)
class Filled:
    """k windows after a run: for each series the one that was open, then those that its readings began."""

    fields: Mapping[str, NDArray[Any]]
    """(k,) each: the columns of OPEN, which numpy moves ten times faster than records."""
    group: NDArray[np.int64]
    """(k,) position of the series."""
    slot: NDArray[np.int64]
    """(n,) for each reading the window that holds it."""
    carried: NDArray[np.int64]
    """(m,) the window that was open before; its start is NEVER_S where there was none."""


def fill(
    was: Mapping[str, NDArray[Any]], run: Run, *, flag: NDArray[np.uint8], brought: Entries, width_s: int
) -> Filled:
    """Put readings into windows [start, start + width_s), going on with the columns (m,) of the windows that were open."""
    start_s = run.time_s - run.time_s % width_s
    begins = start_s != run.shifted(start_s, was["start_s"])
    slot = np.cumsum(begins) + run.group
    carried = slot[run.starts] - begins[run.starts]
    whose = np.empty(len(carried) + int(np.count_nonzero(begins)), np.int64)
    whose[carried] = np.arange(len(carried))
    whose[slot] = run.group
    fields = _laid_out(was, carried, whose)
    new = slot[begins]
    fields["start_s"][new] = fields["first_s"][new] = fields["last_s"][new] = start_s[begins]
    _see(fields, slot, flag)
    if brought.enters.all():
        _enter(fields, slot, brought)
    elif brought.enters.any():
        _enter(fields, slot[brought.enters], brought.entering())
    return Filled(fields, whose, slot, carried)


def told(
    filled: Filled, pick: NDArray[np.bool_], *, ids: NDArray[np.int64], known: NDArray[np.void], width_s: int
) -> NDArray[np.void]:
    """WINDOW rows of the picked windows as they stand; `ids` and `known` (m,) are series ids and PARAMS records."""
    group = filled.group[pick]
    rows = np.empty(len(group), WINDOW)
    fields = {name: column[pick] for name, column in filled.fields.items()}
    fields["series"] = ids[group]
    fields |= finished(fields, {name: known[name][group] for name in NEEDED}, width_s)
    for name in WINDOW.names or ():
        rows[name] = fields[name]
    return rows


def merge(windows: NDArray[np.void], row: np.void, width_s: int) -> NDArray[np.void]:
    """Windows of one series condensed into wider ones, or partial windows into whole ones; `row` is its PARAMS record.

    Windows are merged in the order of their first reading; none may begin within another.
    """
    starts_s = windows["start_s"] - windows["start_s"] % width_s
    return merge_into(windows, starts_s, np.full(len(windows), width_s, np.int64), row)


def merge_into(
    windows: NDArray[np.void], starts_s: NDArray[np.int64], widths_s: NDArray[np.int64], row: np.void
) -> NDArray[np.void]:
    """The same where it is said of each window when the wider one begins that it goes into, and how wide that is."""
    if not len(windows):
        return windows
    order = np.argsort(windows["first_s"], kind="stable")
    rows = windows[order]
    starts, first, slot = np.unique(starts_s[order], return_index=True, return_inverse=True)
    fields = _laid_out({}, np.empty(0, np.int64), np.empty(len(starts), np.int64))
    fields["series"] = np.resize(rows["series"], len(starts))
    fields |= {name: starts.copy() for name in ("start_s", "first_s", "last_s")}
    _see(fields, slot, rows["flag"])
    fields["seen"] = np.bincount(slot, rows["seen"], len(starts)).astype(np.int64)
    some = rows["count"] > 0
    rows, slot = rows[some], slot[some]
    for name, how in (("sum", np.add), ("sum2", np.add), ("min", np.fmin), ("max", np.fmax)):
        how.at(fields[name], slot, rows[name])
    _ends(fields, slot, _firsts(slot), rows)
    fields["count"] = np.bincount(slot, rows["count"], len(starts)).astype(np.int64)
    known = {name: np.repeat(row[name], len(starts)) for name in NEEDED}
    fields |= finished(fields, known, widths_s[order][first])
    merged = np.empty(len(starts), WINDOW)
    for name in WINDOW.names or ():
        merged[name] = fields[name]
    return merged


def join(
    earlier: NDArray[np.void], later: NDArray[np.void], known: NDArray[np.void], widths_s: NDArray[np.int64]
) -> NDArray[np.void]:
    """N windows and what follows in each, two WINDOW rows a series as one; they begin when the earlier ones do.

    `known` are the PARAMS records of the series. Sums are added as `merge` adds them. Cost: about 1 us a row.
    """
    fields: dict[str, NDArray[Any]] = {name: earlier[name].copy() for name in WINDOW.names or ()}
    for name in ("count", "seen", "sum", "sum2"):
        fields[name] += later[name]
    fields["min"], fields["max"] = np.fmin(earlier["min"], later["min"]), np.fmax(earlier["max"], later["max"])
    begins, ends = earlier["count"] == 0, later["count"] > 0
    for names, rows in ((("first", "first_s"), begins & ends), (("last", "last_s"), ends)):
        for name in names:
            fields[name][rows] = later[name][rows]
    fields["flag"] = worse(earlier["flag"].astype(np.int64), later["flag"])
    fields |= finished(fields, {name: known[name] for name in NEEDED}, widths_s)
    joined = np.empty(len(earlier), WINDOW)
    for name in WINDOW.names or ():
        joined[name] = fields[name]
    return joined


def vector_strength(windows: NDArray[np.void]) -> NDArray[np.float64]:
    """How much the directions of circular windows agree, sqrt(sum^2 + sum2^2) / count in [0, 1]; NaN where nothing counted.

    References: Mardia and Jupp 2000, Directional statistics: the mean resultant length.
    """
    count = np.where(windows["count"] > 0, windows["count"], np.nan)
    strength: NDArray[np.float64] = np.minimum(np.hypot(windows["sum"], windows["sum2"]) / count, 1.0)
    return strength


def percentiles(
    minutes: NDArray[np.void], starts_s: NDArray[np.int64], ends_s: NDArray[np.int64], shares: Sequence[float]
) -> NDArray[np.float64]:
    """Percentiles of minute values in wider windows [starts_s, ends_s) (k,), a column a share: (k, len(shares)), NaN without minutes.

    `minutes` are m1 windows of one series, oldest first; each that has a value counts once. So the share 0.9 of an hour of noise is
    the level that a tenth of its minutes exceed, L10 of LAeq over a minute; of single readings nothing is told. Linear between two
    minutes. Cost: about 60 us a window.
    """
    rows = minutes[minutes["count"] > 0]
    first, last = np.searchsorted(rows["start_s"], starts_s), np.searchsorted(rows["start_s"], ends_s)
    told = np.full((len(starts_s), len(shares)), np.nan)
    for n in np.flatnonzero(last > first):
        told[n] = np.quantile(rows["value"][first[n] : last[n]], shares)
    return told


def expected(
    start_s: NDArray[np.int64], known: Mapping[str, NDArray[Any]], width_s: int | NDArray[np.int64]
) -> NDArray[np.float64]:
    """Readings that a working board sends within [start_s, start_s + width_s), its period changing at `since_s`."""
    before_s = np.clip(known["since_s"] - start_s, 0, width_s)
    count: NDArray[np.float64] = before_s * known["hz_before"] + (width_s - before_s) * known["hz"]
    return count


def worse(flag: NDArray[np.int64], other: NDArray[np.int64] | NDArray[np.uint8]) -> NDArray[np.int64]:
    """The worse of two flags; 0, no flag yet, is better than any.

    >>> worse(np.array([0, 1, 2, 3]), np.array([9, 2, 1, 4])).tolist()
    [9, 1, 1, 4]
    """
    return np.where((RANK[other] > RANK[flag]) | (flag == 0), other, flag)


def _laid_out(
    was: Mapping[str, NDArray[Any]], carried: NDArray[np.int64], whose: NDArray[np.int64]
) -> dict[str, NDArray[Any]]:
    """Columns of as many windows as `whose`: those that were open where they are carried, the others empty."""
    fields: dict[str, NDArray[Any]] = {}
    for name in OPEN.names or ():
        fields[name] = np.full(len(whose), _EMPTY.get(name, 0), OPEN[name])
        if was:
            fields[name][carried] = was[name]
    return fields


def _see(fields: dict[str, NDArray[Any]], slot: NDArray[np.int64], flag: NDArray[np.uint8]) -> None:
    """Count each reading, and keep the worst flag."""
    first = _firsts(slot)
    at = slot[first]
    fields["seen"][at] += np.diff(first, append=len(slot))
    fields["flag"][at] = worse(fields["flag"][at], _FLAG[np.maximum.reduceat(RANK[flag], first)])


def _enter(fields: dict[str, NDArray[Any]], slot: NDArray[np.int64], brought: Entries) -> None:
    """Let readings into the sums, extremes and ends of their windows."""
    time_s, value = brought.time_s, brought.value
    np.add.at(fields["sum"], slot, brought.term)
    if brought.term2 is not None:
        np.add.at(fields["sum2"], slot, brought.term2)
    first = _firsts(slot)
    at = slot[first]
    fields["min"][at] = np.fmin(fields["min"][at], np.minimum.reduceat(value, first))
    fields["max"][at] = np.fmax(fields["max"][at], np.maximum.reduceat(value, first))
    _ends(fields, slot, first, {"first": value, "first_s": time_s, "last": value, "last_s": time_s})
    fields["count"][at] += np.diff(first, append=len(slot))


def _ends(
    fields: dict[str, NDArray[Any]],
    slot: NDArray[np.int64],
    first: NDArray[np.int64],
    column: Mapping[str, NDArray[Any]] | NDArray[np.void],
) -> None:
    """The last reading of each window, and the first of those in which none was counted yet."""
    last = np.append(first[1:], len(slot))[: len(first)] - 1
    at = slot[first]
    new = fields["count"][at] == 0
    for name in ("first", "first_s"):
        fields[name][at[new]] = column[name][first[new]]
    for name in ("last", "last_s"):
        fields[name][at] = column[name][last]


def _firsts(slot: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each window's readings begin."""
    begins = np.ones(len(slot), np.bool_)
    np.not_equal(slot[1:], slot[:-1], out=begins[1:])
    return np.flatnonzero(begins)


def finished(
    fields: Mapping[str, NDArray[Any]] | NDArray[np.void],
    known: Mapping[str, NDArray[Any]],
    width_s: int | NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """What is expected of windows, their completeness and their value."""
    awaited = expected(fields["start_s"], known, width_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.minimum(fields["count"] / awaited, 1.0)
        value = value_of(fields, kinds(known["aggregate"]))
    share[awaited <= 0] = np.nan
    value[fields["count"] == 0] = np.nan
    return {"expected": awaited, "completeness": share, "value": value}


def value_of(fields: Mapping[str, NDArray[Any]] | NDArray[np.void], of: Kinds) -> NDArray[np.float64]:
    """By the kind of the rows; anything where nothing entered."""
    value: NDArray[np.float64] = fields["sum"] / fields["count"]
    if (angle := of.angle).size:
        turned = np.rad2deg(np.arctan2(fields["sum"][angle], fields["sum2"][angle])) % 360.0
        value[angle] = np.where(turned < 360.0, turned, 0.0)  # -1e-15 % 360 is 360
    if (level := of.level).size:
        value[level] = 10 * np.log10(value[level])
    if (timed := of.timed).size:
        value[timed] = fields["sum"][timed] / fields["sum2"][timed]
    for rows, name in ((of.added, "sum"), (of.last, "last"), (of.highest, "max"), (of.lowest, "min")):
        if rows.size:
            value[rows] = fields[name][rows]
    return value
