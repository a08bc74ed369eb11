"""Windows where each series has one reading: minute and hour side by side, updated in place, and told as they lie.

The same as `windows.fill` and `told`, at a third of the cost: a series' two windows are two neighbouring rows (its lanes), all
rows are changed by the same few operations, and the records that were changed are those that are written.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.change import Kinds
from gateway.numerics.columns import TIERS, WINDOW
from gateway.numerics.entries import Entries
from gateway.numerics.flags import Judged
from gateway.numerics.order import Run
from gateway.numerics.state import OPEN, put_rows, take_rows
from gateway.numerics.windows import NEEDED, expected, finished, value_of, worse

LANES = len(TIERS)
_WIDTHS = np.tile(np.array(list(TIERS.values()), np.int64), 4096)


def _empty() -> NDArray[np.void]:
    """A window in which nothing is yet, as plain bytes."""
    row = np.zeros(1, OPEN)
    for name in ("min", "max", "first", "last"):
        row[name] = np.nan
    return row.view(f"V{OPEN.itemsize}")


_EMPTY = _empty()


def fill_lanes(
    open_: NDArray[np.void], run: Run, judged: Judged, *, was_flag: NDArray[np.int64], brought: Entries
) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Put one reading of each series into its windows `open_` (LANES n,), OPEN; `was_flag` (n,) is that of the reading before.

    Returns the windows (k,) that are over and whose flag is another one now, and which rows they were.
    """
    anew = (judged.decided & (judged.settled_flag != was_flag)).nonzero()[0]
    time_s, flag = run.time_s.repeat(LANES), judged.flag.repeat(LANES)
    widths = _widths(len(run))
    begins = time_s - open_["start_s"] >= widths
    over_at, over = anew, open_[:0]
    if anew.size:
        anew = _lanes(anew)
        open_["flag"][anew] = worse(open_["flag"][anew], judged.settled_flag[anew // LANES])
        over_at = anew[begins[anew]]
        over = open_[over_at]
    new = begins.nonzero()[0]
    if new.size:
        _begin(open_, new, time_s[new] - time_s[new] % widths[new], flag[new])
    open_["seen"] += 1
    other = (open_["flag"] != flag).nonzero()[0]
    if other.size:
        open_["flag"][other] = worse(open_["flag"][other], flag[other])
    _enter(open_, time_s, brought)
    return over, over_at


def tell(
    open_: NDArray[np.void], run: Run, known: NDArray[np.void], *, of: Kinds, whole: bool
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """WINDOW rows of both tiers, made of a run's OPEN rows where they lie; `known` are the PARAMS records of its series.

    `of` are the kinds of its readings; `whole` where all of them entered: then no window is without a value.
    """
    widths, count = _widths(len(run)), open_["count"]
    open_["series"] = run.series.repeat(LANES)
    awaited: NDArray[np.float64] = known["hz"].repeat(LANES)
    awaited *= widths
    if known["since_s"].max() > run.time_s.min() - 2 * TIERS["h1"]:
        fields = {name: known[name].repeat(LANES) for name in ("hz", "hz_before", "since_s")}
        awaited = expected(open_["start_s"], fields, widths)
    open_["expected"] = awaited
    with np.errstate(divide="ignore", invalid="ignore"):
        share = count / awaited
        value = value_of(open_.reshape(-1, LANES), of).reshape(len(open_))
    if awaited.min(initial=1.0) <= 0:
        share[awaited <= 0] = np.nan
    if not whole:
        value[count == 0] = np.nan
    np.minimum(share, 1.0, out=open_["completeness"])
    open_["value"] = value
    rows = open_.view(WINDOW)
    return rows[0::LANES], rows[1::LANES]


def tell_over(
    over: NDArray[np.void], at: NDArray[np.int64], run: Run, *, known: NDArray[np.void]
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """The same of the few windows that are over; `at` says which rows they were."""
    whose = at // LANES
    fields = finished(over, {name: known[name][whose] for name in NEEDED}, _widths(len(run))[at])
    over["series"] = run.series[whose]
    for name, column in fields.items():
        over[name] = column
    rows = over.view(WINDOW)
    return take_rows(rows, (at % LANES == 0).nonzero()[0]), take_rows(rows, (at % LANES == 1).nonzero()[0])


def _begin(
    open_: NDArray[np.void], new: NDArray[np.int64], start_s: NDArray[np.int64], flag: NDArray[np.uint8]
) -> None:
    """New windows where the old ones are over."""
    rows = np.full(len(new), _EMPTY).view(OPEN)
    for name in ("start_s", "first_s", "last_s"):
        rows[name] = start_s
    rows["flag"] = flag
    put_rows(open_, new, rows)


def _enter(open_: NDArray[np.void], time_s: NDArray[np.int64], brought: Entries) -> None:
    """Let the readings that enter into sums, extremes and ends; the few that do not enter bring nothing, and end nothing."""
    value, term = brought.value.repeat(LANES), brought.term.repeat(LANES)
    term2 = None if brought.term2 is None else brought.term2.repeat(LANES)
    count, low, high = open_["count"], open_["min"], open_["max"]
    idle = (~brought.enters).nonzero()[0]
    none = (count == 0).nonzero()[0]
    count += 1
    if idle.size:
        idle = _lanes(idle)
        value[idle], term[idle] = np.nan, 0.0
        if term2 is not None:
            term2[idle] = 0.0
        count[idle] -= 1
        none = none[count[none] == 1]
    if none.size:
        open_["first"][none], open_["first_s"][none] = value[none], time_s[none]
    np.fmin(low, value, out=low)
    np.fmax(high, value, out=high)
    open_["sum"] += term
    if term2 is not None:
        open_["sum2"] += term2
    if idle.size:
        value[idle], time_s[idle] = open_["last"][idle], open_["last_s"][idle]
    open_["last"], open_["last_s"] = value, time_s


def _widths(count: int) -> NDArray[np.int64]:
    """The width of each lane."""
    return _WIDTHS[: LANES * count] if LANES * count <= len(_WIDTHS) else np.tile(_WIDTHS[:LANES], count)


def _lanes(index: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of these series' windows."""
    return (index[:, None] * LANES + np.arange(LANES)).ravel()
