"""Two boards with one identity are found, and one whose counter was made anew is not taken for two."""

from __future__ import annotations

import pytest

from gateway.doubles import doubled
from gateway.journal import Entry

NOW_S = 100_000.0


def entry(ep: int, *, n: int = 100, ago_s: float = 10, device: str = "air-1") -> Entry:
    """What the ledger holds of one `ep` that was last heard so long ago."""
    return Entry(device, ep, n=n, lo=1, dr=0, heard_s=int(NOW_S - ago_s), edges=[1, n + 1])


@pytest.mark.parametrize(
    ("entries", "period_s", "found"),
    [
        ([entry(1), entry(2, ago_s=250)], 60, ["air-1"]),
        ([entry(1), entry(2), entry(3)], 60, ["air-1"]),
        ([entry(1), entry(2, ago_s=301)], 60, []),
        ([entry(1), entry(2, n=9)], 60, []),
        ([entry(1), entry(2, n=10)], 60, ["air-1"]),
        ([entry(1), entry(2, n=59)], 10, []),
        ([entry(1, ago_s=2000), entry(2)], 900, ["air-1"]),
        ([entry(1), entry(2, device="air-2")], 60, []),
        ([], 60, []),
    ],
)
def test_two_counters_that_go_on_side_by_side_are_two_boards(
    entries: list[Entry], period_s: float, found: list[str]
) -> None:
    """Each must have been heard lately, and have samples of longer than a board that was just flashed anew."""
    assert doubled(entries, {"air-1": period_s, "air-2": period_s}, now_s=NOW_S) == found


def test_what_the_registry_does_not_know_is_nobodys() -> None:
    """A device that was taken out of it is not told of."""
    assert doubled([entry(1), entry(2)], {}, now_s=NOW_S) == []
