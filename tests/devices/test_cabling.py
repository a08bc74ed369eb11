"""The drawing in each recipe's folder is the one that the recipe makes, and a finger on a wire arrives at the right pin."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from devices.cabling import HALF, INK, PIN, draw, spot
from devices.layout import OTHER, arrange, row_y
from devices.pinout import load_pinouts
from devices.recipe import Recipe, load_recipes
from devices.wires import POWER, wires_of

SVG = "{http://www.w3.org/2000/svg}"
PLACED = [recipe.on(board) for recipe in load_recipes().values() for board in recipe.boards]
Point = tuple[float, float]


def name_of(recipe: Recipe) -> str:
    """How a recipe on a board is called in the list of tests."""
    return f"{recipe.slug} on {recipe.board}"


def wires_drawn(drawing: str) -> dict[str, list[tuple[Point, Point]]]:
    """Colour -> the pieces of wire of that colour."""
    found: dict[str, list[tuple[Point, Point]]] = {}
    for line in ET.fromstring(drawing).iter(f"{SVG}polyline"):
        points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]
        found.setdefault(line.attrib["stroke"], []).extend(pairwise(points))  # type: ignore[arg-type]
    return found


def touches(piece: tuple[Point, Point], point: Point) -> bool:
    """Does a horizontal or vertical piece of wire pass through a point?"""
    (ax, ay), (bx, by) = piece
    return min(ax, bx) <= point[0] <= max(ax, bx) and min(ay, by) <= point[1] <= max(ay, by)


def follow(pieces: list[tuple[Point, Point]], start: Point) -> set[tuple[Point, Point]]:
    """Every piece of wire that a finger reaches from a point: along a piece, and on to any that ends on it."""
    reached: set[tuple[Point, Point]] = set()
    at = {piece for piece in pieces if touches(piece, start)}
    while at:
        reached |= at
        at = {p for p in pieces if p not in reached and any(joined(p, r) for r in reached)}
    return reached


def joined(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Does one of two pieces end on the other?"""
    return any(touches(other, end) for end in one) or any(touches(one, end) for end in other)


@pytest.mark.parametrize("recipe", load_recipes().values(), ids=lambda r: r.slug)
def test_the_drawing_in_the_folder_is_what_the_recipe_makes(recipe: Recipe) -> None:
    """wiring.svg is generated from recipe.toml: `girouette recipe draw` writes it again."""
    assert (recipe.folder / "wiring.svg").read_text(encoding="utf-8") == draw(recipe)


@pytest.mark.parametrize("recipe", PLACED, ids=name_of)
def test_a_finger_on_a_wire_arrives_at_the_right_pin(recipe: Recipe) -> None:
    """On every board each terminal's wire, followed piece by piece, leads to its pin and to no other pin of the board."""
    board, drawn = load_pinouts()[recipe.board], wires_drawn(draw(recipe))
    layout = arrange(wires_of(recipe), board)
    pins = {
        (spot(side, -PIN), row_y(row)): printed
        for side, printed_all in (("left", board.left), ("right", board.right))
        for row, printed in enumerate(printed_all)
    }
    for module in layout.modules:
        for terminal in module.terminals:
            at = (spot(module.side, layout.modules_at[module.side]), terminal.y)
            reached = follow(drawn[INK[terminal.wire.colour]], at)
            ends = {pins[point] for piece in reached for point in piece if point in pins}
            assert ends == {terminal.wire.pin}, f"{terminal.wire} ends at {ends}"


@pytest.mark.parametrize("recipe", PLACED, ids=name_of)
def test_wires_of_two_colours_never_lie_on_one_another(recipe: Recipe) -> None:
    """They may cross, but no piece of one runs along a piece of another; none runs across the board."""
    drawn = {colour: pieces for colour, pieces in wires_drawn(draw(recipe)).items() if colour != "#ffffff"}
    wires = wires_of(recipe)
    assert set(drawn) == {INK[w.colour] for w in wires} | {INK[POWER[to]] for w in wires for _, to in w.resistors}

    for colour, pieces in drawn.items():
        others = [p for c, ps in drawn.items() if c != colour for p in ps]
        assert not [(p, o) for p in pieces for o in others if along(p, o)]
        assert all(abs(x) >= HALF - PIN or abs(y) > row_y(1) for p in pieces for x, y in p)


def along(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Do two pieces share more than a point?"""
    (ax, ay), (bx, by) = one
    (cx, cy), (dx, dy) = other
    if ax == bx == cx == dx:
        return min(max(ay, by), max(cy, dy)) > max(min(ay, by), min(cy, dy))
    if ay == by == cy == dy:
        return min(max(ax, bx), max(cx, dx)) > max(min(ax, bx), min(cx, dx))
    return False


def test_the_drawing_says_aloud_what_it_shows() -> None:
    """Its description has a sentence a wire in both languages, resistor included, and it names its board."""
    drawing = ET.fromstring(draw(load_recipes()["weather"]))
    title, told = drawing.findtext(f"{SVG}title") or "", drawing.findtext(f"{SVG}desc") or ""

    assert title == "Câblage : Vent et pluie / Wiring: Wind and rain, ESP32-C6-DevKitC-1"
    assert (
        "Girouette, RJ11 1 : fil bleu vers 3, résistance de 10 kΩ entre ce fil et 3V3, résistance de 22 kΩ entre ce fil et GND."
        in told
    )
    assert "Wind vane, RJ11 4: black wire to GND." in told
    assert set(OTHER) == {"left", "right"}


def test_nothing_is_drawn_off_the_paper() -> None:
    """Every wire and every word begins on the paper, on every board."""
    for recipe in PLACED:
        svg = ET.fromstring(draw(recipe))
        left, top, width, height = map(float, svg.attrib["viewBox"].split())
        points = [p for pieces in wires_drawn(draw(recipe)).values() for piece in pieces for p in piece]
        points += [(float(t.attrib["x"]), float(t.attrib["y"])) for t in svg.iter(f"{SVG}text")]
        assert all(left < x < left + width and top < y < top + height for x, y in points), name_of(recipe)
