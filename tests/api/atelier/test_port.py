"""What stands behind the pages, as values."""

from __future__ import annotations

from hashlib import sha256

from api.atelier.port import STATUS, Piece, WorkshopError
from devices.words import catalogue


def test_every_refusal_has_its_word_in_http() -> None:
    """Each status belongs to a sentence that there is; one that has none is an entity that cannot be processed."""
    assert {f"workshop.{key}" for key in STATUS} <= set(catalogue())
    assert WorkshopError("link_used").status == 403
    assert WorkshopError("wrong_chip", chip="x", board="y", wanted="z").status == 422


def test_a_refusal_that_passes_says_how_long_it_lasts() -> None:
    """In its sentence and as a number, for `Retry-After`."""
    told = WorkshopError("too_fast", wait_s=7)

    assert (told.status, told.wait_s) == (429, 7)
    assert "7 s" in told.said("fr")
    assert WorkshopError("closed").wait_s is None


def test_a_piece_is_called_by_its_hash() -> None:
    """Of its content alone."""
    assert Piece("nvs", 0x9000, b"me", secret=True).sha256 == sha256(b"me").hexdigest()
