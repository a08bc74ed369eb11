"""What the one light of a board says: a table for people, made from the firmware's own rhythms."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from devices.markdown import markdown
from devices.words import say

FIRMWARE = Path(__file__).parent / "firmware" / "girouette"
STATES = ("starting", "searching", "sending", "keeping", "needs-you")
"""What a label prints; `found` answers who asked, and needs no label."""


@dataclass(frozen=True, slots=True)
class Light:
    """One state of the light."""

    rhythm_ms: tuple[int, ...]
    """On, off, on, off, over and over; one number is a light that stays on."""
    colour: str
    """As it is drawn, `#rrggbb`: the firmware's colour at full brightness."""


@cache
def lights() -> Mapping[str, Light]:
    """The firmware's lights by state, read from its source."""
    rhythms, colours = table("led.py", "LIGHTS"), table("pixel.py", "COLOURS")
    return MappingProxyType({state: Light(rhythm_ms, drawn(colours[state])) for state, rhythm_ms in rhythms.items()})


def table(file: str, name: str) -> dict[str, tuple[int, ...]]:
    """A table that a firmware file writes down under this name."""
    for node in ast.parse((FIRMWARE / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            found: dict[str, tuple[int, ...]] = ast.literal_eval(node.value)
            return found
    raise LookupError(f"{file} has no table {name}: devices/lights.py reads it there")


def drawn(colour: tuple[int, ...]) -> str:
    """A dim colour at full brightness; white is drawn grey, since paper is white.

    >>> drawn((0, 30, 0)), drawn((20, 20, 20))
    ('#00c800', '#c8c8c8')
    """
    top = max(colour)
    return "#" + "".join(f"{200 * part // top:02x}" for part in colour)


def lit_ms(rhythm_ms: tuple[int, ...], until_ms: int) -> list[tuple[int, int]]:
    """When a light of this rhythm is on, [from, to) in milliseconds, up to a moment.

    >>> lit_ms((50, 950), 1500)
    [(0, 50), (1000, 1050)]
    """
    if len(rhythm_ms) == 1:
        return [(0, until_ms)]
    spans, at_ms, step = [], 0, 0
    while at_ms < until_ms:
        end_ms = min(at_ms + rhythm_ms[step % len(rhythm_ms)], until_ms)
        if step % len(rhythm_ms) % 2 == 0:
            spans.append((at_ms, end_ms))
        at_ms, step = end_ms, step + 1
    return spans


def lights_table(lang: str) -> str:
    """The states in a table of Markdown: how the light looks, what it means, what to do."""
    head = [say(f"lights.{key}", lang) for key in ("light", "means", "todo")]
    rows = [[text(state, part, lang) for part in ("_light", "", "_todo")] for state in lights()]
    return markdown([head, *rows])


def text(state: str, part: str, lang: str) -> str:
    """Words of lights.toml for a state."""
    return say(f"lights.{state}{part}", lang)
