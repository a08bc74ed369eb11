"""Windows of a local day, made of hours; of minutes where the zone's midnight is no full hour UTC.

A day begins when the calendar of its zone does: it has 23 or 25 hours twice a year. Days are merged from what is stored, never from
readings: a late or corrected reading changes an hour, and the hour its day.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import TIERS
from gateway.numerics.windows import merge_into


def made_of(starts_s: NDArray[np.int64]) -> Literal["m1", "h1"]:
    """The tier of which days with these beginnings are merged."""
    return "m1" if (starts_s % TIERS["h1"]).any() else "h1"


def merge_days(rows: NDArray[np.void], starts_s: NDArray[np.int64], row: np.void) -> NDArray[np.void]:
    """WINDOW rows of one series, of the tier `made_of` says, condensed by local days; `row` is its PARAMS record.

    `starts_s` are beginnings of days and the end of the last one; rows outside are left out.
    """
    rows = rows[(rows["start_s"] >= starts_s[0]) & (rows["start_s"] < starts_s[-1])]
    nth = np.searchsorted(starts_s, rows["start_s"], side="right") - 1
    return merge_into(rows, starts_s[nth], np.diff(starts_s)[nth], row)
