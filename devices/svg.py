"""A drawing as SVG text: a few shapes, the same bytes for the same calls, readable aloud by its title and description."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

FONT = "DejaVu Sans, Verdana, Arial, sans-serif"


def figure(number: float) -> str:
    """A coordinate as short text.

    >>> figure(12.0), figure(12.345)
    ('12', '12.35')
    """
    return f"{round(number, 2):g}"


class Drawing:
    """Shapes in the order in which they are drawn, on paper from `(left, top)` to `(right, bottom)`; `str()` gives the file.

    `mark` tells its ids from those of other drawings on the same page.
    """

    def __init__(
        self, title: str, description: str, paper: tuple[float, float, float, float], *, mark: str = ""
    ) -> None:
        self._mark = mark
        self._title = title
        self._description = description
        self._paper = paper
        self._shapes: list[str] = []
        left, top, right, bottom = paper
        self.box((left, top), (right - left, bottom - top), fill="#ffffff")

    def __str__(self) -> str:
        left, top, right, bottom = self._paper
        size = f"{figure(right - left)} {figure(bottom - top)}"
        width, height = size.split()
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{figure(left)} {figure(top)} {size}" '
            f'width="{width}" height="{height}" role="img" aria-labelledby="title{self._mark} description{self._mark}" font-family="{FONT}">'
        )
        title = f'<title id="title{self._mark}">{escape(self._title, quote=False)}</title>'
        description = f'<desc id="description{self._mark}">{escape(self._description, quote=False)}</desc>'
        return "\n".join([head, title, description, *self._shapes, "</svg>"]) + "\n"

    def box(
        self, at: tuple[float, float], size: tuple[float, float], *, fill: str, edge: str = "none", round_px: float = 0
    ) -> None:
        """A rectangle from its upper left corner."""
        x, y, width, height = map(figure, (*at, *size))
        corner = f' rx="{figure(round_px)}"' if round_px else ""
        self._shapes.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}"{corner} fill="{fill}" stroke="{edge}"/>'
        )

    def squares(self, at: tuple[float, float], rows: Sequence[Sequence[int]], *, side: float) -> None:
        """Black squares where rows have a 1, from the upper left corner of the first; without seams between neighbours."""
        runs: list[str] = []
        for y, row in enumerate(rows):
            line = "".join("1" if module else "0" for module in row)
            runs += [f"M{m.start()} {y}h{len(m[0])}v1h-{len(m[0])}z" for m in re.finditer("1+", line)]
        x, y_px = map(figure, at)
        self._shapes.append(
            f'<path transform="translate({x} {y_px}) scale({side:.6g})" shape-rendering="crispEdges" fill="#000000" '
            f'd="{"".join(runs)}"/>'
        )

    def line(self, points: list[tuple[float, float]], *, colour: str, width: float) -> None:
        """A line through these points."""
        path = " ".join(f"{figure(x)},{figure(y)}" for x, y in points)
        self._shapes.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{figure(width)}" '
            'stroke-linejoin="round" stroke-linecap="round"/>'
        )

    def dot(self, at: tuple[float, float], *, fill: str, radius: float) -> None:
        """A filled circle."""
        x, y, r = map(figure, (*at, radius))
        self._shapes.append(f'<circle cx="{x}" cy="{y}" r="{r}" fill="{fill}"/>')

    def words(
        self,
        at: tuple[float, float],
        text: str,
        *,
        size: float,
        anchor: str = "start",
        fill: str = "#1f2328",
        bold: bool = False,
    ) -> None:
        """One line of text; `anchor` is start, middle or end of it."""
        x, y, height = map(figure, (*at, size))
        weight = ' font-weight="bold"' if bold else ""
        self._shapes.append(
            f'<text x="{x}" y="{y}" font-size="{height}" text-anchor="{anchor}" fill="{fill}"{weight}>'
            f"{escape(text, quote=False)}</text>"
        )
