"""What people read exists in both languages, with the same places to fill."""

from __future__ import annotations

import ast
import re
import string
from functools import cache
from pathlib import Path

import pytest

import devices.words
from devices.quantity import load_quantities
from devices.recipe import load_recipes

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("devices", "gateway", "api", "dashboards", "deploy")
CALL = re.compile(r"""say\(\s*f?["']([a-z_]+\.[a-z_0-9]+)["']""")
REFUSED = ("registry", "store", "gateway")
"""Files of words that have sentences of errors only."""
QUOTES = {"of_file", "of_the_file"}
"""Sentences that are another error's."""


def places(text: str) -> set[str]:
    """The `{named}` places of a text, without their format."""
    return {name.split(".")[0].split("[")[0] for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_have_the_same_places() -> None:
    """A French sentence and its English twin are filled from the same values."""
    uneven = {k for k, texts in devices.words.catalogue().items() if places(texts["fr"]) != places(texts["en"])}

    assert uneven == set()


def test_every_word_that_is_asked_for_exists() -> None:
    """Each key that the code names is in the catalogue."""
    asked = {key for room in ROOMS for f in (ROOT / room).rglob("*.py")
             for key in CALL.findall(f.read_text(encoding="utf-8"))}  # fmt: skip

    assert asked - set(devices.words.catalogue()) == set()


def spoken_errors() -> dict[str, str]:
    """Every error that speaks both languages, with the file of its words."""
    found = {"SpokenError": ""}
    classes = [node for _, node in nodes() if isinstance(node, ast.ClassDef)]
    for _ in classes:  # a base may be found after what is built on it
        for one in classes:
            for base in one.bases:
                if isinstance(base, ast.Name) and base.id in found:
                    own = re.search(r"""^ +words = ["'](\w+)["']""", ast.unparse(one), re.MULTILINE)
                    found[one.name] = own[1] if own else found[base.id]
    return found


@cache
def nodes() -> list[tuple[Path, ast.AST]]:
    """All that is written in the rooms, but for `devices`: see tests/devices/test_refusal.py."""
    files = [file for room in ROOMS[1:] for file in sorted((ROOT / room).rglob("*.py"))]
    return [(file, node) for file in files for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))]


def errors_made() -> dict[str, set[str]]:
    """Every sentence that an error is made with, and the values that fill it."""
    spoken = spoken_errors()
    made: dict[str, set[str]] = {}
    for file, node in nodes():
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in spoken:
            key = node.args[0]
            assert isinstance(key, ast.Constant), f"{file}:{node.lineno}: the key stands where the error is made"
            named = f"{spoken[node.func.id]}.{key.value!s}"
            values = {str(value.arg) for value in node.keywords} - {"code"}
            assert made.setdefault(named, values) == values, f"{file}:{node.lineno}"
    return made


def test_every_error_fills_the_sentence_that_it_names() -> None:
    """Each error's key is in the catalogue, and its values are the places of that sentence."""
    words, made = devices.words.catalogue(), errors_made()

    assert len(made) > 60
    assert {key for key, values in made.items() if key not in words or places(words[key]["en"]) != values} == set()


@pytest.mark.parametrize("file", REFUSED)
def test_every_sentence_of_an_error_is_said_somewhere_and_says_what_to_do(file: str) -> None:
    """No sentence is left over; after what is wrong comes what to do, and French has its own quotes."""
    mine = {key: texts for key, texts in devices.words.catalogue().items() if key.startswith(f"{file}.")}

    assert mine
    assert set(mine) - set(errors_made()) == set()
    for key, texts in mine.items():
        if key.partition(".")[2] not in QUOTES:
            assert all(";" in text and not text.endswith(".") for text in texts.values()), key
            assert not re.search("""['"]""", texts["fr"]), key


def test_every_quantity_and_recipe_speaks_both_languages() -> None:
    """Quantities and recipes have a French and an English name that differ from their slug."""
    for quantity in load_quantities().values():
        assert quantity.name_fr, quantity.slug
        assert quantity.name_en, quantity.slug
    for recipe in load_recipes().values():
        assert recipe.name_fr, recipe.slug
        assert recipe.name_en, recipe.slug
