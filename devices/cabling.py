"""The wiring drawing of a recipe, made from the recipe: a board seen from above, its sensors, and a wire from pin to pin."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from devices.layout import OTHER, PITCH, Layout, Module, Route, Terminal, above, arrange, header, row_y
from devices.pinout import Pinout, load_pinouts
from devices.recipe import Recipe
from devices.svg import Drawing
from devices.wires import POWER, Wire, module_name, ohms, wires_of
from devices.words import LANGUAGES, say

INK = {
    "red": "#c8102e", "orange": "#e8710a", "black": "#24292f", "blue": "#1f6feb", "green": "#1a7f37", "violet": "#8250df",
    "yellow": "#c99700", "grey": "#768390", "brown": "#7a4a1e", "pink": "#d6409f", "turquoise": "#0b8793",
}  # fmt: skip
HALF = 84
"""Half a board's width."""
BOX = 178
"""A module's width."""
PIN = 8
"""From the board's edge to the middle of a pin."""
WIRE = 3.5
ELBOW, RESISTOR = 14, 56
FIBRE, METAL, PALE, PLAIN = "#12302b", "#c9d1d9", "#9db4ae", "#57606a"
CHAR = 10
"""The width of a title's letter, generously."""
Point = tuple[float, float]


def draw(recipe: Recipe) -> str:
    """The wiring of a recipe on the board that it is placed on, as an SVG file; the same recipe gives the same bytes."""
    board, wires = load_pinouts()[recipe.board], wires_of(recipe)
    layout = arrange(wires, board)
    title = " / ".join(say("cabling.title", lang, name=recipe.name(lang)) for lang in LANGUAGES)
    notes = [board.name, *(say("cabling.advice", lang) for lang in LANGUAGES)]
    paper = paper_of(layout, board, title)
    drawing = Drawing(f"{title}, {board.name}", describe(recipe, wires), paper)
    drawing.words((paper[0] + 24, paper[1] + 34), title, size=17, bold=True)
    for line, note in enumerate(notes):
        drawing.words((paper[0] + 24, paper[1] + 56 + 18 * line), note, size=12, fill=PLAIN)
    draw_board(drawing, board, {(home_of(r), r.net.row) for r in layout.routes})
    for route in sorted(layout.routes, key=lambda route: route.net.pin not in POWER):
        draw_route(drawing, route, layout.modules_at[route.net.side])
    for module in layout.modules:
        draw_module(drawing, module, layout, recipe)
    return str(drawing)


def describe(recipe: Recipe, wires: Sequence[Wire]) -> str:
    """What the drawing shows, for somebody who hears it: a sentence a wire, in French, then in English."""
    sentences = []
    for lang in LANGUAGES:
        for wire in wires:
            module, colour = module_name(recipe.sensors[wire.sensor], recipe, lang), say(f"cabling.{wire.colour}", lang)
            told = say("cabling.goes", lang, module=module, terminal=wire.terminal, colour=colour, pin=wire.pin)
            for ohm, to in wire.resistors:
                told += ", " + say("cabling.resistor", lang, ohm=ohms(ohm), to=to)
            sentences.append(told + ".")
    return " ".join(sentences)


def paper_of(layout: Layout, board: Pinout, title: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a paper on which everything finds room."""
    loops = [r.loop_y for r in layout.routes if r.far_lane is not None]
    lows = [t.y for m in layout.modules for t in m.terminals]
    top = min([*loops, -2 * PITCH]) - 104
    bottom = max([*loops, *lows, row_y(len(board.left))]) + 2 * PITCH
    reach = {}
    for side, other in OTHER.items():
        far = [r.far_lane for r in layout.routes if r.far_lane is not None and r.net.side == other]
        reach[side] = HALF + max([16.0, *far]) + 24
        if side in layout.modules_at:
            reach[side] = HALF + layout.modules_at[side] + BOX + 24
    left = -reach["left"]
    return left, top, max(reach["right"], left + 48 + len(title) * CHAR), bottom


def spot(side: str, distance: float) -> float:
    """How far right a distance from the board's edge is."""
    return HALF + distance if side == "right" else -HALF - distance


def home_of(route: Route) -> str:
    """The side of the board on which a route starts."""
    return route.net.side if route.far_lane is None else OTHER[route.net.side]


def draw_board(drawing: Drawing, board: Pinout, used: Collection[tuple[str, int]]) -> None:
    """The board, antenna up and USB down, and what is printed beside each pin: brighter where a wire goes."""
    last = row_y(len(board.left) - 1)
    drawing.box((-HALF, -1.6 * PITCH), (2 * HALF, last + 3.2 * PITCH), fill=FIBRE, round_px=8)
    drawing.box((-HALF + 48, -1.2 * PITCH), (2 * HALF - 96, 3.4 * PITCH), fill=METAL, round_px=3)
    drawing.words((0, 0.6 * PITCH), "Wi-Fi", size=11, anchor="middle", fill=PLAIN)
    drawing.box((-20, last + 0.7 * PITCH), (40, 1.2 * PITCH), fill=METAL, round_px=3)
    drawing.words((0, last + 1.45 * PITCH), "USB", size=11, anchor="middle", fill=PLAIN)
    for side, anchor in (("left", "start"), ("right", "end")):
        for row, printed in ((r, p) for r, p in enumerate(header(board, side)) if p):
            bright = (side, row) in used
            drawing.dot((spot(side, -PIN), row_y(row)), fill="#d4a72c", radius=4)
            ink, at = "#ffffff" if bright else PALE, (spot(side, -PIN - 10), row_y(row) + 4)
            drawing.words(at, printed, size=12, anchor=anchor, fill=ink, bold=bright)


def draw_route(drawing: Drawing, route: Route, modules_at: float) -> None:
    """The wires of one pin of the board; what feeds modules has a thick trunk, the rail of a breadboard."""
    net, rail = route.net, route.net.pin in POWER
    lane, inner = spot(net.side, route.lane), spot(net.side, modules_at)
    home = home_of(route)
    start = (spot(home, -PIN), row_y(net.row))
    around = [(spot(home, route.far_lane), y) for y in (start[1], route.loop_y)] if route.far_lane is not None else []
    ends = [route.loop_y, *net.ys, *net.resistors]
    lines = [[start, *around, (lane, route.loop_y)]]
    lines += [[(lane, y), (inner, y)] for y in net.ys]
    lines += [[(lane, y), (spot(net.side, modules_at - ELBOW - RESISTOR / 2), y)] for y in net.resistors]
    trunk = [(lane, min(ends)), (lane, max(ends))]
    cable(drawing, lines, net.colour, trunk=trunk, trunk_px=7 if rail else WIRE)
    if rail or len(ends) > 2:
        for y in ends:
            drawing.dot((lane, y), fill=INK[net.colour], radius=5)
    drawing.dot(start, fill="#ffffff", radius=6.5)
    drawing.dot(start, fill=INK[net.colour], radius=5)


def cable(
    drawing: Drawing, lines: Sequence[list[Point]], colour: str, *, trunk: Sequence[Point] = (), trunk_px: float = WIRE
) -> None:
    """Wires that belong together, with a white edge around them all, so that one sees which passes over which."""
    strokes = [(list(line), WIRE) for line in lines] + ([(list(trunk), trunk_px)] if trunk else [])
    for line, width in strokes:
        drawing.line(line, colour="#ffffff", width=width + 3.5)
    for line, width in strokes:
        drawing.line(line, colour=INK[colour], width=width)


def draw_module(drawing: Drawing, module: Module, layout: Layout, recipe: Recipe) -> None:
    """One sensor: its name, and each terminal with the pin of the board that it goes to."""
    sensor = recipe.sensors[module.sensor]
    inner = spot(module.side, layout.modules_at[module.side])
    outer = inner + BOX if module.side == "right" else inner - BOX
    left, top = min(inner, outer), module.terminals[0].y - 0.6 * PITCH
    near, away = ("start", "end") if module.side == "right" else ("end", "start")
    pad = 14 if module.side == "right" else -14
    drawing.box((left, top), (BOX, PITCH * (len(module.terminals) + 0.2)), fill="#eef2f6", edge="#8c959f", round_px=6)
    name = " / ".join(dict.fromkeys(module_name(sensor, recipe, lang) for lang in LANGUAGES))
    drawing.words((left, top - 8), name, size=13, bold=True)
    for terminal in module.terminals:
        ink = INK[terminal.wire.colour]
        drawing.dot((inner, terminal.y), fill=ink, radius=5)
        drawing.words((inner + pad, terminal.y + 4), terminal.wire.terminal, size=13, anchor=near, bold=True)
        drawing.words((outer - pad, terminal.y + 4), terminal.wire.pin, size=13, anchor=away, fill=ink, bold=True)
        for row in range(len(terminal.wire.resistors)):
            draw_resistor(drawing, inner, terminal, row, out=1 if module.side == "right" else -1)


def draw_resistor(drawing: Drawing, inner: float, terminal: Terminal, row: int, *, out: int) -> None:
    """A resistor on the wire that comes from 3V3 or GND in a row above, and its way down to the terminal's own wire."""
    elbow, y = inner - ELBOW * out, above(terminal, row)
    middle = elbow - RESISTOR / 2 * out
    cable(drawing, [[(middle, y), (elbow, y), (elbow, terminal.y)]], terminal.wire.colour)
    drawing.dot((elbow, terminal.y), fill=INK[terminal.wire.colour], radius=5)
    drawing.box((middle - 24, y - 8), (48, 16), fill="#e6d2aa", edge="#7a4a1e", round_px=6)
    drawing.words((middle, y + 4), ohms(terminal.wire.resistors[row][0]), size=11, anchor="middle", bold=True)
