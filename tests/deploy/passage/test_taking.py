"""What two ledgers hold of a device becomes one account; what was refused keeps its meaning under another name."""

from __future__ import annotations

from deploy.passage.taking import added, renamed, replace_device
from gateway.journal import Entry
from gateway.quarantine import Refused


def test_one_account_stands_for_what_both_hold() -> None:
    """The higher n, the higher `lo`, all ranges of either, as one."""
    mine = Entry("air-1", 7, 150, 101, 1, 20, [151, 160])
    theirs = Entry("air-1", 7, 120, 90, 0, 30, [1, 121, 155, 170])

    whole = added(mine, theirs)

    assert (whole.n, whole.lo, whole.dr, whole.heard_s) == (169, 101, 1, 30)
    assert list(whole.edges) == [1, 121, 151, 170]


def test_an_account_goes_under_another_name() -> None:
    """Nothing else of it changes."""
    entry = Entry("air-1", 7, 150, 101, 1, 20, [151, 160])

    assert replace_device(entry, "air-9") == Entry("air-9", 7, 150, 101, 1, 20, [151, 160])


def test_what_nobody_renamed_stays_byte_for_byte() -> None:
    """A message of another device, and one that is of none of our topics."""
    ids: dict[str, dict[int | str, int | str]] = {"device": {"air-1": "air-9"}}
    for topic in ("gir/1/53/air-2/obs", "elsewhere"):
        one = Refused("not-json", "", -1, -1, 5, topic, b'"air-1/"')
        assert renamed(one, ids) == one
