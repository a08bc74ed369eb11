"""The label of a board, to be printed and stuck on its box: who it is, what it measures, what its light says, and the way to its page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from devices.lights import STATES, lights, lit_ms
from devices.lights import text as light_text
from devices.svg import Drawing
from devices.words import say

MM_PX = 96 / 25.4
WIDTH_MM, HEIGHT_MM, GAP_MM = 96.0, 53.5, 2.0
"""Of one label, and between two: ten are on a sheet of A4 with 8 mm around them that no printer reaches."""
COLUMNS, ROWS = 2, 5
WIDTH, HEIGHT, GAP = WIDTH_MM * MM_PX, HEIGHT_MM * MM_PX, GAP_MM * MM_PX
EDGE, CODE_PX, QUIET = 12.0, 112.0, 4
"""Room at the edges; the side of the code with the four modules of white around it that readers ask for."""
LIGHTS_TOP, LINE, STRIP_HEIGHT = 112.0, 14.5, 10.0
NAME_WIDTH, STRIP_WIDTH = 160.0, 176.0
STRIP_MS = 6000
GREY = "#555555"
WIDEST = 0.66
"""How wide a letter is at most, on average over a text, in its height: bold DejaVu Sans, the widest of our fonts."""
Code = Sequence[Sequence[int]]
"""The modules of a QR code, line by line, 1 being black; without the white around it."""


@dataclass(frozen=True, slots=True)
class Label:
    """What is printed."""

    device: str
    title: str
    """What it measures: the recipe's name in the language of the label."""
    place: str
    address: str
    """Where everything that is public can be read; empty where nobody knows yet."""
    code: Code = ()
    """The QR code of the device's own page; empty where nobody knows its address."""
    wifi: str = ""
    """Name and key of the Wi-Fi that the board opens where it finds none; only on labels that are stuck inside a box."""


def draw_labels(labels: Sequence[Label], lang: str) -> list[str]:
    """Sheets of ten labels for A4 paper, as SVG; the same bytes each time."""
    size = COLUMNS * ROWS
    return [draw_sheet(labels[n : n + size], lang, mark=f"-{n // size + 1}") for n in range(0, len(labels), size)]


def print_labels(labels: Sequence[Label], lang: str) -> str:
    """The sheets as one page of HTML that a browser prints as it is: no label is cut, whatever margins it is set to."""
    sheets = "".join(f"<section>\n{sheet}</section>\n" for sheet in draw_labels(labels, lang))
    title, how = (escape(say(f"lights.{key}", lang), quote=False) for key in ("labels", "labels_how"))
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<p>{how}</p>\n{sheets}</body>\n</html>\n"
    )


STYLE = (
    "@page{size:A4;margin:0}body{margin:0;font-family:sans-serif}"
    "section{box-sizing:border-box;width:210mm;height:296.9mm;padding:8mm;overflow:hidden;break-inside:avoid}"
    "section+section{break-before:page}svg{display:block}"
    "@media screen{body{background:#ddd}p{margin:0 auto;padding:16px;max-width:194mm}"
    "section{margin:0 auto 16px;background:#fff;box-shadow:0 1px 6px #0004}}@media print{p{display:none}}"
)


def draw_sheet(labels: Sequence[Label], lang: str, *, mark: str = "") -> str:
    """One sheet, as small as its labels need, in its true size; `mark` tells its ids from those of other sheets of a page."""
    columns, rows = min(len(labels), COLUMNS), -(-len(labels) // COLUMNS)
    paper = (0.0, 0.0, columns * (WIDTH + GAP) - GAP, rows * (HEIGHT + GAP) - GAP)
    names = ", ".join(label.device for label in labels)
    drawing = Drawing(say("lights.labels", lang), say("lights.labels_of", lang, names=names), paper, mark=mark)
    for number, label in enumerate(labels):
        row, column = divmod(number, COLUMNS)
        draw_label(drawing, label, (column * (WIDTH + GAP), row * (HEIGHT + GAP)), lang)
    return str(drawing)


def draw_label(drawing: Drawing, label: Label, at: tuple[float, float], lang: str) -> None:
    """One label from its upper left corner."""
    left, top = at
    drawing.box((left + 0.5, top + 0.5), (WIDTH - 1, HEIGHT - 1), fill="#ffffff", edge="#999999", round_px=8)
    room = WIDTH - 2 * EDGE - (CODE_PX if label.code else 0)
    texts = ((label.device, 24, 34), (label.title, 13, 56), (label.place, 12, 76), (label.address, 10, 96))
    for text, size, line in texts:
        fitted, height = fit(text, size, room)
        colour = GREY if line > 70 else "#1f2328"
        drawing.words((left + EDGE, top + line), fitted, size=height, fill=colour, bold=line < 40)
    if label.wifi:
        fitted, height = fit(label.wifi, 9, room)
        drawing.words((left + EDGE, top + 109), fitted, size=height)
    if label.code:
        draw_code(drawing, label.code, (left + WIDTH - CODE_PX - 1, top + 1))
    for number, state in enumerate(STATES):
        draw_light(drawing, state, (left + EDGE, top + LIGHTS_TOP + LINE * number), lang)
    drawing.words((left + EDGE, top + HEIGHT - 8), say("lights.label_foot", lang), size=8.5, fill=GREY)


def fit(text: str, size: float, room: float) -> tuple[str, float]:
    """The text and the height of its letters, smaller where it is long, and cut where it would be too small to be read.

    >>> fit("air-1", 24, 220), fit("abcdefghijklmnop", 12, 100), fit("abcdefghijklmnopqrstuvw", 12, 100)
    (('air-1', 24), ('abcdefghijklmnop', 9.46), ('abcdefghijklmnopq…', 8))
    """
    if not text or len(text) * size * WIDEST <= room:
        return text, size
    least = min(size, 8)
    height = max(least, math.floor(100 * room / (len(text) * WIDEST)) / 100)
    most = int(room / (height * WIDEST))
    return (text if len(text) <= most else text[: most - 1] + "…"), height


def draw_code(drawing: Drawing, code: Code, at: tuple[float, float]) -> None:
    """A QR code with its white margin, from the upper left corner of that."""
    module = CODE_PX / (len(code) + 2 * QUIET)
    drawing.squares((at[0] + QUIET * module, at[1] + QUIET * module), code, side=module)


def draw_light(drawing: Drawing, state: str, at: tuple[float, float], lang: str) -> None:
    """One state of the light: what it means, and six seconds of it."""
    left, top = at
    light = lights()[state]
    drawing.words((left, top + 10), light_text(state, "", lang), size=10.5)
    strip = left + NAME_WIDTH
    drawing.box((strip, top + 1), (STRIP_WIDTH, STRIP_HEIGHT), fill="#eeeeee", round_px=3)
    for from_ms, to_ms in lit_ms(light.rhythm_ms, STRIP_MS):
        width = max(STRIP_WIDTH * (to_ms - from_ms) / STRIP_MS, 2.5)
        drawing.box((strip + STRIP_WIDTH * from_ms / STRIP_MS, top + 1), (width, STRIP_HEIGHT), fill=light.colour)
