"""What an event means, in a plain sentence with its numbers."""

from __future__ import annotations

import numpy as np

from devices.quantity import Quantity
from devices.words import decimal, say
from gateway.numerics.watch.events import KINDS

HOUR_S = 3600
FACTORS = {"grown", "gone"}


def told(row: np.void, quantity: Quantity, lang: str) -> str:
    """What an EVENT row says, and whether neighbours saw it too; in `lang`, French or English."""
    kind = KINDS[row["kind"]]
    size, against = float(row["size"]), float(row["against"])
    what = say(
        f"events.{kind}", lang, change=measured(size, quantity, lang, signed=True),
        size=number(size, 1, lang) if kind in FACTORS else measured(abs(size), quantity, lang),
        against=number(against, 1, lang) if kind in FACTORS else measured(against, quantity, lang), count=round(size), most=round(against), duration=lasting(size),
    )  # fmt: skip
    return say("events.whole", lang, what=what, neighbours=neighbours(row, lang))


def verdict(row: np.void) -> str:
    """What neighbours make of it: `nobody` was asked, `alone`, `few` or `news`.

    >>> from gateway.numerics.watch.events import EVENT
    >>> verdict(np.array([(3, 0, 300, 0, 1, 2.5, 1.0, 4, 3)], EVENT)[0])
    'news'
    """
    compared, agreeing = int(row["compared"]), int(row["agreeing"])
    if not compared:
        return "nobody"
    return "alone" if not agreeing else "news" if 2 * agreeing >= compared else "few"


def neighbours(row: np.void, lang: str) -> str:
    """The same as a sentence."""
    compared = max(int(row["compared"]), int(row["agreeing"]))
    return say(f"events.{verdict(row)}", lang, compared=compared, agreeing=int(row["agreeing"]))


def measured(value: float, quantity: Quantity, lang: str, *, signed: bool = False) -> str:
    """A value with its unit, as people write it in their language."""
    sign = "+" if signed and value > 0 else ""
    return f"{sign}{number(value, max(quantity.digits, 1), lang)} {quantity.unit_text}".rstrip()


def number(value: float, digits: int, lang: str) -> str:
    """A number with a comma or a point.

    >>> number(2.25, 1, "fr")
    '2,2'
    """
    return decimal(f"{value:.{digits}f}", lang)


def lasting(seconds: float) -> str:
    """A duration in minutes, or hours and minutes.

    >>> lasting(5400)
    '1 h 30 min'
    """
    minutes = round(seconds / 60)
    return f"{minutes} min" if seconds < HOUR_S else f"{minutes // 60} h {minutes % 60} min"
