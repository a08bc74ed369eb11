"""The one question of geometry that is answered: does a point lie in an area? A map program asks it before it draws."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from itertools import pairwise

from api.problems import Malformed, NotOffered

_NUMBER = r"-?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?"
_POSITION = rf"\s*{_NUMBER}\s+{_NUMBER}\s*"
_RING = rf"\s*\({_POSITION}(?:,{_POSITION})*\)\s*"
_POINT = re.compile(rf"\s*POINT\s*\({_POSITION}\)\s*", re.IGNORECASE)
_POLYGON = re.compile(rf"\s*POLYGON\s*\({_RING}(?:,{_RING})*\)\s*", re.IGNORECASE)
_OTHER = re.compile(r"\s*(?:LINESTRING|MULTI|GEOMETRYCOLLECTION)", re.IGNORECASE)
CORNERS = 4
"""A ring has three corners at least, and ends where it began."""

Position = tuple[float, float]
"""Longitude and latitude in degrees."""


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon as its rings, holes included; a point as one ring of one position."""

    rings: tuple[tuple[Position, ...], ...]


def read_area(text: str) -> Area:
    """The area of a WKT point or polygon.

    Raises Malformed for what is no WKT, NotOffered for other kinds.

    >>> read_area("POINT (-1.68 48.11)").rings
    (((-1.68, 48.11),),)
    """
    point, polygon = _POINT.fullmatch(text), _POLYGON.fullmatch(text)
    if not point and not polygon:
        if _OTHER.match(text):
            raise NotOffered("of areas only geography'POINT(...)' and geography'POLYGON(...)' are read here")
        raise Malformed(f"geography'{text[:40]}' cannot be read; write geography'POLYGON((-2 48,-1 48,-1 49,-2 48))'")
    rings = tuple(_ring(inner) for inner in re.findall(r"\(([^()]+)\)", text))
    if polygon and any(len(ring) < CORNERS or ring[0] != ring[-1] for ring in rings):
        raise Malformed("a ring of a polygon has three corners at least, and ends where it began")
    return Area(rings)


def _ring(text: str) -> tuple[Position, ...]:
    numbers = [float(n) for n in re.findall(_NUMBER, text)]
    if not all(map(math.isfinite, numbers)):
        raise Malformed("a coordinate is beyond every number")
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def intersects(one: object, other: object) -> bool | None:
    """Does a GeoJSON point lie in an area, its edge included? Null where the two are not that, in either order."""
    if isinstance(one, Area):
        one, other = other, one
    if not isinstance(other, Area) or not isinstance(one, dict) or one.get("type") != "Point":
        return None
    lon, lat = one["coordinates"][:2]
    return _holds(other, (lon, lat))


def _holds(area: Area, at: Position) -> bool:
    """By the parity of the edges that a ray to the east crosses; O(edges)."""
    inside = False
    for ring in area.rings:
        if at in ring:
            return True
        for a, b in pairwise(ring):
            side = (b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0])
            if (
                side == 0
                and min(a[0], b[0]) <= at[0] <= max(a[0], b[0])
                and min(a[1], b[1]) <= at[1] <= max(a[1], b[1])
            ):
                return True
            if (a[1] > at[1]) != (b[1] > at[1]) and (side > 0) == (b[1] > a[1]):
                inside = not inside
    return inside
