"""The label of a board."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from devices.label import CODE_PX, EDGE, MM_PX, WIDEST, WIDTH, Label, draw_labels, draw_sheet, print_labels
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
    assert f'<title id="title-1">{say("lights.labels", lang)}</title>' in sheet
    assert all(f'fill="{lights()[state].colour}"' in sheet for state in STATES)


def test_ten_fit_on_a_sheet() -> None:
    """Twelve labels are two sheets, each label once."""
    sheets = draw_labels(LABELS, "fr")

    assert [sheet.count(">Place de la Mairie<") for sheet in sheets] == [10, 2]
    assert draw_labels([], "fr") == []


def test_a_sheet_is_as_large_as_its_labels_and_fits_on_a4() -> None:
    """In its true size, with eight millimetres around it that no printer reaches."""
    one, ten = (ET.fromstring(draw_sheet(LABELS[:count], "fr")) for count in (1, 10))
    assert [float(one.get(side, 0)) for side in ("width", "height")] == pytest.approx(
        [96 * MM_PX, 53.5 * MM_PX], abs=0.01
    )
    assert float(ten.get("width", 0)) <= (210 - 16) * MM_PX + 0.01
    assert float(ten.get("height", 0)) <= (297 - 16) * MM_PX


def test_long_names_stay_on_their_label() -> None:
    """The longest id is smaller, a name of a place beyond all bounds is cut; neither reaches the code beside it."""
    label = Label("a" * 32, "Air + " * 30, "Place " * 40, "capteurs.example", ((1, 0), (0, 1)))
    drawn = ET.fromstring(draw_sheet([label], "fr"))
    texts = [e for e in drawn.iter("{http://www.w3.org/2000/svg}text") if float(e.get("y", 0)) < 100]

    assert texts[0].text == "a" * 32
    assert (texts[2].text or "").endswith("…")
    assert all(
        len(e.text or "") * float(e.get("font-size", 0)) * WIDEST <= WIDTH - CODE_PX - 2 * EDGE + 0.1 for e in texts
    )


def test_all_sheets_are_one_page_to_print() -> None:
    """A section a sheet, ids that differ, words in the language, and nothing from elsewhere."""
    page = print_labels(LABELS, "fr")

    assert page.count("<section>") == page.count("<svg ") == 2
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) == 4
    assert '<html lang="fr">' in page
    assert not re.findall(r"(?:src|href)=|url\(|@import", page)


def test_the_key_of_its_wifi_is_on_a_label_for_the_inside() -> None:
    """It is printed where it is asked for, above the lights and beside the code, and nowhere else."""
    own = "Wi-Fi girouette-air-1, clé abcdefgh23"
    label = Label("air-1", "Air", "Mairie", "capteurs.example", ((1, 0), (0, 1)), wifi=own)
    drawn = ET.fromstring(draw_sheet([label], "fr"))
    (line,) = (e for e in drawn.iter("{http://www.w3.org/2000/svg}text") if e.text == own)

    assert 98 < float(line.get("y", 0)) <= 112
    assert len(own) * float(line.get("font-size", 0)) * WIDEST <= WIDTH - CODE_PX - 2 * EDGE + 0.1
    assert "Wi-Fi gir" not in draw_sheet(LABELS[:1], "fr")


def test_a_label_without_an_address_has_no_code() -> None:
    """Where nobody knows the public address there is nothing that a code could lead to."""
    assert "<path" not in draw_sheet(LABELS[:1], "fr")
