"""What the atelier offers: recipes as the page and its script know them, with what each is good and not good for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from devices.cabling import draw
from devices.pinout import load_pinouts
from devices.quantity import Quantity
from devices.recipe import Recipe
from devices.sheet import README
from devices.words import LANGUAGES, say

BULLET = re.compile(
    r"^- \*\*(?P<word>Bon|Pas bon|Good|Not good)\*\*[ ,]*(?P<text>.*?)(?=^- |^#|^$)", re.DOTALL | re.MULTILINE
)
WORDS = {"fr": ("Bon", "Pas bon"), "en": ("Good", "Not good")}
LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Advice:
    """What a recipe is good for, and what it is not good for, in one language."""

    good: str
    bad: str


def advice(recipe: Recipe, lang: str) -> Advice:
    """The first sentences of its README on the matter; empty where it says nothing."""
    readme = recipe.folder / README
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    said: dict[str, str] = {}
    for found in BULLET.finditer(text):
        said.setdefault(found["word"], first_sentence(found["text"]))
    good, bad = WORDS[lang]
    return Advice(said.get(good, ""), said.get(bad, ""))


def first_sentence(text: str) -> str:
    """The first sentence of a paragraph of Markdown, as plain text.

    >>> first_sentence("to see a *peak* (wood fire, works), as [stations](x.md) do. And more.")
    'to see a peak (wood fire, works), as stations do.'
    """
    plain = " ".join(LINK.sub(r"\1", text).replace("*", "").replace("`", "").split())
    plain = re.sub(r" (?=[:;?!»%€])", "\u00a0", plain)  # a French sign does not begin a line
    end = re.search(r"\.(?= [A-ZÀ-Ý])", plain)
    return plain[: end.end()] if end else plain


def offered(recipes: Iterable[Recipe], *, base: str = "") -> list[dict[str, Any]]:
    """The recipes as `recipes.json` tells them; drawings are addresses below `base`."""
    return [offer(recipe, base) for recipe in recipes]


def offer(recipe: Recipe, base: str) -> dict[str, Any]:
    """One recipe."""
    return {
        "slug": recipe.slug,
        "names": {lang: recipe.name(lang) for lang in LANGUAGES},
        "measures": {lang: measured(recipe.quantities, lang) for lang in LANGUAGES},
        "summary": {lang: recipe.summary(lang) for lang in LANGUAGES},
        "period_s": recipe.period_s,
        "boards": [on_board(recipe, board, base) for board in recipe.boards],
        "channels": [channel(c.name, c.key, recipe.quantities[c.quantity]) for c in recipe.channels],
        "parts": [
            {**{lang: part.name(lang) for lang in LANGUAGES}, "count": part.count, "price_eur": part.price_eur}
            for part in recipe.parts
        ],
        "price": round(recipe.price_eur),
    }


def on_board(recipe: Recipe, board: str, base: str) -> dict[str, Any]:
    """One of a recipe's boards."""
    pinout = load_pinouts()[board]
    return {
        "board": board,
        "name": pinout.name,
        "chip": chip_of(pinout.chip),
        "usb": pinout.usb,
        "port": pinout.port,
        "plug": {lang: pinout.plug(lang) for lang in LANGUAGES},
        "drawing": f"{base}/atelier/drawings/{recipe.slug}/{board}.svg",
        "default_first": board == recipe.boards[0],
    }


def chip_of(said: str) -> str:
    """The chip in a module, or what esptool and esptool-js say of one with its package: what they call it by itself.

    >>> chip_of("ESP32-C6-WROOM-1"), chip_of("ESP32-S2-WROVER"), chip_of("ESP32-WROOM-32E")
    ('ESP32-C6', 'ESP32-S2', 'ESP32')
    >>> chip_of("ESP32-C6 (QFN40) (revision v0.1)"), chip_of("ESP32-D0WDQ6-V3"), chip_of("ESP32-S3FH4R2"), chip_of("ESP8266")
    ('ESP32-C6', 'ESP32', 'ESP32-S3', 'ESP8266')
    """
    found = re.match(r"ESP32(-(?:C61|[SCHP][1-9]))?", said.strip().upper())
    return found[0] if found else said


def measured(quantities: Mapping[str, Quantity], lang: str) -> str:
    """What is measured, in words."""
    return ", ".join(dict.fromkeys(q.name(lang) for q in quantities.values()))


def channel(name: str, key: str, quantity: Quantity) -> dict[str, Any]:
    """One channel as it is shown."""
    where = name.rpartition(".")[0]
    return {
        "name": name,
        "key": key,
        "label": {lang: quantity.name(lang) + (f" ({where})" if where else "") for lang in LANGUAGES},
        "unit": quantity.unit_text,
        "digits": quantity.digits,
    }


def drawing(recipe: Recipe, board: str) -> str:
    """How a recipe is wired on a board, as SVG."""
    return draw(recipe.on(board))


def spoken(lang: str) -> dict[str, str]:
    """The words that the page's script says, in one language."""
    from devices.words import catalogue

    keys = [key for key in catalogue() if key.startswith("atelier.js_")]
    return {key.removeprefix("atelier."): say(key, lang) for key in keys}
