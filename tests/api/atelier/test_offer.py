"""What the atelier offers."""

from __future__ import annotations

import pytest

from api.atelier.offer import advice, chip_of, first_sentence, offered, spoken
from devices.pinout import load_pinouts
from devices.recipe import load_recipes
from devices.words import catalogue


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_every_recipe_says_what_it_is_good_and_not_good_for(lang: str) -> None:
    """One sentence each, out of its README, as plain text."""
    for recipe in load_recipes().values():
        told = advice(recipe, lang)
        for text in (told.good, told.bad):
            assert 20 < len(text) < 260, recipe.slug
            assert text.endswith("."), recipe.slug
            assert not set("*[]`\n") & set(text), recipe.slug


def test_the_offer_says_all_that_the_script_needs() -> None:
    """Boards with their chips, channels with their names and units, parts with their prices, in both languages."""
    told = {one["slug"]: one for one in offered(load_recipes().values(), base="/data")}

    assert set(told) == set(load_recipes())
    air = told["air"]
    assert air["names"] == {"fr": "Air extérieur", "en": "Outdoor air"}
    assert air["price"] == 72
    assert [b["board"] for b in air["boards"] if b["default_first"]] == ["c6"]
    assert air["boards"][0]["drawing"] == "/data/atelier/drawings/air/c6.svg"
    assert air["channels"][0] | {"label": {}} == {
        "name": "temperature", "key": "temperature", "label": {}, "unit": "°C", "digits": 1,
    }  # fmt: skip
    assert sum(part["count"] * part["price_eur"] for part in air["parts"]) == air["price"]


def test_chips_are_called_as_esptool_calls_them() -> None:
    """Five kinds of board, five chips."""
    assert {b: chip_of(p.chip) for b, p in load_pinouts().items()} == {
        "c6": "ESP32-C6", "c3": "ESP32-C3", "s3": "ESP32-S3", "s2": "ESP32-S2", "esp32": "ESP32",
    }  # fmt: skip


def test_sentences_end_where_they_end() -> None:
    """Not at a decimal point, nor inside a name."""
    assert first_sentence("from 0.3 to 3 m. And more.") == "from 0.3 to 3 m."
    assert first_sentence("no end") == "no end"


def test_the_script_speaks_one_language_at_a_time() -> None:
    """Its words are those of the catalogue, its places unfilled."""
    keys = {key.removeprefix("atelier.") for key in catalogue() if key.startswith("atelier.js_")}

    assert set(spoken("fr")) == keys


def test_a_french_sign_does_not_begin_a_line() -> None:
    """What stands before a colon, a semicolon or a per cent sign stays with it."""
    assert first_sentence("bon : ± 5 % ; oui.") == "bon\u00a0: ± 5\u00a0%\u00a0; oui."


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("ESP32-C6", "ESP32-C6"), ("esp32-c6fh4 (QFN32) (revision v0.0)", "ESP32-C6"), ("ESP32-C61", "ESP32-C61"), ("ESP32-C3 (QFN32)", "ESP32-C3"),
        ("ESP32-S3 (QFN56)", "ESP32-S3"), ("ESP32-S2FNR2", "ESP32-S2"), ("ESP32-D0WD-V3 (revision v3.1)", "ESP32"), ("ESP32-PICO-D4", "ESP32"),
        ("ESP32-S0WD", "ESP32"), ("ESP32-U4WDH", "ESP32"), ("ESP32", "ESP32"), ("ESP32-H2", "ESP32-H2"), ("ESP8266EX", "ESP8266EX"),
    ],
)  # fmt: skip
def test_chips_are_known_by_all_their_names(said: str, kind: str) -> None:
    """As esptool and esptool-js call them, with their packages."""
    assert chip_of(said) == kind
