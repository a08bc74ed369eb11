"""A refusal of what a person wrote: one sentence that says where and what to do, in French and in English.

RefusalError
├── QuantityError   a quantity of quantities.toml
├── RecipeError     a recipe, its signals or its wiring
└── ImageError      an identity that no board can have, or recipes that do not go together
"""

from __future__ import annotations

from devices.words import say


class RefusalError(ValueError):
    """Something does not add up; `str()` gives the English sentence, `said("fr")` the French one."""

    def __init__(self, key: str, /, **values: object) -> None:
        super().__init__(say(f"check.{key}", "en", **values))
        self.key = key
        self._values = values

    def said(self, lang: str) -> str:
        """The sentence in a language."""
        return say(f"check.{self.key}", lang, **self._values)


class QuantityError(RefusalError):
    """A quantity does not add up."""


class RecipeError(RefusalError):
    """A recipe does not add up."""


class ImageError(RefusalError):
    """An image cannot be built."""
