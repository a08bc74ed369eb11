"""docs/recipes.md lists every recipe and every board as they are: `GIROUETTE_TABLES=write` writes its tables again."""

from __future__ import annotations

import os
import re
from pathlib import Path

from devices.pinout import load_pinouts
from devices.recipe import load_recipes
from devices.sheet import boards_table, recipes_table

PAGE = Path(__file__).parent.parent.parent / "docs" / "recipes.md"
PLACE = re.compile(r"<!-- (recipes|boards) (fr|en) -->\n.*?<!-- end -->", re.DOTALL)


def filled(text: str) -> str:
    """The page with its tables made anew."""

    def table(place: re.Match[str]) -> str:
        made = boards_table(place[2]) if place[1] == "boards" else recipes_table(load_recipes().values(), place[2])
        return f"<!-- {place[1]} {place[2]} -->\n\n{made}\n<!-- end -->"

    return PLACE.sub(table, text)


def test_the_tables_are_those_of_the_recipes_and_boards() -> None:
    """Price, scale and boards of each recipe, how each board is plugged in and how much memory it has."""
    text = PAGE.read_text(encoding="utf-8")

    if os.environ.get("GIROUETTE_TABLES") == "write":
        PAGE.write_text(filled(text), encoding="utf-8")
    else:
        assert text == filled(text), "GIROUETTE_TABLES=write pytest tests/docs/test_recipes.py"


def test_both_languages_have_every_recipe_and_board() -> None:
    """Two tables a language; each recipe links to its folder, and boards stand in their order."""
    text = PAGE.read_text(encoding="utf-8")

    assert [m.group(1, 2) for m in PLACE.finditer(text)] == [
        ("recipes", "fr"), ("boards", "fr"), ("recipes", "en"), ("boards", "en"),
    ]  # fmt: skip
    for slug in load_recipes():
        assert text.count(f"](../devices/recipes/{slug})") == 2, slug
        assert (PAGE.parent.parent / "devices/recipes" / slug).is_dir()
    names = [board.name for board in load_pinouts().values()]
    half = text[text.index("### Boards") :]
    assert [half.index(name) for name in names] == sorted(half.index(name) for name in names)
