"""A drawing is well-formed SVG, says what it shows, and is the same bytes for the same calls."""

from __future__ import annotations

import doctest
from xml.etree import ElementTree as ET

import devices.svg
from devices.svg import Drawing

SVG = "{http://www.w3.org/2000/svg}"


def drawn() -> str:
    """One of each shape."""
    drawing = Drawing("Vane & mast", "Where <it> turns.", (-10, -20, 110, 80))
    drawing.box((0, 0), (10, 5.25), fill="#ffffff", edge="#000000", round_px=2)
    drawing.line([(0, 0), (1 / 3, 2)], colour="#ff0000", width=3.5)
    drawing.dot((1, 2), fill="#00ff00", radius=5)
    drawing.squares((2, 3), [[1, 1, 0], [0, 0, 1]], side=1 / 3)
    drawing.words((5, 5), "10 kΩ < 1 MΩ", size=12, anchor="middle", bold=True)
    return str(drawing)


def test_the_file_is_well_formed_and_speaks() -> None:
    """A parser reads it; its title and its description are those that were given, signs of markup included."""
    svg = ET.fromstring(drawn())

    assert svg.get("viewBox") == "-10 -20 120 100"
    assert [svg.findtext(f"{SVG}{tag}") for tag in ("title", "desc", "text")] == [
        "Vane & mast", "Where <it> turns.", "10 kΩ < 1 MΩ",
    ]  # fmt: skip
    assert svg.get("aria-labelledby") == " ".join(svg.find(f"{SVG}{tag}").get("id") for tag in ("title", "desc"))  # type: ignore[union-attr,misc]


def test_numbers_are_short_and_bytes_the_same() -> None:
    """Coordinates have two decimals at most, so that no platform's last digit changes the file."""
    assert drawn() == drawn()
    assert 'points="0,0 0.33,2"' in drawn()
    assert '"translate(2 3) scale(0.333333)"' in drawn()
    assert 'd="M0 0h2v1h-2zM2 1h1v1h-1z"' in drawn(), "neighbours are one shape"
    assert doctest.testmod(devices.svg).failed == 0
