"""A refusal of what a person wrote: one sentence that says where and what to do, in French and in English.

SpokenError           whatever a person may read at a terminal; other rooms have theirs
└── RefusalError
    ├── QuantityError   a quantity of quantities.toml
    ├── RecipeError     a recipe, its signals or its wiring
    ├── ImageError      an identity that no board can have, or recipes that do not go together
    └── InterpreterError  a file that is no interpreter for a board
"""

from __future__ import annotations

from typing import ClassVar, Protocol, Self, runtime_checkable

from devices.words import say


@runtime_checkable
class Said(Protocol):
    """What each language says in its own way."""

    def said(self, lang: str) -> str:
        """The words in a language."""


class Where(str):
    """A place in a file, as sentences name it, and the line on which it is: they say both."""

    __slots__ = ("line",)
    line: int

    def __new__(cls, text: str, line: int) -> Self:
        """Keep the line beside the text."""
        where = super().__new__(cls, text)
        where.line = line
        return where

    def said(self, lang: str) -> str:
        """The place with its line."""
        file, comma, inside = str(self).partition(", ")
        return say("commands.at_line", lang, file=file, line=self.line) + comma + inside


class SpokenError(Exception):
    """It could not be done; `str()` gives the English sentence, `said("fr")` the French one."""

    words: ClassVar[str]
    """The file of `words/` that has its sentences."""

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self._values = values
        super().__init__(self.said("en"))

    def said(self, lang: str) -> str:
        """The sentence in a language; another error's sentence in it, or a size, is in the same language."""
        values = {n: v.said(lang) if isinstance(v, Said) else v for n, v in self._values.items()}
        return say(f"{self.words}.{self.key}", lang, **values)


class RefusalError(SpokenError, ValueError):
    """Something does not add up."""

    words = "check"


class QuantityError(RefusalError):
    """A quantity does not add up."""


class RecipeError(RefusalError):
    """A recipe does not add up."""


class ImageError(RefusalError):
    """An image cannot be built."""


class InterpreterError(RefusalError):
    """A file is no interpreter that a board can be given."""
