"""Each recipe's folder is complete, and what its README says of parts and wires is what its recipe says."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from devices.pinout import load_pinouts
from devices.quantity import load_quantities
from devices.recipe import RECIPES, Recipe, load_recipes, read_recipe
from devices.sheet import PLACE, README, fill, parts_table, sheet_of, wires_table
from devices.wires import POWER, ohms, wires_of
from devices.words import decimal

ALL = list(load_recipes().values())
FRENCH, ENGLISH = "## Français", "## English"


@pytest.mark.parametrize("folder", sorted(f for f in RECIPES.iterdir() if f.is_dir()), ids=lambda f: f.name)
def test_a_recipe_is_a_complete_folder(folder: Path) -> None:
    """Recipe, signals, README and a drawing for each board, and nothing else."""
    drawings = {"wiring.svg", *(f"wiring-{board}.svg" for board in load_recipes()[folder.name].boards[1:])}

    assert {f.name for f in folder.iterdir()} - {"evidence"} == {"README.md", "recipe.toml", "signal.toml"} | drawings


@pytest.mark.parametrize("recipe", ALL, ids=lambda r: r.slug)
def test_what_is_generated_is_what_the_recipe_says(recipe: Recipe) -> None:
    """Drawing and tables in the folder are those that recipe.toml makes: `girouette recipe draw` writes them again."""
    for file, content in sheet_of(recipe).items():
        assert file.read_text(encoding="utf-8") == content, f"{file.name} is older than recipe.toml"


@pytest.mark.parametrize("recipe", ALL, ids=lambda r: r.slug)
def test_the_readme_speaks_french_first_then_english(recipe: Recipe) -> None:
    """Both halves have the same four tables, the drawing, and as many headings and points."""
    text = (recipe.folder / README).read_text(encoding="utf-8")
    french, english = text[text.index(FRENCH) : text.index(ENGLISH)], text[text.index(ENGLISH) :]

    assert [m[1] for m in PLACE.finditer(french)] == ["measures", "parts", "wires", "lights"]
    assert [m[1] for m in PLACE.finditer(english)] == ["measures", "parts", "wires", "lights"]
    assert [m[2] for m in PLACE.finditer(text)] == ["fr"] * 4 + ["en"] * 4
    for half in (french, english):
        assert "](wiring.svg)" in half
    for pattern in (r"^### ", r"^- ", r"^\d\. ", r"\*\*", r"^!\["):
        assert len(re.findall(pattern, french, re.MULTILINE)) == len(re.findall(pattern, english, re.MULTILINE)), (
            pattern
        )


TITLES = (
    "Ce qu’il faut acheter", "Câblage", "Où l(a|e|es) poser", "Bon à quoi, pas bon à quoi", "Vie privée", "Étalonnage",
    "What to buy", "Wiring", "Where to put it", "Good for, not good for", "Privacy", "Calibration",
)  # fmt: skip


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("recipe", ALL, ids=lambda r: r.slug)
def test_the_readme_says_what_it_is_not_good_for(recipe: Recipe, title: str) -> None:
    """Parts, wiring, place, limits, privacy and calibration have a heading of their own."""
    assert re.search(f"^### {title}$", (recipe.folder / README).read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("recipe", ALL, ids=lambda r: r.slug)
def test_the_wiring_table_holds_every_wire_on_every_board(recipe: Recipe) -> None:
    """Read back, the table of the README gives the wires of recipe.toml, board by board."""
    text = (recipe.folder / README).read_text(encoding="utf-8")
    (table,) = (m[0] for m in PLACE.finditer(text) if m.group(1, 2) == ("wires", "en"))
    head, *rows = [[c.strip() for c in line.strip("|").split("|")] for line in table.splitlines() if line[:2] == "| "]

    linked = [re.fullmatch(r"\[(.+)\]\((.+)\)", cell) for cell in head[3:]]
    assert [cell and cell[1] for cell in linked] == [load_pinouts()[board].name for board in recipe.boards]
    assert all(cell and (recipe.folder / cell[2]).is_file() for cell in linked)
    for column, board in enumerate(recipe.boards, 3):
        read = [(row[1], row[column]) for row in rows if row[2]]
        assert read == [(w.terminal, w.pin) for w in wires_of(recipe.on(board))]


def test_another_pin_makes_another_table(own_recipe: Callable[..., Path]) -> None:
    """A README that was filled from another wiring is told apart, so the tests above can fail."""
    pins = 'bus = "i2c"\npins = { c6 = { sda = 18, scl = 19 } }'
    recipe = read_recipe(own_recipe(), load_quantities())
    other = read_recipe(own_recipe(('bus = "i2c"', pins)), load_quantities())
    text = fill("<!-- wires fr -->\n<!-- end -->\n", recipe)

    assert fill(text, recipe) == text
    assert fill(text, other) != text
    assert "| BME280 | SDA | vert | 18 |" in wires_table(other, "fr")
    assert {w.pin for w in wires_of(other)} - set(POWER) == {"18", "19"}


def test_prices_bear_their_month_and_add_up(own_recipe: Callable[..., Path]) -> None:
    """Two of a part cost twice as much; what costs less than a euro shows its cents as each language writes them."""
    recipe = read_recipe(own_recipe(("price_eur = 10", "count = 2\nprice_eur = 0.2")), load_quantities())

    assert parts_table(recipe, "fr").splitlines() == [
        "| pièce | prix, ordre de grandeur (2026-11) | où |",
        "|---|---|---|",
        "| 2 × Carte ESP32 | 0,40 € | boutique d’électronique |",
        "| **en tout** | 0,40 € |  |",
    ]
    assert "| €0.40 | electronics shop |" in parts_table(recipe, "en")
    assert "(2027-01)" in parts_table(replace(recipe, priced="2027-01"), "en")


def test_a_folder_without_a_readme_gets_its_drawings_alone(own_recipe: Callable[..., Path]) -> None:
    """A README is for people to write; drawings need nobody. The first of the recipe's boards has the short name."""
    recipe = read_recipe(own_recipe(("period_s = 60", 'period_s = 60\nboards = ["c3", "esp32"]')), load_quantities())

    assert [f.name for f in sheet_of(recipe)] == ["wiring.svg", "wiring-esp32.svg"]
    assert "ESP32-C3-DevKit-RUST-2" in sheet_of(recipe)[recipe.folder / "wiring.svg"]


@pytest.mark.parametrize("recipe", ALL, ids=lambda r: r.slug)
def test_the_readme_says_how_to_write_a_real_board(recipe: Recipe) -> None:
    """One line in each language, with the command of this recipe and the atelier; none says that it cannot be done."""
    lines = (recipe.folder / README).read_text(encoding="utf-8").splitlines()
    said = [line for line in lines if f"`girouette flash {recipe.slug}`" in line]

    assert [line.partition(" ")[0] for line in said] == ["Sur", "On"]
    assert all("atelier" in line and "](../../../docs/flash.md)" in line for line in said)
    assert not [line for line in lines if "programme encore" in line or "writes a real board yet" in line]


@pytest.mark.parametrize("recipe", ALL, ids=lambda r: r.slug)
def test_a_way_without_a_soldering_iron_is_named(recipe: Recipe) -> None:
    """Every recipe has one, or says here that there is none and why."""
    assert all(recipe.solderless(lang) for lang in ("fr", "en"))


@pytest.mark.parametrize("recipe", ALL, ids=lambda r: r.slug)
def test_every_resistor_of_the_wiring_is_on_the_shopping_list(recipe: Recipe) -> None:
    """With its value, in both languages."""
    wanted = {ohm for wire in wires_of(recipe) for ohm, _ in wire.resistors}

    for ohm in wanted:
        assert any(f"sistance de {decimal(ohms(ohm), 'fr')}" in part.name_fr for part in recipe.parts), ohm
        assert any(f"esistor of {ohms(ohm)}" in part.name_en for part in recipe.parts), ohm
