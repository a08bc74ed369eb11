"""One-time links and their cookies, in a real file."""

from __future__ import annotations

import stat
import threading
from pathlib import Path

import pytest

from api.atelier.port import Guest, WorkshopError
from deploy.workshop.passes import OPENS_S, Passes, Terms

NOW_S = 1_795_615_200.0


@pytest.fixture
def passes(tmp_path: Path) -> Passes:
    """The passes of an atelier."""
    return Passes(tmp_path / "passes.sqlite")


def test_only_hashes_are_kept_and_only_the_owner_reads_them(passes: Passes, tmp_path: Path) -> None:
    """Neither the link nor the cookie is in any file."""
    link = passes.add_link(Terms(), NOW_S)
    cookie, _ = passes.enter(link, NOW_S)

    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert link.encode() not in kept
    assert cookie.encode() not in kept
    assert stat.S_IMODE((tmp_path / "passes.sqlite").stat().st_mode) == 0o600
    assert len(link) == len(cookie) == 32


def test_many_who_press_at_once_enter_once(passes: Passes) -> None:
    """A link is spent in one transaction."""
    link, entered, refused = passes.add_link(Terms(), NOW_S), [], []

    def press() -> None:
        try:
            entered.append(passes.enter(link, NOW_S))
        except WorkshopError as e:
            refused.append(e.key)

    people = [threading.Thread(target=press) for _ in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert (len(entered), refused) == (1, ["link_used"] * 7)


def test_a_guest_makes_as_many_boards_as_the_link_says(passes: Passes) -> None:
    """What came to nothing is given back; another link has its own."""
    cookie, guest = passes.enter(passes.add_link(Terms(boards=2), NOW_S), NOW_S)
    _, other = passes.enter(passes.add_link(Terms(boards=1), NOW_S), NOW_S)

    passes.spend(guest)
    passes.spend(guest)
    with pytest.raises(WorkshopError, match="--boards"):
        passes.spend(guest)
    passes.spend(other)
    passes.give_back(guest)
    passes.spend(guest)
    left = passes.known(cookie, NOW_S)
    assert left is not None
    assert left.boards_left == 0


def test_a_cookie_outlives_a_restart_and_not_its_end(passes: Passes, tmp_path: Path) -> None:
    """What opens the file anew knows it until the second that was told."""
    cookie, guest = passes.enter(passes.add_link(Terms(for_s=3600), NOW_S), NOW_S + 60)
    again = Passes(tmp_path / "passes.sqlite")

    assert again.known(cookie, NOW_S + 3599) == Guest(guest.name, int(NOW_S + 3600), 20)
    assert again.known(cookie, NOW_S + 3600) is None
    assert again.known("", NOW_S) is None
    assert again.known(guest.name, NOW_S) is None


def test_a_link_is_forgotten_a_week_after_its_end(passes: Passes) -> None:
    """Until then whoever opens it late reads why it does not open."""
    old = passes.add_link(Terms(for_s=60), NOW_S)
    with pytest.raises(WorkshopError) as late:
        passes.enter(old, NOW_S + OPENS_S)
    assert late.value.key == "link_old"

    passes.add_link(Terms(), NOW_S + 8 * 86_400)
    with pytest.raises(WorkshopError) as gone:
        passes.enter(old, NOW_S + 8 * 86_400)
    assert gone.value.key == "link_unknown"


def test_who_made_a_device_is_known(passes: Passes) -> None:
    """So that no guest looks at another's."""
    passes.note("air-1", "ann")

    assert (passes.owner("air-1"), passes.owner("air-2")) == ("ann", None)


def test_nobody_who_asks_makes_the_file(passes: Passes, tmp_path: Path) -> None:
    """Who knocks without a link, or with a wrong one, leaves nothing behind."""
    with pytest.raises(WorkshopError) as refused:
        passes.enter("x" * 32, NOW_S)

    assert refused.value.key == "link_unknown"
    assert passes.known("x" * 32, NOW_S) is None
    assert passes.owner("air-1") is None
    assert list(tmp_path.iterdir()) == []
