"""A map without anybody's tiles: places on a graticule, with a scale, north up. Markers are links."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT, MARGIN = 600, 440, 46
METRES_A_DEGREE = 111_320.0
LEAST_SPAN_M = 600.0
LABEL_HEIGHT, LETTER = 19.0, 8.4
Number = Callable[[float, int], str]
"""How a language writes a number of so many digits."""
SHAPES = {
    "good": '<circle r="7"/>',
    "suspect": '<path d="M0,-9L9,0L0,9L-9,0Z"/>',
    "fail": '<rect x="-7" y="-7" width="14" height="14"/>',
    "stale": '<circle class="hollow" r="6"/>',
}
"""A state is a shape as well as a colour."""


@dataclass(frozen=True, slots=True)
class Marker:
    """One place on the map."""

    lat: float
    lon: float
    state: str
    label: str
    told: str
    """What a screen reader says of it."""
    href: str


@dataclass(frozen=True, slots=True)
class _Projection:
    """Local equirectangular: good to a few metres over a city."""

    lat: float
    lon: float
    metres_a_unit: float

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        x = (lon - self.lon) * METRES_A_DEGREE * math.cos(math.radians(self.lat)) / self.metres_a_unit
        return WIDTH / 2 + x, HEIGHT / 2 - (lat - self.lat) * METRES_A_DEGREE / self.metres_a_unit

    def back(self, x: float, y: float) -> tuple[float, float]:
        lat = self.lat + (HEIGHT / 2 - y) * self.metres_a_unit / METRES_A_DEGREE
        return lat, self.lon + (x - WIDTH / 2) * self.metres_a_unit / (
            METRES_A_DEGREE * math.cos(math.radians(self.lat))
        )


def fixed(value: float, digits: int) -> str:
    """A number as English has it."""
    return f"{value:.{digits}f}"


def geomap(
    markers: Sequence[Marker], *, title: str, identity: str,
    winds: Sequence[str] = ("N", "E", "S", "W"), number: Number = fixed,
) -> str:  # fmt: skip
    """The SVG of the places, each a link that the keyboard reaches; `winds` are the letters of north, east, south, west."""
    projection = _fit(markers)
    drawn = "".join(_markers(markers, projection))
    name = escape(identity)
    return (
        f'<svg class="map" role="group" aria-labelledby="{name}-t" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<title id="{name}-t">{escape(title)}</title><rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>'
        f'<g aria-hidden="true">{"".join(_graticule(projection, winds, number))}{_scale(projection)}{_north(winds[0])}</g>{drawn}</svg>'
    )


def _fit(markers: Sequence[Marker]) -> _Projection:
    lats, lons = [m.lat for m in markers], [m.lon for m in markers]
    lat, lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    high = max((max(lats) - min(lats)) * METRES_A_DEGREE, LEAST_SPAN_M)
    wide = max((max(lons) - min(lons)) * METRES_A_DEGREE * max(0.01, math.cos(math.radians(lat))), LEAST_SPAN_M)
    return _Projection(lat, lon, max(high / (HEIGHT - 2 * MARGIN), wide / (WIDTH - 2 * MARGIN)))


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)


def _graticule(projection: _Projection, winds: Sequence[str], number: Number) -> Iterator[str]:
    top, left = projection.back(0, 0)
    bottom, right = projection.back(WIDTH, HEIGHT)
    step = _round_step((right - left) / 5)
    digits = max(0, -math.floor(math.log10(step)))
    for i in range(math.ceil(left / step), math.floor(right / step) + 1):
        x, _ = projection.at(projection.lat, i * step)
        yield f'<path class="graticule" d="M{x:.1f},0V{HEIGHT}"/>'
        if 60 < x < WIDTH - 30:
            text = f"{number(abs(i * step), digits)}° {winds[1] if i >= 0 else winds[3]}"
            yield f'<text class="degree" x="{x + 3:.1f}" y="12">{escape(text)}</text>'
    for i in range(math.ceil(bottom / step), math.floor(top / step) + 1):
        _, y = projection.at(i * step, projection.lon)
        yield f'<path class="graticule" d="M0,{y:.1f}H{WIDTH}"/>'
        if 24 < y < HEIGHT - 40:
            text = f"{number(abs(i * step), digits)}° {winds[0] if i >= 0 else winds[2]}"
            yield f'<text class="degree" x="4" y="{y - 3:.1f}">{escape(text)}</text>'


def _scale(projection: _Projection) -> str:
    metres = _round_step(projection.metres_a_unit * 90)
    wide = metres / projection.metres_a_unit
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    x, y = 16, HEIGHT - 16
    return (
        f'<path class="scale" d="M{x},{y - 6}V{y}H{x + wide:.1f}V{y - 6}"/>'
        f'<text class="degree" x="{x + wide / 2:.1f}" y="{y - 8}" text-anchor="middle">{text}</text>'
    )


def _north(word: str) -> str:
    x, y = WIDTH - 24, HEIGHT - 22
    return (
        f'<path class="arrow" d="M{x},{y - 22}L{x + 6},{y}L{x},{y - 5}L{x - 6},{y}Z"/>'
        f'<text class="degree" x="{x}" y="{y + 12}" text-anchor="middle">{escape(word)}</text>'
    )


def _markers(markers: Sequence[Marker], projection: _Projection) -> Iterator[str]:
    """Markers from north to south, each with its label where one fits."""
    placed = sorted(((projection.at(m.lat, m.lon), m) for m in markers), key=lambda p: (p[0][1], p[0][0]))
    taken = [(x - 9, y - 9, x + 9, y + 9) for (x, y), _ in placed]
    for (x, y), marker in placed:
        label = _label(marker.label, x, y, taken)
        yield (
            f'<a href="{escape(marker.href)}" class="marker {marker.state}" aria-label="{escape(marker.told)}">'
            f'<title>{escape(marker.told)}</title><g transform="translate({x:.1f} {y:.1f})">'
            f'<circle class="reach" r="16"/>{SHAPES[marker.state]}{label}</g></a>'
        )


def _label(text: str, x: float, y: float, taken: list[tuple[float, float, float, float]]) -> str:
    """The label at the first of four sides that is free; none where all are taken."""
    wide = len(text) * LETTER
    sides = ((12.0, 5.0, "start"), (-12.0, 5.0, "end"), (0.0, -13.0, "middle"), (0.0, 24.0, "middle"))
    for dx, dy, anchor in sides if text else ():
        left = x + dx - {"start": 0.0, "end": wide, "middle": wide / 2}[anchor]
        box = (left, y + dy - LABEL_HEIGHT + 4, left + wide, y + dy + 4)
        inside = box[0] >= 2 and box[2] <= WIDTH - 2 and box[1] >= 2 and box[3] <= HEIGHT - 2
        if inside and not any(_overlap(box, other) for other in taken if other != (x - 9, y - 9, x + 9, y + 9)):
            taken.append(box)
            return f'<text class="halo label" x="{dx:g}" y="{dy:g}" text-anchor="{anchor}">{escape(text)}</text>'
    return ""


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
