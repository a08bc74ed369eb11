"""The drawn examples are what the code makes of them today."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from api.web.examples import NAMES, PAGE, STATIC, WORDS, examples, page, words
from api.web.routes import CORRECTED, FLAGGED, HAPPENED


@pytest.mark.slow
def test_drawings_page_and_quotations_are_those_of_the_code() -> None:
    """Twelve days of five places through flags and watch; `python -m api.web.examples` writes them anew."""
    for name, one in examples().items():
        assert (STATIC / f"example-{name}.svg").read_text(encoding="utf-8") == one.svg, name
    written = WORDS.read_text(encoding="utf-8")
    assert words(written) == written
    assert PAGE.read_text(encoding="utf-8") == page()
    assert set(examples()) == set(NAMES) == {*FLAGGED, *HAPPENED, *CORRECTED}


@pytest.mark.parametrize("name", NAMES)
def test_a_drawing_stands_alone(name: str) -> None:
    """Well-formed, of a size, with its title, marked where it should be, and asking for nothing from elsewhere."""
    text = (STATIC / f"example-{name}.svg").read_text(encoding="utf-8")
    drawn = ET.fromstring(text)

    assert (drawn.get("width"), drawn.get("height")) == ("720", "220")
    assert drawn.find("{*}title") is not None
    assert bool(re.search(r'class="(suspect|fail)"', text)) is (name != "corrected")
    assert "href" not in text


@pytest.mark.parametrize(("path", "flags"), [("/fr/qualite", "Les drapeaux"), ("/en/quality", "Flags")])
def test_the_page_shows_them_all(ask: Any, path: str, flags: str) -> None:
    """Each drawing with what the gateway says of it, in the language of the page; every picture is there."""
    told = ask(path)

    assert told.status_code == 200
    assert flags in told.text
    pictures = re.findall(r'src="([^"]+example-[^"]+)"', told.text)
    assert len(pictures) == len(NAMES)
    assert {ask(src.replace("http://girouette.test", "")).headers["content-type"] for src in pictures} == {
        "image/svg+xml"
    }
    assert told.text.count("<blockquote>") == len(NAMES)
    assert "<script" not in told.text


def test_other_pages_lead_to_it(ask: Any) -> None:
    """From everywhere by the navigation, and from what is marked."""
    assert 'href="http://girouette.test/fr/qualite"' in ask("/fr/lieu/1").text
    assert 'href="http://girouette.test/en/quality"' in ask("/en/data").text
