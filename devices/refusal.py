"""A refusal of what a person wrote: one sentence that says where and what to do, in French and in English.

SpokenError           whatever a person may read at a terminal; other rooms have theirs
└── RefusalError
    ├── QuantityError   a quantity of quantities.toml
    ├── RecipeError     a recipe, its signals or its wiring
    ├── ImageError      an identity that no board can have, or recipes that do not go together
    └── InterpreterError  a file that is no interpreter for a board
"""

from __future__ import annotations

from typing import ClassVar

from devices.words import say


class SpokenError(Exception):
    """It could not be done; `str()` gives the English sentence, `said("fr")` the French one."""

    words: ClassVar[str]
    """The file of `words/` that has its sentences."""

    def __init__(self, key: str, /, **values: object) -> None:
        self.key = key
        self._values = values
        super().__init__(self.said("en"))

    def said(self, lang: str) -> str:
        """The sentence in a language; another error's sentence in it is in the same language."""
        values = {n: v.said(lang) if isinstance(v, SpokenError) else v for n, v in self._values.items()}
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
