"""The catalogue of words: both languages, or a sentence that says what is missing."""

from __future__ import annotations

import doctest

import pytest

import devices.words
from devices.words import LANGUAGES, WordsError, catalogue, language, read_words, say


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


def test_every_word_of_the_catalogue_has_both_languages() -> None:
    """French and English, neither empty, and no third."""
    assert catalogue()
    for key, texts in catalogue().items():
        assert set(texts) == set(LANGUAGES), key
        assert all(text.strip() for text in texts.values()), key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('hello = { en = "Hello" }', "devices/words/x.toml: hello has no fr text; add it"),
        ('hello = { fr = "", en = "Hello" }', "hello has no fr text"),
        ('hello = { fr = "Bonjour" }', "hello has no en text"),
        ('hello = "Bonjour"', "hello has no fr text"),
        ('hello = { fr = "Bonjour", en = "Hello", br = "Demat" }', "hello has a text in br; there is fr and en"),
    ],
)
def test_a_word_without_one_of_its_languages_is_refused(text: str, said: str) -> None:
    """The whole catalogue is refused, so that whoever forgot a language learns it at once."""
    with pytest.raises(WordsError, match=said):
        read_words(text, "x.toml")
