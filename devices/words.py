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
        if not file.name.endswith(".toml"):
            continue
        for key, texts in tomllib.loads(file.read_text(encoding="utf-8")).items():
            name = f"{file.name.removesuffix('.toml')}.{key}"
            if missing := [lang for lang in LANGUAGES if not texts.get(lang)]:
                raise WordsError(f"devices/words/{file.name}: {key} has no {missing[0]} text; add it")
            found[name] = texts
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


def language(environ: Mapping[str, str] = os.environ) -> str:
    """The language of the person at the terminal: `fr` when the locale says so, else `en`.

    >>> language({"LANG": "fr_FR.UTF-8"})
    'fr'
    """
    spoken = environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "fr" if spoken.lower().startswith("fr") else "en"
