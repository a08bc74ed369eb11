"""The tables of a recipe's README and its drawings, made from the recipe: what it measures, what to buy, how to wire it.

A README marks the place of a table by `<!-- parts fr -->` and `<!-- end -->`; the tables are measures, parts, wires and lights.
`docs/recipes.md` has tables of all recipes and of the boards.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from devices.cabling import draw
from devices.driver import load_drivers
from devices.lights import lights_table
from devices.markdown import markdown
from devices.pinout import load_pinouts
from devices.recipe import Recipe
from devices.wires import module_name, ohms, wires_of
from devices.words import decimal, say

README = "README.md"
PLACE = re.compile(r"<!-- (measures|parts|wires|lights) (fr|en) -->\n.*?<!-- end -->", re.DOTALL)


def fill(text: str, recipe: Recipe) -> str:
    """A README's text with its tables made anew."""

    def table(place: re.Match[str]) -> str:
        made = lights_table(place[2]) if place[1] == "lights" else TABLES[place[1]](recipe, place[2])
        return f"<!-- {place[1]} {place[2]} -->\n\n{made}\n<!-- end -->"

    return PLACE.sub(table, text)


def sheet_of(recipe: Recipe) -> dict[Path, str]:
    """What is generated of a recipe's folder: a drawing for each of its boards, and its README where it has one."""
    found = {recipe.folder / drawing_of(recipe, board): draw(recipe.on(board)) for board in recipe.boards}
    readme = recipe.folder / README
    if readme.exists():
        found[readme] = fill(readme.read_text(encoding="utf-8"), recipe)
    return found


def drawing_of(recipe: Recipe, board: str) -> str:
    """The name of the drawing for a board: `wiring.svg` for the recipe's first, `wiring-s3.svg` and so on for others."""
    return "wiring.svg" if board == recipe.boards[0] else f"wiring-{board}.svg"


def measures_table(recipe: Recipe, lang: str) -> str:
    """Its channels: quantity, unit, and how the readings of a minute or an hour become one value; and how well it is proven."""
    rows = [[words(key, lang) for key in ("channel", "quantity", "unit", "condensed")]]
    for channel in recipe.channels:
        quantity = recipe.quantities[channel.quantity]
        condensed = words(f"aggregate_{quantity.aggregate}", lang)
        rows.append([f"`{channel.name}`", quantity.name(lang), quantity.unit_text, condensed])
    return markdown(rows) + "\n" + say(f"sheet.{recipe.scale}_says", lang, seen=recipe.seen) + "\n"


def parts_table(recipe: Recipe, lang: str) -> str:
    """The shopping list, with the month of its prices, the kind of shop, the sum, and the way without a soldering iron."""
    year, month = recipe.priced.split("-")
    rows = [[words("part", lang), say("sheet.price", lang, year=year, month=month), words("shop", lang)]]
    for part in recipe.parts:
        name = part.name(lang) if part.count == 1 else f"{part.count} × {part.name(lang)}"
        rows.append([name, euros(part.count * part.price_eur, lang), words(f"shop_{part.shop}", lang)])
    rows.append([words("total", lang), euros(recipe.price_eur, lang), ""])
    how = recipe.solderless(lang)
    return markdown(rows) + ("\n" + say("sheet.solderless", lang, how=how) + "\n" if how else "")


def wires_table(recipe: Recipe, lang: str) -> str:
    """Each wire, and where it goes on each board that the recipe is meant for, whose drawing is a link away."""
    boards = [recipe.on(board) for board in recipe.boards]
    names = [f"[{load_pinouts()[board].name}]({drawing_of(recipe, board)})" for board in recipe.boards]
    rows = [[*(words(key, lang) for key in ("module", "terminal", "wire")), *names]]
    for same in zip(*map(wires_of, boards), strict=True):
        wire = same[0]
        module = module_name(recipe.sensors[wire.sensor], recipe, lang)
        rows.append([module, wire.terminal, say(f"cabling.{wire.colour}", lang), *(w.pin for w in same)])
        for ohm, to in wire.resistors:
            resistor = say("sheet.resistor", lang, ohm=ohms(ohm))
            rows.append([module, resistor, "", *(say("sheet.between", lang, pin=w.pin, to=to) for w in same)])
    return markdown(rows) + "\n" + order_of(recipe.boards, lang) + "\n"


def order_of(boards: Sequence[str], lang: str) -> str:
    """Why boards stand in this order, and where each is plugged in."""
    rows = [load_pinouts()[board] for board in boards]
    plugs = [say("sheet.plug_of", lang, board=row.name, plug=row.plug(lang)) for row in rows]
    return f"{words('order', lang)} {say('sheet.plug', lang, plugs=' ; '.join(plugs) if lang == 'fr' else '; '.join(plugs))}"


def recipes_table(recipes: Iterable[Recipe], lang: str) -> str:
    """All recipes: what each measures and costs, how well it is proven, and on how many real boards it was seen."""
    heads = ("recipe", "measured", "cost", "soldering", "boards", "scale", "seen")
    rows = [[words(key, lang) for key in heads]]
    for recipe in recipes:
        link = f"[{recipe.name(lang)}](../devices/recipes/{recipe.slug})<br>`{recipe.slug}`"
        measured = ", ".join(dict.fromkeys(q.name(lang) for q in recipe.quantities.values()))
        solderless = words("yes" if recipe.solderless(lang) else "no", lang)
        cells = [link, measured, euros(recipe.price_eur, lang), solderless, ", ".join(recipe.boards)]
        rows.append([*cells, words(recipe.scale, lang), str(recipe.seen)])
    return markdown(rows)


def boards_table(lang: str) -> str:
    """All boards in the order in which we recommend them: how each is plugged in, and how much memory it has."""
    rows = [[words(key, lang) for key in ("board", "usb", "connector", "heap")]]
    for board in load_pinouts().values():
        heap = f"{board.heap / 1024:.0f} " + ("Kio" if lang == "fr" else "KiB")
        way = words(f"{board.usb}_{board.port}", lang)
        rows.append([f"{board.name} (`{board.slug}`)", way, board.plug(lang), heap])
    return markdown(rows)


def drivers_table(lang: str) -> str:
    """What each driver gives, and in which sockets it can be: the table of docs/add-a-sensor.md."""
    rows = [[words(key, lang) for key in ("driver", "part", "socket", "gives")]]
    board = next(iter(load_pinouts().values()))
    for driver in load_drivers().values():
        sockets = ", ".join(f"`{socket}`" for socket in board.sockets_of(driver.bus))
        gives = ", ".join(f"`{key}` ({unit})" for key, unit in driver.keys.items())
        rows.append([f"`{driver.slug}`", driver.name(lang), sockets, gives])
    return markdown(rows)


def words(key: str, lang: str) -> str:
    """Words of sheet.toml."""
    return say(f"sheet.{key}", lang)


def euros(amount: float, lang: str) -> str:
    """An amount; cents only where it is less than a euro."""
    text = f"{amount:.0f}" if amount >= 1 else decimal(f"{amount:.2f}", lang)
    return say("sheet.euros", lang, amount=text)


TABLES = {"measures": measures_table, "parts": parts_table, "wires": wires_table}
"""The tables that a recipe makes, by the name of their place."""
