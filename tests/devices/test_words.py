"""The catalogue of words: both languages, or a sentence that says what is missing."""

from __future__ import annotations

import doctest

import pytest

import devices.words
from devices.words import WordsError, language, say


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(devices.words).failed == 0


def test_an_unknown_word_is_refused_with_what_to_do() -> None:
    """Asking for a word that nobody wrote says where to write it."""
    with pytest.raises(WordsError, match="add them to devices/words/"):
        say("flags.no_such_word", "fr")


@pytest.mark.parametrize(
    ("environ", "spoken"),
    [
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LC_ALL": "C", "LANG": "fr_FR"}, "en"),
        ({}, "en"),
        ({"LC_MESSAGES": "fr_BE"}, "fr"),
    ],
)
def test_the_locale_decides_the_language(environ: dict[str, str], spoken: str) -> None:
    """LC_ALL comes before LC_MESSAGES and LANG, as POSIX has it."""
    assert language(environ) == spoken


def test_an_unknown_language_reads_english() -> None:
    """Somebody who asks in a third language is answered in English."""
    assert say("flags.good", "br") == say("flags.good", "en")
