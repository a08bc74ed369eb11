"""The label of a board."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from devices.label import Label, draw_labels
from devices.lights import STATES, lights
from devices.lights import text as light_text
from devices.words import say

LABELS = [Label(f"air-{n}", "Air & <eau>", "Place de la Mairie", "https://capteurs.example/fr/") for n in range(12)]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_a_label_says_who_it_is_and_what_its_light_means(lang: str) -> None:
    """Name, title, place, address and the five states are on it; the same bytes each time; well-formed whatever names hold."""
    (sheet,) = draw_labels(LABELS[:1], lang)

    assert (sheet,) == tuple(draw_labels(LABELS[:1], lang))
    words = [element.text for element in ET.fromstring(sheet).iter("{http://www.w3.org/2000/svg}text")]
    assert words[:4] == ["air-0", "Air & <eau>", "Place de la Mairie", "https://capteurs.example/fr/"]
    assert set(words) >= {light_text(state, "", lang) for state in STATES}
    assert f'<title id="title">{say("lights.labels", lang)}</title>' in sheet
    assert all(f'fill="{lights()[state].colour}"' in sheet for state in STATES)


def test_ten_fit_on_a_sheet() -> None:
    """Twelve labels are two sheets, each label once."""
    sheets = draw_labels(LABELS, "fr")

    assert [sheet.count(">Place de la Mairie<") for sheet in sheets] == [10, 2]
    assert draw_labels([], "fr") == []
