"""A drawing as SVG text: a few shapes, the same bytes for the same calls, readable aloud by its title and description."""

from __future__ import annotations

from html import escape

FONT = "DejaVu Sans, Verdana, Arial, sans-serif"


def figure(number: float) -> str:
    """A coordinate as short text.

    >>> figure(12.0), figure(12.345)
    ('12', '12.35')
    """
    return f"{round(number, 2):g}"


class Drawing:
    """Shapes in the order in which they are drawn, on paper from `(left, top)` to `(right, bottom)`; `str()` gives the file."""

    def __init__(self, title: str, description: str, paper: tuple[float, float, float, float]) -> None:
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
            f'width="{width}" height="{height}" role="img" aria-labelledby="title description" font-family="{FONT}">'
        )
        title = f'<title id="title">{escape(self._title, quote=False)}</title>'
        description = f'<desc id="description">{escape(self._description, quote=False)}</desc>'
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
