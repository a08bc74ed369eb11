"""A refusal says the same in both languages."""

from __future__ import annotations

import pytest

from devices.refusal import RefusalError
from devices.words import WordsError


def test_a_refusal_speaks_both_languages() -> None:
    """The message is English, and the French sentence is a call away."""
    refusal = RefusalError("missing", where="a.toml", key="period_s")

    assert str(refusal) == refusal.said("en") == "a.toml: period_s is missing; add it"
    assert refusal.said("fr") == "a.toml : il manque « period_s » ; ajoutez-le"
    assert refusal.key == "missing"


def test_a_refusal_without_words_cannot_be_made() -> None:
    """A key that nobody wrote a sentence for is a fault of ours, found at once."""
    with pytest.raises(WordsError, match=r"check\.nonsense"):
        RefusalError("nonsense")
