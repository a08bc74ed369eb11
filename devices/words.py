"""What people read, in French and in English: one catalogue for pages, panels, commands and flags' sentences.

Each file of `words/` is a TOML table of keys; each key has an `fr` and an `en` string with `{named}` places.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

LANGUAGES = ("fr", "en")


class WordsError(ValueError):
    """A word is missing, or lacks one of the two languages."""


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """All words: `file.key` -> {"fr": ..., "en": ...}.

    Raises WordsError where a key lacks a language.
    """
    found: dict[str, Mapping[str, str]] = {}
    for file in sorted(files("devices").joinpath("words").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            found |= read_words(file.read_text(encoding="utf-8"), file.name)
    return found


def read_words(text: str, name: str) -> dict[str, Mapping[str, str]]:
    """The words of one file, each with its two languages and nothing else."""
    found: dict[str, Mapping[str, str]] = {}
    for key, texts in tomllib.loads(text).items():
        for lang in LANGUAGES:
            if not isinstance(texts, dict) or not texts.get(lang):
                raise WordsError(f"devices/words/{name}: {key} has no {lang} text; add it")
        if others := set(texts) - set(LANGUAGES):
            raise WordsError(
                f"devices/words/{name}: {key} has a text in {min(others)}; there is {' and '.join(LANGUAGES)}"
            )
        found[f"{name.removesuffix('.toml')}.{key}"] = texts
    return found


def say(key: str, lang: str, /, **values: object) -> str:
    """The words of `key` (`file.key`) in `lang`, with its places filled.

    >>> say("flags.good", "fr")
    'valeur normale'
    """
    try:
        text = catalogue()[key][lang if lang in LANGUAGES else "en"]
    except KeyError:
        raise WordsError(f"no words for {key!r}; add them to devices/words/") from None
    return text.format(**values) if values else text


def decimal(number: str, lang: str) -> str:
    """A number that is written with a point, as the language writes it.

    >>> decimal("2.5", "fr"), decimal("2.5", "en")
    ('2,5', '2.5')
    """
    return number.replace(".", ",") if lang == "fr" else number


def language(environ: Mapping[str, str] = os.environ) -> str:
    """The language of the person at the terminal: `fr` when the locale says so, else `en`.

    >>> language({"LANG": "fr_FR.UTF-8"})
    'fr'
    """
    spoken = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "fr" if spoken.lower().startswith("fr") else "en"
