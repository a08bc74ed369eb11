"""The curve of `girouette energy`: days of a battery by the time between two samples, both scales logarithmic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from devices.energy import Life, days
from devices.pinout import load_pinouts
from devices.recipe import Recipe
from devices.svg import Drawing
from devices.words import say

PERIODS_S = (60, 120, 300, 600, 900, 1800, 3600)
"""The samples that are told and drawn."""
WIDTH, HEIGHT = 640.0, 360.0
LEFT, RIGHT, TOP, BOTTOM = 60.0, 620.0, 40.0, 300.0
COLOURS = ("#0b5394", "#38761d", "#990000")
LEAST_DAYS, MOST_DAYS = 1, 3000
"""The vertical scale; what lies outside is drawn at its edge."""


def lives(life: Life) -> list[Life]:
    """What is compared: sending at each sample, sending by batches, and the same with a development board."""
    batch = life.batch if life.batch > 1 else 6
    return [
        replace(life, batch=1, kit=False),
        replace(life, batch=batch, kit=False),
        replace(life, batch=batch, kit=True),
    ]


def name_of(life: Life, lang: str) -> str:
    """What a curve or a column is called."""
    key = "kit" if life.kit else "batch" if life.batch > 1 else "batch_one"
    return say(f"energy.{key}", lang, batch=life.batch)


def period_text(period_s: int, lang: str) -> str:
    """A time between two samples.

    >>> period_text(300, "fr"), period_text(90, "en")
    ('5 min', '90 s')
    """
    whole = period_s % 60 == 0
    return say("energy.minutes" if whole else "energy.seconds", lang, count=period_s // 60 if whole else period_s)


def draw_energy(recipe: Recipe, life: Life, lang: str) -> str:
    """The curve as SVG; the same bytes each time."""
    board = load_pinouts()[recipe.board].name
    title = say("energy.curve_title", lang, recipe=recipe.name(lang))
    text = say("energy.curve_text", lang, mah=f"{life.battery_mah:g}", board=board)
    drawing = Drawing(title, text, (0.0, 0.0, WIDTH, HEIGHT))
    drawing.words((LEFT, 24), title, size=15, bold=True)
    draw_scales(drawing, lang)
    for number, one in enumerate(lives(life)):
        points = [(x_of(s), y_of(days(recipe, replace(one, period_s=s)))) for s in PERIODS_S]
        drawing.line(points, colour=COLOURS[number], width=2.5)
        for point in points:
            drawing.dot(point, fill=COLOURS[number], radius=3)
        drawing.words((LEFT + 8, TOP + 16 + 16 * number), name_of(one, lang), size=12, fill=COLOURS[number])
    return str(drawing)


def draw_scales(drawing: Drawing, lang: str) -> None:
    """The grid with its words."""
    for count in (1, 10, 100, 1000):
        drawing.line([(LEFT, y_of(count)), (RIGHT, y_of(count))], colour="#dddddd", width=1)
        drawing.words((LEFT - 6, y_of(count) + 4), f"{count}", size=12, anchor="end")
    for period_s in PERIODS_S:
        drawing.line([(x_of(period_s), TOP), (x_of(period_s), BOTTOM)], colour="#eeeeee", width=1)
        drawing.words((x_of(period_s), BOTTOM + 18), period_text(period_s, lang), size=12, anchor="middle")
    drawing.words((LEFT - 6, TOP - 6), say("energy.head_days", lang), size=12, anchor="end")
    drawing.words(((LEFT + RIGHT) / 2, BOTTOM + 40), say("energy.head_period", lang), size=12, anchor="middle")


def scale(low: float, high: float, from_px: float, to_px: float) -> Callable[[float], float]:
    """A logarithmic scale; what lies outside of it is at its edge."""

    def place(value: float) -> float:
        part = math.log(min(max(value, low), high) / low) / math.log(high / low)
        return from_px + part * (to_px - from_px)

    return place


x_of = scale(PERIODS_S[0], PERIODS_S[-1], LEFT + 20, RIGHT - 20)
y_of = scale(LEAST_DAYS, MOST_DAYS, BOTTOM, TOP)


def table_of(recipe: Recipe, life: Life, periods_s: Sequence[int] = PERIODS_S) -> list[list[float]]:
    """Days by period (rows) and by way of sending (columns, those of `lives`)."""
    return [[days(recipe, replace(one, period_s=s)) for one in lives(life)] for s in periods_s]
