"""A curve as SVG: text keeps its size at any width, the curve stretches, gaps stay gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np

from api.web.curve import Curve, Floats, flagged_runs
from api.web.ticks import nice_ticks
from gateway.numerics.columns import FAIL

HEIGHT = 220
TOP, BOTTOM = 14, 192
STRIP = (196, 204)
WIDE = 1_000
"""Inner width of the stretched layer; heights are pixels in both layers."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a curve: its bounds in time, marks on both axes, and words."""

    start_s: float
    end_s: float
    marks: Sequence[tuple[float, str]]
    """Moments and what is written there."""
    levels: Sequence[tuple[float, str]]
    """Values and what is written there; the first and last bound the plot."""
    title: str
    text: str
    identity: str
    """Unique on its page: ids of the title and the pattern are made from it."""
    made_until_s: float | None = None
    made_label: str = ""


def levels(drawn: Curve, shape: str) -> list[float]:
    """The values to mark: from 0 for amounts, all of the compass for directions."""
    if shape == "dots":
        return [0.0, 90.0, 180.0, 270.0, 360.0]
    if not len(drawn):
        return [0.0, 1.0]
    low = 0.0 if shape == "bars" else float(np.min(drawn.low))
    high = float(np.max(drawn.value if shape == "bars" else drawn.high))
    if high - low < 1e-9:
        low, high = (0.0, 1.0) if shape == "bars" else (low - 0.5, high + 0.5)
    return nice_ticks(low, high)


def shape_of(aggregate: str) -> str:
    """How a quantity is drawn: amounts as bars, directions as dots, all else as a line with its band."""
    return {"sum": "bars", "counter": "bars", "circular": "dots"}.get(aggregate, "line")


def plot(drawn: Curve, frame: Frame, shape: str) -> str:
    """The SVG of one series, with its title and description for who does not see it."""
    pen = _Pen(drawn, frame)
    name = escape(frame.identity)
    inner = "".join(pen.layer(shape))
    return (
        f'<svg class="plot" role="img" aria-labelledby="{name}-t {name}-d" height="{HEIGHT}" width="100%">'
        f'<title id="{name}-t">{escape(frame.title)}</title><desc id="{name}-d">{escape(frame.text)}</desc>'
        f"{''.join(pen.grid())}"
        f'<svg viewBox="0 0 {WIDE} {HEIGHT}" preserveAspectRatio="none" width="100%" height="{HEIGHT}">{inner}</svg>'
        f"{''.join(pen.words())}</svg>"
    )


class _Pen:
    """Draws one curve in its frame."""

    def __init__(self, drawn: Curve, frame: Frame) -> None:
        self.drawn = drawn
        self.frame = frame
        self.low = frame.levels[0][0]
        self.high = frame.levels[-1][0]

    def x(self, at_s: Floats | float) -> Floats:
        share = (np.asarray(at_s, float) - self.frame.start_s) / (self.frame.end_s - self.frame.start_s)
        return np.round(share * WIDE, 1)

    def y(self, value: Floats | float) -> Floats:
        share = (np.asarray(value, float) - self.low) / (self.high - self.low)
        return np.round(BOTTOM - np.clip(share, 0, 1) * (BOTTOM - TOP), 1)

    def grid(self) -> Iterator[str]:
        """Lines of both axes, and the hatched ground of what was generated."""
        if self.frame.made_until_s is not None and self.frame.made_until_s > self.frame.start_s:
            share = min(100.0, float(self.x(self.frame.made_until_s)) / WIDE * 100)
            name = f"{escape(self.frame.identity)}-h"
            yield (
                f'<defs><pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse" '
                'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="8"/></pattern></defs>'
                f'<rect class="made" fill="url(#{name})" x="0" y="{TOP}" width="{share:.2f}%" height="{BOTTOM - TOP}"/>'
            )
        for value, _ in self.frame.levels:
            at = float(self.y(value))
            yield f'<line class="grid" x1="0" x2="100%" y1="{at:g}" y2="{at:g}"/>'
        for when, _ in self.frame.marks:
            share = float(self.x(when)) / WIDE * 100
            yield f'<line class="grid" x1="{share:.2f}%" x2="{share:.2f}%" y1="{TOP}" y2="{BOTTOM}"/>'

    def words(self) -> Iterator[str]:
        """What is written on both axes, over the curve."""
        for value, text in self.frame.levels:
            yield f'<text class="halo" x="3" y="{float(self.y(value)) - 3:g}">{escape(text)}</text>'
        for when, text in self.frame.marks:
            share = float(self.x(when)) / WIDE * 100
            if 4 <= share <= 96:
                yield f'<text x="{share:.2f}%" y="{HEIGHT - 3}" text-anchor="middle">{escape(text)}</text>'
        if self.frame.made_until_s is not None and self.frame.made_until_s > self.frame.start_s:
            yield f'<text class="halo made-word" x="50%" y="{TOP + 14}" text-anchor="middle">{escape(self.frame.made_label)}</text>'

    def layer(self, shape: str) -> Iterator[str]:
        """The curve itself, and the strip of flags under it."""
        if len(self.drawn):
            yield from {"line": self._line, "bars": self._bars, "dots": self._dots}[shape]()
        for start, end, flag in flagged_runs(self.drawn):
            left, right = float(self.x(start)), float(self.x(end))
            top = STRIP[0] if flag == FAIL else (STRIP[0] + STRIP[1]) / 2
            kind = "fail" if flag == FAIL else "suspect"
            yield (
                f'<rect class="{kind}" x="{left:g}" y="{top:g}" width="{max(right - left, 1.5):.1f}" '
                f'height="{STRIP[1] - top:g}"/>'
            )

    def _strokes(self) -> Iterator[slice]:
        edges = [0, *self.drawn.breaks, len(self.drawn)]
        yield from (slice(a, b) for a, b in pairwise(edges) if b > a)

    def _line(self) -> Iterator[str]:
        x, low, value, high = (
            self.x(self.drawn.time_s),
            self.y(self.drawn.low),
            self.y(self.drawn.value),
            self.y(self.drawn.high),
        )
        for part in self._strokes():
            there = _points(x[part], high[part])
            back = _points(x[part][::-1], low[part][::-1])
            yield f'<path class="band" d="M{there}L{back}Z"/>'
        lone = [part for part in self._strokes() if part.stop - part.start == 1]
        yield from (
            f'<path class="curve" d="M{_points(x[p] - 1, value[p])}L{_points(x[p] + 1, value[p])}"/>' for p in lone
        )
        drawn = "".join(f"M{_points(x[p], value[p])}" for p in self._strokes() if p not in lone)
        if drawn:
            yield f'<path class="curve" d="{drawn}"/>'

    def _bars(self) -> Iterator[str]:
        wide = max(WIDE * self.drawn.step_s / (self.frame.end_s - self.frame.start_s) * 0.85, 1.0)
        tops = zip(self.x(self.drawn.time_s).tolist(), self.y(self.drawn.value).tolist(), strict=True)
        shapes = [f"M{x - wide / 2:.1f},{BOTTOM}V{y:g}h{wide:.1f}V{BOTTOM}Z" for x, y in tops if y < BOTTOM]
        yield f'<path class="bar" d="{"".join(shapes)}"/>'

    def _dots(self) -> Iterator[str]:
        points = zip(self.x(self.drawn.time_s).tolist(), self.y(self.drawn.value).tolist(), strict=True)
        yield f'<path class="dots" d="{"".join(f"M{x:g},{y:g}h0" for x, y in points)}"/>'


def _points(x: Floats, y: Floats) -> str:
    return "L".join(f"{a:g},{b:g}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
