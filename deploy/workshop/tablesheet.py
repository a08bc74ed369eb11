"""The sheet on the table of a workshop: one page of A4 with a recipe's wires, what to do, and what to do where it does not work."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from devices.cabling import draw
from devices.lights import lights
from devices.pinout import load_pinouts
from devices.recipe import Recipe
from devices.wires import ohms, wires_of
from devices.words import say

STEPS = ("wire", "look", "plug", "open", "ticks", "name")
TROUBLES = ("list", "boot", "first", "second", "red")
SHOWN = ("searching", "sending", "keeping", "needs-you")
STYLE = """
@page { size: A4 portrait; margin: 11mm; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 188mm; color: #111; font: 10.5pt/1.32 "Liberation Sans", Arial, sans-serif; }
header { display: flex; justify-content: space-between; align-items: baseline; border-bottom: 2pt solid #111; }
h1 { margin: 0; font-size: 20pt; } header p { margin: 0; } header b { white-space: nowrap; } h2 { margin: 3mm 0 1mm; font-size: 12pt; }
.two { display: grid; grid-template-columns: 102mm 1fr; gap: 6mm; }
figure { margin: 2mm 0 0; } figure svg { width: 102mm; height: auto; max-height: 112mm; border: .5pt solid #999; border-radius: 2mm; }
ol { margin: 0; padding-left: 6mm; } li { margin-bottom: 1.4mm; }
table { width: 100%; border-collapse: collapse; font-size: 9.5pt; } td, th { padding: .7mm 1.5mm; border-bottom: .4pt solid #999; text-align: left; vertical-align: top; }
.dot { display: inline-block; width: 3mm; height: 3mm; border: .4pt solid #111; border-radius: 50%; }
.box { display: inline-block; width: 3.6mm; height: 3.6mm; margin-right: 1.5mm; border: .8pt solid #111; vertical-align: -0.5mm; }
.write { display: grid; grid-template-columns: 1fr 1fr; gap: 2mm 6mm; margin-top: 2mm; } .write div { border-bottom: .6pt solid #111; height: 8mm; font-size: 8.5pt; color: #444; }
@media screen { body { padding: 8mm; } }
"""


def table_sheet(recipe: Recipe, lang: str, *, address: str) -> str:
    """The sheet of a recipe on the board that it is placed on, as a page that is printed from a browser and asks nobody for anything.

    `address` is where the atelier opens: a web address, or the name of a file.
    """
    board = load_pinouts()[recipe.board]
    title = words("title", lang, recipe=recipe.name(lang))
    return f"""<!doctype html>
<html lang="{lang}">
<head><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style></head>
<body>
<header><h1>{escape(title)}</h1><p>{escape(words("board", lang, board=board.name))} · <b>{heading("seat", lang)}</b></p></header>
<div class="two">
<figure>{drawn(recipe)}</figure>
<section><h2>{heading("do", lang)}</h2><ol>{items(STEPS, "do", lang, address=address, plug=board.plug(lang))}</ol></section>
</div>
<h2>{heading("wires", lang)}</h2>{wire_rows(recipe, lang)}
<h2>{heading("light", lang)}</h2><table>{light_rows(lang)}</table>
<h2>{heading("trouble", lang)}</h2><table>{trouble_rows(lang)}</table>
<div class="write"><div>{heading("write_name", lang)}</div><div>{heading("write_place", lang)}</div></div>
</body>
</html>
"""


def words(key: str, lang: str, **values: object) -> str:
    """Words of kit.toml."""
    return say(f"kit.{key}", lang, **values)


def heading(key: str, lang: str) -> str:
    """Words of kit.toml, for a page."""
    return escape(words(key, lang))


def drawn(recipe: Recipe) -> str:
    """The drawing of the wires, to stand inside a page."""
    return draw(recipe)[draw(recipe).index("<svg") :]


def items(keys: Iterable[str], of: str, lang: str, **values: object) -> str:
    """A list, with a box to tick before each point."""
    return "".join(f'<li><span class="box"></span>{escape(words(f"{of}_{key}", lang, **values))}</li>' for key in keys)


def wire_rows(recipe: Recipe, lang: str) -> str:
    """The wires, as many in a row as there is room for."""
    cells = []
    for wire in wires_of(recipe):
        more = "".join(f" + {ohms(ohm)} → {to}" for ohm, to in wire.resistors)
        colour = say(f"cabling.{wire.colour}", lang)
        cells.append(f"<td><b>{escape(wire.terminal)}</b> → <b>{escape(wire.pin)}</b>{more} ({escape(colour)})</td>")
    rows = ["".join(cells[n : n + 4]) for n in range(0, len(cells), 4)]
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def light_rows(lang: str) -> str:
    """What the board's light says, and what to do."""
    dots = {name: lights()[name].colour for name in SHOWN}
    return "".join(
        f'<tr><td><span class="dot" style="background:{dots[name]}"></span></td><td>{escape(say(f"lights.{name}_light", lang))}</td>'
        f"<td><b>{escape(say(f'lights.{name}', lang))}</b></td></tr>"
        for name in SHOWN
    )


def trouble_rows(lang: str) -> str:
    """What does not work, and what to do first."""
    return "".join(
        f"<tr><td><b>{heading(f'trouble_{key}', lang)}</b></td><td>{heading(f'trouble_{key}_do', lang)}</td></tr>"
        for key in TROUBLES
    )
