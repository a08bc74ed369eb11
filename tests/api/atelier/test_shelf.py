"""What waits to be fetched."""

from __future__ import annotations

from hashlib import sha256

import pytest

from api.atelier import shelf as shelves
from api.atelier.port import Piece
from api.atelier.shelf import STAYS_S, Shelf

SECRET, COMMON = (
    Piece("nvs", 0x9000, b"who I am", secret=True),
    Piece("vfs", 0x200000, b"the same for all", secret=False),
)


def test_a_secret_is_given_once_and_to_its_maker_alone() -> None:
    """Nobody else's name opens it, and a second time it is gone."""
    shelf = Shelf()
    name = shelf.lay(SECRET, "ann", 0)

    assert name == sha256(b"who I am").hexdigest()
    assert shelf.take(name, "bob", 1) is None
    assert shelf.take(name, "ann", 1) == b"who I am"
    assert shelf.take(name, "ann", 1) is None


def test_what_is_the_same_for_all_may_be_fetched_again() -> None:
    """As long as it lies there."""
    shelf = Shelf()
    name = shelf.lay(COMMON, "ann", 0)

    assert [shelf.take(name, "ann", s) for s in (1, 2)] == [COMMON.content] * 2
    assert shelf.take(name, "bob", 3) is None
    assert shelf.take(name, "ann", STAYS_S) is None


def test_the_shelf_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """By number and by bytes; the oldest go first, and one content that many wait for counts once."""
    monkeypatch.setattr(shelves, "MOST_PIECES", 3)
    monkeypatch.setattr(shelves, "MOST_BYTES", 40)
    shelf = Shelf()

    for who in ("ann", "bob", "eve"):
        shelf.lay(COMMON, who, 0)
    assert shelf.take(COMMON.sha256, "ann", 1) is not None
    shelf.lay(SECRET, "ann", 1)
    assert shelf.take(COMMON.sha256, "ann", 1) is None
    big = Piece("micropython", 0, bytes(30), secret=False)
    shelf.lay(big, "ann", 2)
    assert shelf.take(big.sha256, "ann", 3) == big.content
    assert shelf.take(COMMON.sha256, "bob", 3) is None
