"""Percentiles of minute values beside hours and days, where they are asked for: made of stored minutes, a few windows at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from fastapi import Query
from numpy.typing import NDArray

from api.catalogue import Shown
from api.corrected import ends_of
from api.problems import Malformed
from api.readings import Readings, Rows
from gateway.numerics import windows
from gateway.store.port import Tier

MOST = 9
WRITTEN = re.compile(r"\d{1,3}(,\d{1,3})*", re.ASCII)
AT_ONCE: Mapping[Tier, int] = {"h1": 200, "d1": 10}
"""Tiers that have percentiles -> windows whose minutes are read at once: some ten thousand."""
Percentiles = Annotated[
    str | None,
    Query(
        description=(
            "At `h1` and `d1`: which percentiles of its minutes' values stand beside each window, up to nine whole numbers from "
            "0 to 100, as `p10`, `p50` ... at its end; minutes that are not kept any more count no more"
        ),
        examples=["10,50,90"],
    ),
]


def read_percentiles(text: str | None, shown: Shown, tier: Tier) -> tuple[int, ...]:
    """The percentiles that a text names, rising; none where nothing is asked. Raises Malformed."""
    if text is None:
        return ()
    asked = sorted({int(one) for one in text.split(",")}) if WRITTEN.fullmatch(text) else []
    if not asked or len(asked) > MOST or asked[-1] > 100:
        raise Malformed(f"percentiles: {text!r} is no list of up to {MOST} whole numbers from 0 to 100; write 10,50,90")
    if tier not in AT_ONCE:
        raise Malformed(f"percentiles: they stand beside hours and days; ask for tier={' or tier='.join(AT_ONCE)}")
    if shown.quantity.aggregate == "circular":
        raise Malformed("percentiles: directions have no lowest and no highest; ask for this series without them")
    return tuple(asked)


@dataclass(frozen=True, slots=True)
class Ranker:
    """Makes the percentiles of one series."""

    readings: Readings
    shown: Shown
    asked: Sequence[int]

    def beside(self, block: Rows, tier: Tier) -> NDArray[np.float64] | None:
        """A row for each window of at most AT_ONCE, a column a percentile; None where none is asked."""
        if not self.asked:
            return None
        starts = block["start_s"]
        ends = ends_of(self.shown, starts, tier)
        minutes = self.readings.read(self.shown, int(starts[0]), int(ends[-1]), tier="m1")
        return windows.percentiles(minutes, starts, ends, [one / 100 for one in self.asked])
