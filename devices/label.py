"""The label of a board, to be printed and stuck on its box: who it is, what it measures, and what its light says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from devices.lights import STATES, lights, lit_ms
from devices.lights import text as light_text
from devices.svg import Drawing
from devices.words import say

WIDTH, HEIGHT = 340.0, 216.0
"""Of one label, in pixels of 1/96 inch: 90 x 57 mm."""
COLUMNS, ROWS = 2, 5
GAP = 12.0
LIGHTS_TOP, LINE, NAME_WIDTH, STRIP_WIDTH, STRIP_HEIGHT = 96.0, 20.0, 170.0, 146.0, 12.0
STRIP_MS = 6000


@dataclass(frozen=True, slots=True)
class Label:
    """What is printed."""

    device: str
    title: str
    """What it measures: the recipe's name in the language of the label."""
    place: str
    address: str
    """Where its measurements can be read; empty where nobody knows yet."""


def draw_labels(labels: Sequence[Label], lang: str) -> list[str]:
    """Sheets of ten labels for A4 paper, as SVG; the same bytes each time."""
    size = COLUMNS * ROWS
    return [draw_sheet(labels[n : n + size], lang) for n in range(0, len(labels), size)]


def draw_sheet(labels: Sequence[Label], lang: str) -> str:
    """One sheet; as small as its labels need."""
    columns, rows = min(len(labels), COLUMNS), -(-len(labels) // COLUMNS)
    paper = (0.0, 0.0, columns * WIDTH + (columns + 1) * GAP, rows * HEIGHT + (rows + 1) * GAP)
    names = ", ".join(label.device for label in labels)
    drawing = Drawing(say("lights.labels", lang), say("lights.labels_of", lang, names=names), paper)
    for number, label in enumerate(labels):
        row, column = divmod(number, COLUMNS)
        draw_label(drawing, label, (GAP + column * (WIDTH + GAP), GAP + row * (HEIGHT + GAP)), lang)
    return str(drawing)


def draw_label(drawing: Drawing, label: Label, at: tuple[float, float], lang: str) -> None:
    """One label from its upper left corner."""
    left, top = at
    drawing.box(at, (WIDTH, HEIGHT), fill="#ffffff", edge="#888888", round_px=8)
    drawing.words((left + 12, top + 30), label.device, size=22, bold=True)
    drawing.words((left + 12, top + 50), label.title, size=13)
    drawing.words((left + 12, top + 67), label.place, size=11, fill="#555555")
    drawing.words((left + 12, top + 84), label.address, size=10, fill="#555555")
    for number, state in enumerate(STATES):
        draw_light(drawing, state, (left + 12, top + LIGHTS_TOP + LINE * number), lang)
    drawing.words((left + 12, top + HEIGHT - 8), say("lights.label_foot", lang), size=9, fill="#555555")


def draw_light(drawing: Drawing, state: str, at: tuple[float, float], lang: str) -> None:
    """One state of the light: what it means, and six seconds of it."""
    left, top = at
    light = lights()[state]
    drawing.words((left, top + 13), light_text(state, "", lang), size=11)
    strip = left + NAME_WIDTH
    drawing.box((strip, top + 3), (STRIP_WIDTH, STRIP_HEIGHT), fill="#eeeeee", round_px=3)
    for from_ms, to_ms in lit_ms(light.rhythm_ms, STRIP_MS):
        width = max(STRIP_WIDTH * (to_ms - from_ms) / STRIP_MS, 2.5)
        drawing.box((strip + STRIP_WIDTH * from_ms / STRIP_MS, top + 3), (width, STRIP_HEIGHT), fill=light.colour)
