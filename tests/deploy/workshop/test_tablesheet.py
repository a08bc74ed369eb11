"""The sheet on the table of a workshop: what stands on it, and that it is one page."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from deploy.cli import run
from deploy.workshop.tablesheet import STEPS, TROUBLES, table_sheet
from devices.recipe import load_recipes
from devices.wires import wires_of
from devices.words import LANGUAGES

ADDRESS = "http://localhost:8000/fr/atelier"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("slug", ["climate", "air", "water-temperature"])
def test_the_sheet_has_wires_steps_lights_and_cures(slug: str, lang: str) -> None:
    """Each wire, each step, each light, each trouble; nothing is fetched from anywhere."""
    recipe = load_recipes()[slug]
    page = table_sheet(recipe, lang, address=ADDRESS)

    for wire in wires_of(recipe):
        assert f"<b>{wire.terminal}</b> → <b>{wire.pin}</b>" in page
    assert page.count('<span class="box">') == len(STEPS)
    assert page.count('<span class="dot"') == 4
    assert len(re.findall(r"<tr><td><b>[^<]+</b></td><td>[^<]+</td></tr>", page)) == len(TROUBLES)
    assert ADDRESS in page
    assert recipe.name(lang) in page
    assert {"fr": "place n°", "en": "seat no."}[lang] in page
    assert re.findall(r'(?:src|href)="(?!#)', page) == []


def test_a_sheet_for_each_recipe_names_the_file_where_there_is_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As it is typed."""
    words = ["atelier", "--sheet", str(tmp_path / "feuille.html"), "--recipe", "climate", "--recipe", "noise"]
    assert run([*words, "--file", "atelier.html", "--board", "esp32"]) == 0

    assert capsys.readouterr().out.split() == [str(tmp_path / "feuille.html"), str(tmp_path / "feuille-2.html")]
    assert "ouvrez atelier.html ;" in (tmp_path / "feuille.html").read_text(encoding="utf-8")
    assert "ESP32-DevKitC" in (tmp_path / "feuille-2.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_sheet_is_one_page_of_a4(part: Callable[[str], str]) -> None:
    """For each recipe, on its first board and on the one with most pins, as a browser prints it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=part("chromium"), args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        pages = {}
        for slug, recipe in load_recipes().items():
            for board in {recipe.boards[0], recipe.boards[-1]}:
                page.set_content(table_sheet(recipe.on(board), "fr", address=ADDRESS))
                printed = page.pdf(prefer_css_page_size=True)
                pages[slug, board] = len(re.findall(rb"/Type\s*/Page[^s]", printed))
        browser.close()
    assert {name: count for name, count in pages.items() if count != 1} == {}
