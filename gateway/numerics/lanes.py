"""Windows where each series has one reading: minute and hour side by side, updated in place, and told as they lie.

The same as `windows.fill` and `told`, at a third of the cost: a series' two windows are two neighbouring rows (its lanes), all
rows are changed by the same few operations, and the records that were changed are those that are written.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import TIERS, WINDOW
from gateway.numerics.entries import Entries
from gateway.numerics.flags import Judged
from gateway.numerics.order import Run
from gateway.numerics.state import OPEN, put_rows
from gateway.numerics.windows import expected, value_of, worse

LANES = len(TIERS)
_WIDTHS = np.array(list(TIERS.values()), np.int64)
_EMPTY = np.zeros((), OPEN)
for _name in ("min", "max", "first", "last"):
    _EMPTY[_name] = np.nan


def fill_lanes(
    open_: NDArray[np.void], run: Run, judged: Judged, *, was_flag: NDArray[np.int64], brought: Entries
) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Put one reading of each series into its windows `open_` (LANES n,), OPEN; `was_flag` (n,) is that of the reading before.

    Returns the windows (k,) that are over and whose flag is another one now, and which rows they were.
    """
    anew = _lanes(np.flatnonzero(judged.decided & (judged.settled_flag != was_flag)))
    open_["flag"][anew] = worse(open_["flag"][anew], judged.settled_flag[anew // LANES])
    time_s, flag, widths = np.repeat(run.time_s, LANES), np.repeat(judged.flag, LANES), np.tile(_WIDTHS, len(run))
    begins = time_s - open_["start_s"] >= widths
    over_at = anew[begins[anew]]
    over = open_[over_at]
    new = np.flatnonzero(begins)
    if len(new):
        _begin(open_, new, time_s[new] - time_s[new] % widths[new], flag[new])
    open_["seen"] += 1
    other = np.flatnonzero(open_["flag"] != flag)
    if len(other):
        open_["flag"][other] = worse(open_["flag"][other], flag[other])
    _enter(open_, time_s, brought)
    return over, over_at


def tell(
    open_: NDArray[np.void], at: NDArray[np.int64] | None, run: Run, known: NDArray[np.void]
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """WINDOW rows of both tiers, made of OPEN rows where they lie; `at` says which lanes they are, all in order where None.

    `known` are the PARAMS records of the run's series.
    """
    lane = np.arange(len(open_)) if at is None else at
    whose = lane // LANES
    open_["series"] = run.series[whose]
    if (known["since_s"] > run.time_s - 2 * _WIDTHS[-1]).any():
        fields = {name: known[name][whose] for name in ("hz", "hz_before", "since_s")}
        open_["expected"] = expected(open_["start_s"], fields, _WIDTHS[lane % LANES])
    else:
        open_["expected"] = known["hz"][whose] * _WIDTHS[lane % LANES]
    with np.errstate(divide="ignore", invalid="ignore"):
        open_["completeness"] = np.minimum(open_["count"] / open_["expected"], 1.0)
        open_["value"] = value_of(open_, known["aggregate"][whose])
    open_["completeness"][open_["expected"] <= 0] = np.nan
    empty = open_["count"] == 0
    if empty.any():
        open_["value"][empty] = np.nan
    rows = open_.view(WINDOW)
    if at is None:
        return rows[0::LANES], rows[1::LANES]
    return rows[lane % LANES == 0], rows[lane % LANES == 1]


def _begin(
    open_: NDArray[np.void], new: NDArray[np.int64], start_s: NDArray[np.int64], flag: NDArray[np.uint8]
) -> None:
    """New windows where the old ones are over."""
    put_rows(open_, new, np.broadcast_to(_EMPTY, len(new)).copy())
    for name in ("start_s", "first_s", "last_s"):
        open_[name][new] = start_s
    open_["flag"][new] = flag


def _enter(open_: NDArray[np.void], time_s: NDArray[np.int64], brought: Entries) -> None:
    """Let the readings that enter into sums, extremes and ends."""
    value, term = np.repeat(brought.value, LANES), np.repeat(brought.term, LANES)
    some: slice | NDArray[np.int64] = slice(None)
    if not brought.enters.all():
        some = _lanes(np.flatnonzero(brought.enters))
    value, term, time_s = value[some], term[some], time_s[some]
    none = np.flatnonzero(open_["count"][some] == 0)
    at = none if isinstance(some, slice) else some[none]
    open_["first"][at], open_["first_s"][at] = value[none], time_s[none]
    open_["count"][some] += 1
    open_["min"][some] = np.fmin(open_["min"][some], value)
    open_["max"][some] = np.fmax(open_["max"][some], value)
    open_["sum"][some] += term
    if brought.term2 is not None:
        open_["sum2"][some] += np.repeat(brought.term2, LANES)[some]
    open_["last"][some], open_["last_s"][some] = value, time_s


def _lanes(index: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of these series' windows."""
    return (index[:, None] * LANES + np.arange(LANES)).ravel()
