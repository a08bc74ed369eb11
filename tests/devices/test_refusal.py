"""A refusal says the same in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import devices
from devices.refusal import RefusalError
from devices.words import WordsError, catalogue

ROOM = Path(devices.__file__).parent
FILES = (*ROOM.glob("*.py"), *ROOM.glob("flash/*.py"))


def test_a_refusal_speaks_both_languages() -> None:
    """The message is English, and the French sentence is a call away."""
    refusal = RefusalError("missing", where="a.toml", key="period_s")

    assert str(refusal) == refusal.said("en") == "a.toml: period_s is missing; add it"
    assert refusal.said("fr") == "a.toml : il manque « period_s » ; ajoutez-le"
    assert refusal.key == "missing"


def test_an_error_told_by_another_is_in_the_same_language() -> None:
    """A sentence that is quoted does not stay English."""
    inner = RefusalError("missing", where="a.toml", key="period_s")
    outer = RefusalError("missing", where=inner, key="x")

    assert outer.said("fr").startswith(inner.said("fr"))
    assert str(outer).startswith(str(inner))


def test_a_refusal_without_words_cannot_be_made() -> None:
    """A key that nobody wrote a sentence for is a fault of ours, found at once."""
    with pytest.raises(WordsError, match=r"check\.nonsense"):
        RefusalError("nonsense")


SENTENCES = sorted(key.removeprefix("check.") for key in catalogue() if key.startswith("check."))
NO_REFUSAL = {"fine"}


@pytest.mark.parametrize("key", SENTENCES)
def test_every_refusal_says_what_to_do_and_is_made_somewhere(key: str) -> None:
    """One sentence a refusal, what is wrong and after a semicolon what to do, in both languages; none that nobody makes."""
    code = "".join(f.read_text(encoding="utf-8") for f in FILES)
    made = f'"{key}"' in code or (key.startswith("no_") and 'f"no_{lang}"' in code) or f'"check.{key}"' in code

    assert made
    for text in catalogue()[f"check.{key}"].values():
        assert key in NO_REFUSAL or text.count(";") == 1, text
        assert not text.endswith("."), text


def test_every_refusal_that_is_made_has_its_sentence() -> None:
    """Each key that the room names when it refuses is in check.toml."""
    named = re.compile(
        r"""(?:refusal|refuse|RecipeError|ImageError|InterpreterError|QuantityError)\(\s*"([a-z_]+)["]"""
    )
    made = {key for file in FILES for key in named.findall(file.read_text(encoding="utf-8"))}

    assert len(made) > 30
    assert made - set(SENTENCES) == set()
