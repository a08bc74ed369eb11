"""What people read exists in both languages, with the same places to fill."""

from __future__ import annotations

import re
import string
from pathlib import Path

import devices.words
from devices.quantity import load_quantities
from devices.recipe import load_recipes

ROOT = Path(__file__).parent.parent.parent
CALL = re.compile(r"""say\(\s*f?["']([a-z_]+\.[a-z_0-9]+)["']""")


def places(text: str) -> set[str]:
    """The `{named}` places of a text, without their format."""
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_places() -> None:
    """A French sentence and its English twin are filled from the same values."""
    uneven = {k for k, texts in devices.words.catalogue().items() if places(texts["fr"]) != places(texts["en"])}

    assert uneven == set()


def test_every_word_that_is_asked_for_exists() -> None:
    """Each key that the code names is in the catalogue."""
    asked = {key for room in ("devices", "gateway", "api", "dashboards", "deploy") for f in (ROOT / room).rglob("*.py")
             for key in CALL.findall(f.read_text(encoding="utf-8"))}  # fmt: skip

    assert asked - set(devices.words.catalogue()) == set()


def test_every_quantity_and_recipe_speaks_both_languages() -> None:
    """Quantities and recipes have a French and an English name that differ from their slug."""
    for quantity in load_quantities().values():
        assert quantity.name_fr, quantity.slug
        assert quantity.name_en, quantity.slug
    for recipe in load_recipes().values():
        assert recipe.name_fr, recipe.slug
        assert recipe.name_en, recipe.slug
