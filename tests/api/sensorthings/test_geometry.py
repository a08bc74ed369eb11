"""Whether a point lies in an area."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problems import Malformed, NotOffered
from api.sensorthings.geometry import Area, intersects, read_area

RENNES = {"type": "Point", "coordinates": [-1.68, 48.11]}
SQUARE = "0 0,4 0,4 4,0 4,0 0"
DEGREES = st.integers(-180_000_000, 180_000_000).map(lambda n: n / 1_000_000)
"""To a decimetre: what no map can draw is not asked for."""
SIDES = st.tuples(DEGREES, DEGREES)


def point(x: float, y: float) -> dict[str, object]:
    """A GeoJSON point."""
    return {"type": "Point", "coordinates": [x, y]}


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON((-2 48,-1 48,-1 49,-2 49,-2 48))",
        "Polygon ((-2 48, -1 48, -1 49, -2 49, -2 48))",
        " polygon((-2.0 4.8e1 , -1 48,-1 49.,-2 49,-2.0 48)) ",
        "POINT(-1.68 48.11)",
    ],
)
def test_areas_are_read_as_map_programs_write_them(text: str) -> None:
    """Capitals, spaces and exponents do not matter, nor does which of the two comes first."""
    assert intersects(RENNES, read_area(text)) is True
    assert intersects(read_area(text), RENNES) is True


@pytest.mark.parametrize(
    "text",
    ["", "Rennes", "POLYGON", "POLYGON((0 0,1 1))", "POLYGON((0 0,1 0,1 1,0 1))", "POLYGON((0 0,1 0,1,0 0))", "POINT(1e999 0)", "POINT(1)"],
)  # fmt: skip
def test_what_is_no_area_is_told(text: str) -> None:
    """Also a ring that is open, or has too few corners."""
    with pytest.raises(Malformed):
        read_area(text)


@pytest.mark.parametrize("text", ["LINESTRING(0 0,1 1)", "MULTIPOLYGON(((0 0,1 0,1 1,0 0)))"])
def test_other_kinds_are_not_offered(text: str) -> None:
    """The asker is told which there are."""
    with pytest.raises(NotOffered, match="POLYGON"):
        read_area(text)


@pytest.mark.parametrize(
    ("x", "y", "held"),
    [(0.5, 0.5, True), (0, 2, True), (4, 4, True), (2, 2, False), (1, 2, True), (5, 2, False), (-1, 0, False), (2, 4.1, False)],
)  # fmt: skip
def test_edges_belong_to_it_and_holes_do_not(x: float, y: float, held: bool) -> None:
    """A square of four with a hole of two in its midst."""
    area = read_area(f"POLYGON(({SQUARE}),(1 1,3 1,3 3,1 3,1 1))")

    assert intersects(point(x, y), area) is held


@given(SIDES, SIDES, DEGREES, DEGREES)
def test_a_window_holds_what_lies_between_its_sides(
    across: tuple[float, float], along: tuple[float, float], x: float, y: float
) -> None:
    """The polygon of a rectangle says what four comparisons say, whichever way round it is written."""
    (w, e), (s, n) = sorted(across), sorted(along)
    ring = ((w, s), (e, s), (e, n), (w, n), (w, s))

    for rings in ((ring,), (ring[::-1],)):
        assert intersects(point(x, y), Area(rings)) is (w <= x <= e and s <= y <= n)


@pytest.mark.parametrize("other", [None, 5, "POINT(1 2)", {"type": "Polygon", "coordinates": []}])
def test_what_is_neither_point_nor_area_is_null(other: object) -> None:
    """So that such a row passes no filter."""
    assert intersects(other, read_area("POINT(1 2)")) is None
    assert intersects(RENNES, other) is None
