"""How fast boards may be made."""

from __future__ import annotations

from api.atelier.pace import Pace


def test_a_room_begins_at_once_and_a_flood_waits() -> None:
    """So many at once, then one every so often; who waits as long as told gets in."""
    pace = Pace(at_once=3, every_s=2)

    assert [pace.wait_s(100.0) for _ in range(4)] == [0, 0, 0, 2]
    assert pace.wait_s(101.0) == 1
    assert pace.wait_s(102.0) == 0
    assert pace.wait_s(102.0) == 2


def test_a_clock_that_goes_back_opens_nothing_and_closes_nothing_for_good() -> None:
    """No debt and no credit from a clock that was set."""
    pace = Pace(at_once=1, every_s=2)

    assert pace.wait_s(1e9) == 0
    assert pace.wait_s(0) == 2
    assert pace.wait_s(2) == 0


def test_what_was_not_made_takes_nobodys_turn() -> None:
    """Its turn is the next one's; never more than come at once."""
    pace = Pace(at_once=2, every_s=2)
    assert [pace.wait_s(100.0) for _ in range(3)] == [0, 0, 2]

    for _ in range(5):
        pace.give_back()

    assert [pace.wait_s(100.0) for _ in range(3)] == [0, 0, 2]
