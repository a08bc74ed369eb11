"""A recipe: a folder that says what to buy, wire and measure. Load it, or refuse it with a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from devices.pinout import load_pinouts
from devices.quantity import Quantity, load_quantities, read_quality
from devices.refusal import RecipeError
from devices.scale import SCALE, boards_seen, earned
from devices.sensor import Channel, Sensor, check_pins, read_sensor
from devices.signal import read_signals
from devices.table import Table, read_table
from devices.words import say

__all__ = ["Channel", "Part", "Recipe", "RecipeError", "Sensor", "check_recipe", "load_recipes", "read_folder", "told"]
RECIPES = Path(__file__).parent / "recipes"
FILE = "recipe.toml"
SLUG = re.compile(r"[a-z][a-z0-9_-]{0,31}")
MONTH = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
SHOPS = ("electronics", "hardware", "weather")
"""Kinds of shop; `words/sheet.toml` says what people call them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the shopping list."""

    name_fr: str
    name_en: str
    count: int
    price_eur: float
    """Of one piece: an order of magnitude, of the month that the recipe names."""
    shop: str
    """Which kind of shop has it, of SHOPS."""

    def name(self, lang: str) -> str:
        """Its name in a language."""
        return self.name_fr if lang == "fr" else self.name_en


@dataclass(frozen=True, slots=True)
class Recipe:
    """One recipe, placed on one of its boards."""

    slug: str
    folder: Path
    name_fr: str
    name_en: str
    summary_fr: str
    summary_en: str
    period_s: int
    board: str
    """The board that it is placed on; the first of `boards` unless `on` was asked."""
    boards: tuple[str, ...]
    led: int | None
    rgb: int | None
    scale: str
    """How well it is proven, of SCALE; never more than its evidence."""
    seen: int
    """On how many real boards."""
    solderless_fr: str
    solderless_en: str
    """How to do without a soldering iron; empty where there is no way."""
    sensors: tuple[Sensor, ...]
    parts: tuple[Part, ...]
    priced: str
    """The month in which the prices were looked at, 2026-11."""
    signals: Mapping[str, Mapping[str, Any]]
    """The tables of `signal.toml`, by channel."""
    quality: Mapping[str, Mapping[str, float]]
    """Thresholds of its own, by channel, in place of the quantity's."""
    quantities: Mapping[str, Quantity]
    """The quantities that it measures, by slug."""

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All channels, in the order in which the board sends them."""
        return tuple(c for s in self.sensors for c in s.channels)

    @property
    def price_eur(self) -> float:
        """What all parts cost together."""
        return sum(p.count * p.price_eur for p in self.parts)

    def name(self, lang: str) -> str:
        """Its name in a language."""
        return self.name_fr if lang == "fr" else self.name_en

    def summary(self, lang: str) -> str:
        """What it is for, in a sentence."""
        return self.summary_fr if lang == "fr" else self.summary_en

    def solderless(self, lang: str) -> str:
        """How to do without a soldering iron; empty where there is no way."""
        return self.solderless_fr if lang == "fr" else self.solderless_en

    def on(self, board: str) -> Recipe:
        """The same recipe, placed on another of its boards; RecipeError where it is not meant for it."""
        pinouts, where = load_pinouts(), str(self.folder / FILE)
        if board not in pinouts:
            raise RecipeError("unknown_board", where=where, value=board, choices=", ".join(pinouts))
        if board not in self.boards:
            choices = ", ".join(self.boards)
            raise RecipeError("board_not_meant", where=where, recipe=self.slug, value=board, choices=choices)
        pinout = pinouts[board]
        return replace(
            self, board=board, led=pinout.led, rgb=pinout.rgb, sensors=tuple(s.on(pinout) for s in self.sensors)
        )


def load_recipes(
    extra: Sequence[Path] = (), *, quantities: Mapping[str, Quantity] | None = None
) -> Mapping[str, Recipe]:
    """All recipes by slug: the package's, then those of folders of one's own.

    Each folder holds recipe folders, or is one. Quantities are the package's and those of the folders unless they are given.
    Raises RecipeError or QuantityError.
    """
    if quantities is None:
        quantities = load_quantities(extra)
    found = dict(package_recipes())
    for folder in extra:
        for place in recipe_folders(folder):
            recipe = read_recipe(place, quantities)
            if recipe.slug in found:
                raise RecipeError("recipe_twice", where=place, slug=recipe.slug)
            found[recipe.slug] = recipe
    return MappingProxyType(found)


@cache
def package_recipes() -> Mapping[str, Recipe]:
    """The recipes that come with Girouette, read once."""
    quantities = load_quantities()
    found = (read_recipe(folder, quantities) for folder in recipe_folders(RECIPES))
    return MappingProxyType({recipe.slug: recipe for recipe in found})


def recipe_folders(folder: Path) -> list[Path]:
    """The recipe folders in a folder, by name, or the folder itself where it is one; RecipeError where there is none."""
    if (folder / FILE).is_file():
        return [folder]
    found = sorted(f.parent for f in folder.glob(f"*/{FILE}") if not f.parent.name.startswith("."))
    if not found:
        raise RecipeError("no_recipes", where=folder)
    return found


def read_recipe(folder: Path, quantities: Mapping[str, Quantity]) -> Recipe:
    """The recipe in a folder, placed on the first of its boards and checked on all of them."""
    place = folder.name if folder.parent == RECIPES else str(folder)
    row = read_table(folder / FILE, f"{place}/{FILE}", RecipeError)
    if not SLUG.fullmatch(folder.resolve().name):
        raise row.refusal("bad_recipe_slug", value=folder.resolve().name)
    boards = read_boards(row)
    board = load_pinouts()[boards[0]]
    sensors = tuple(read_sensor(sensor, quantities, board) for sensor in row.tables("sensors"))
    channels = check_channels(sensors, row)
    names_fr, names_en = row.both("name")
    summary_fr, summary_en = row.both("summary")
    solderless = row.both("solderless") if row.has("solderless") else ("", "")
    found = Recipe(
        slug=folder.resolve().name,
        folder=folder,
        name_fr=names_fr,
        name_en=names_en,
        summary_fr=summary_fr,
        summary_en=summary_en,
        period_s=row.whole("period_s", 1, 86400),
        board=board.slug,
        boards=boards,
        led=board.led,
        rgb=board.rgb,
        scale=read_scale(row, folder),
        seen=len(boards_seen(folder)),
        solderless_fr=solderless[0],
        solderless_en=solderless[1],
        sensors=sensors,
        parts=tuple(read_parts(row)),
        priced=read_month(row, "priced"),
        signals=read_signals(folder / "signal.toml", f"{place}/signal.toml", [c.name for c in channels]),
        quality=read_overrides(row.table("quality"), channels, quantities),
        quantities=MappingProxyType({c.quantity: quantities[c.quantity] for c in channels}),
    )
    row.close()
    check_recipe(found)
    return found


def read_scale(row: Table, folder: Path) -> str:
    """How well the recipe says that it is proven; RecipeError where its evidence is worth less."""
    scale, worth = row.among("scale", SCALE) if row.has("scale") else SCALE[0], earned(folder)
    if SCALE.index(scale) > SCALE.index(worth):
        raise row.refusal("scale_unearned", value=scale, worth=worth)
    return scale


def read_boards(row: Table) -> tuple[str, ...]:
    """The boards that the recipe is meant for; all where it does not say."""
    if not row.has("boards"):
        return tuple(load_pinouts())
    boards = row.raw("boards")
    if not isinstance(boards, list) or not boards:
        raise row.refusal("unknown_board", value=boards, choices=", ".join(load_pinouts()))
    for board in boards:
        if board not in load_pinouts():
            raise row.refusal("unknown_board", value=board, choices=", ".join(load_pinouts()))
    return tuple(boards)


def check_channels(sensors: Sequence[Sensor], row: Table) -> list[Channel]:
    """All channels; RecipeError where there is none, or two of a name."""
    if not sensors:
        raise row.refusal("no_sensors")
    found: dict[str, Channel] = {}
    for sensor in sensors:
        for channel in sensor.channels:
            if channel.name in found:
                raise RecipeError("channel_twice", where=sensor.where, channel=channel.name)
            found[channel.name] = channel
    return list(found.values())


def check_recipe(recipe: Recipe) -> None:
    """Refuse pins that do not add up, on each board that the recipe is meant for."""
    for board in recipe.boards:
        check_pins(recipe.on(board).sensors, load_pinouts()[board])


def read_parts(row: Table) -> Iterator[Part]:
    """The shopping list."""
    if not row.has("parts"):
        raise row.refusal("no_parts")
    for part in row.tables("parts"):
        fr, en = part.both("name")
        count = part.whole("count", 1, 1000) if part.has("count") else 1
        price = part.number("price_eur")
        if not 0 <= price <= 10000:
            raise part.refusal("out_of_range", key="price_eur", value=price, low=0, high=10000)
        shop = part.among("shop", SHOPS)
        part.close()
        yield Part(fr, en, count, price, shop)


def read_month(row: Table, key: str) -> str:
    """A month such as 2026-11."""
    month = row.text(key)
    if not MONTH.fullmatch(month):
        raise row.refusal("bad_month", key=key, value=month)
    return month


def read_overrides(
    tables: Table, channels: Sequence[Channel], quantities: Mapping[str, Quantity]
) -> Mapping[str, Mapping[str, float]]:
    """Thresholds of the recipe's own, by channel, by the rules of quantities.toml."""
    found: dict[str, Mapping[str, float]] = {}
    known = {c.name: quantities[c.quantity] for c in channels}
    for name in tables.written():
        if name not in known:
            raise tables.refusal("stray_quality", channel=name, choices=", ".join(known))
        quantity = known[name]
        found[name] = read_quality(tables.table(name), quantity.low, quantity.high, beside=quantity.quality)
    return MappingProxyType(found)


def read_folder(folder: Path) -> list[Recipe]:
    """The recipes in a folder of one's own, or the one that the folder is; RecipeError or QuantityError where one adds up to none.

    Quantities are the package's, those of the folder, and those beside a recipe's own folder.
    """
    shelf = folder.parent if (folder / FILE).is_file() else folder
    quantities = load_quantities([shelf] if shelf == folder else [shelf, folder])
    taken = {place.resolve() for place in recipe_folders(RECIPES)}
    found = []
    for place in recipe_folders(folder):
        recipe = read_recipe(place, quantities)
        if recipe.slug in package_recipes() and place.resolve() not in taken:
            raise RecipeError("recipe_twice", where=place, slug=recipe.slug)
        found.append(recipe)
    return found


def told(recipe: Recipe, lang: str) -> str:
    """What a recipe is, in a sentence."""
    return say(
        "check.fine",
        lang,
        slug=recipe.slug,
        name=recipe.name(lang),
        channels=", ".join(c.name for c in recipe.channels),
        period_s=recipe.period_s,
        price=f"{recipe.price_eur:.0f}",
        boards=", ".join(recipe.boards),
        scale=say(f"sheet.{recipe.scale}", lang),
    )
