"""Pure: two boards that were given one identity, as the ledger shows them.

A board has one `ep` at a time, and another one only after its counter was lost: the older one is not heard any more then. Two that
go on side by side are two boards, whose readings fall into one series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from gateway.journal import Entry

LATELY_S = 300.0
"""A board that was flashed anew may send the rest of its spool under its old `ep`: for less than that."""
PERIODS = 3
"""Or so many periods, where they are long."""


def doubled(entries: Iterable[Entry], periods_s: Mapping[str, float], *, now_s: float) -> list[str]:
    """Devices under whose name two boards speak: several `ep` were heard lately, each with the samples of twice that long.

    >>> at = [Entry("air-1", ep, n=60, lo=1, dr=0, heard_s=1000, edges=[1, 61]) for ep in (7, 8)]
    >>> doubled(at, {"air-1": 60.0}, now_s=1060), doubled(at[:1], {"air-1": 60.0}, now_s=1060)
    (['air-1'], [])
    """
    speaking: Counter[str] = Counter()
    for entry in entries:
        if (period_s := periods_s.get(entry.device)) is None:
            continue
        lately_s = max(LATELY_S, PERIODS * period_s)
        speaking[entry.device] += now_s - entry.heard_s <= lately_s and entry.n * period_s >= 2 * lately_s
    return sorted(device for device, count in speaking.items() if count > 1)
