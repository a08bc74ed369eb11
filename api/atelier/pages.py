"""What the atelier's pages show, and their templates: the same for a server and for a file that needs none."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.atelier.offer import Advice, advice, offered, spoken
from devices.pinout import Pinout, load_pinouts
from devices.recipe import Recipe
from devices.usb import BRIDGES, ESPRESSIF, VENDORS
from devices.wires import Wire, module_name, ohms, wires_of
from devices.words import say

MAKE_PATH = {"fr": "/fr/atelier", "en": "/en/atelier"}
READY_PATH = {"fr": "/fr/atelier/poste", "en": "/en/atelier/poste"}
BUNDLE = "atelier.js"
Drawn = Callable[[Recipe, str], str]
"""Where the drawing of a recipe on a board is: an address."""


@dataclass(frozen=True, slots=True)
class Strand:
    """One wire in words, with where it goes on each board."""

    module: str
    terminal: str
    colour: str
    pins: Mapping[str, str]
    resistor: str


@dataclass(frozen=True, slots=True)
class Card:
    """One recipe to choose."""

    slug: str
    name: str
    summary: str
    price: str
    advice: Advice
    thumb: str
    wires: Sequence[Strand]
    parts: Sequence[str]


@dataclass(frozen=True, slots=True)
class BoardChoice:
    """One kind of board to choose."""

    slug: str
    name: str
    recipes: str
    """The recipes that are meant for it, with blanks between."""
    plug: str
    driver: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a recipe is wired on a board."""

    recipe: str
    board: str
    src: str
    alt: str


def card(recipe: Recipe, lang: str, drawn: Drawn) -> Card:
    """One recipe as its card shows it."""
    return Card(
        slug=recipe.slug,
        name=recipe.name(lang),
        summary=recipe.summary(lang),
        price=say("atelier.price", lang, euros=f"{recipe.price_eur:.0f}"),
        advice=advice(recipe, lang),
        thumb=drawn(recipe, recipe.boards[0]),
        wires=strands(recipe, lang),
        parts=[part.name(lang) if part.count == 1 else f"{part.count} × {part.name(lang)}" for part in recipe.parts],
    )


def strands(recipe: Recipe, lang: str) -> list[Strand]:
    """The wires of a recipe, each with where it goes on each of its boards."""
    by_board = {board: wires_of(recipe.on(board)) for board in recipe.boards}
    return [
        Strand(
            module=module_name(recipe.sensors[wire.sensor], recipe, lang),
            terminal=wire.terminal,
            colour=say(f"cabling.{wire.colour}", lang),
            pins={board: wires[number].pin for board, wires in by_board.items()},
            resistor=resistor(wire, lang),
        )
        for number, wire in enumerate(by_board[recipe.boards[0]])
    ]


def resistor(wire: Wire, lang: str) -> str:
    """The resistors that a wire wants, in words; empty where it wants none."""
    return ", ".join(say("atelier.resistor", lang, ohm=ohms(ohm), to=to) for ohm, to in wire.resistors)


def board_choices(recipes: Iterable[Recipe], lang: str) -> list[BoardChoice]:
    """The boards that one recipe at least is meant for, in the order in which we recommend them."""
    known, found = list(recipes), []
    for pinout in load_pinouts().values():
        meant = [recipe.slug for recipe in known if pinout.slug in recipe.boards]
        if meant:
            found.append(board_choice(pinout, meant, lang))
    return found


def board_choice(pinout: Pinout, meant: Sequence[str], lang: str) -> BoardChoice:
    """One kind of board: where it is plugged in, and whether a PC wants a driver for it."""
    plug = say("atelier.plug", lang, plug=pinout.plug(lang)) + "."
    driver = say("atelier.no_driver" if pinout.usb == "native" else "atelier.driver", lang)
    return BoardChoice(pinout.slug, pinout.name, " ".join(meant), plug, driver)


def drawings(recipes: Iterable[Recipe], lang: str, drawn: Drawn, boards: Iterable[str]) -> list[Drawing]:
    """The drawings of all recipes on these boards."""
    wanted = set(boards)
    return [
        Drawing(
            recipe.slug, board, drawn(recipe, board),
            say("atelier.drawing", lang, recipe=recipe.name(lang), board=load_pinouts()[board].name),
        )
        for recipe in recipes
        for board in recipe.boards
        if board in wanted
    ]  # fmt: skip


def allowed(origin: str) -> str:
    """The value of the policy SerialAllowUsbDevicesForUrls that opens our boards to this origin, and nothing else.

    >>> allowed("https://air.example.org")[:60]
    '[{"devices":[{"vendor_id":12346},{"vendor_id":4292,"product_'
    """
    ids: list[dict[str, int]] = [{"vendor_id": ESPRESSIF}]
    ids += [{"vendor_id": vendor, "product_id": product} for vendor, product in BRIDGES]
    return json.dumps([{"devices": ids, "urls": [origin]}], separators=(",", ":"))


def embed(told: Mapping[str, Any]) -> Markup:
    """JSON that may stand inside a script element: nothing in it ends the element."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def told_to_script(
    recipes: Iterable[Recipe], lang: str, *, mode: Literal["server", "file"], base: str = "", **more: object
) -> dict[str, Any]:
    """What the page's script is given."""
    return {
        "mode": mode, "lang": lang, "base": base, "recipes": offered(recipes, base=base), "words": spoken(lang),
        "usb": VENDORS, **more,
    }  # fmt: skip


@cache
def templates() -> Environment:
    """The templates, read once."""
    return Environment(
        loader=PackageLoader("api.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(name: str, lang: str, **shown: object) -> str:
    """One page of the atelier in a language."""
    template = templates().get_template(f"atelier/{name}.html")
    return template.render(
        a=lambda key, **values: say(f"atelier.{key}", lang, **values),
        w=lambda key, **values: say(f"pages.{key}", lang, **values),
        lang=lang,
        ready_path=READY_PATH[lang],
        **shown,
    )


def read_asset(name: str) -> bytes | None:
    """A file of the pages' dress, as it lies in the package; None where it was not built."""
    file = files("api.web").joinpath("static").joinpath(name)
    return file.read_bytes() if file.is_file() else None


def mark() -> str:
    """A word that changes with what the pages are dressed in."""
    dressed = [read_asset(name) or b"" for name in ("style.css", "atelier.css", f"atelier/{BUNDLE}")]
    return blake2b(b"".join(dressed), digest_size=6).hexdigest()
