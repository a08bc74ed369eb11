"""Where the parts of a wiring drawing lie: the board's pins, modules on its two sides, and the lanes of the wires between.

Distances are pixels; heights count down from the board's first pin. The board's pins lie on whole rows and the modules' terminals
on half rows, and each wire has a lane of its own beside the board, so that no two wires ever lie on one another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from devices.pinout import Pinout
from devices.wires import POWER, Wire

OTHER = {"left": "right", "right": "left"}
PITCH = 24
FIRST_LANE = 30
LANE = 13
RAIL = 32
ROOM = 84
"""Between the last rail and the modules: a resistor fits in."""
ABOVE = -3 * PITCH
BELOW = 2 * PITCH


@dataclass(frozen=True, slots=True)
class Terminal:
    """One pin of a module: its wire, and its height."""

    wire: Wire
    y: float


@dataclass(frozen=True, slots=True)
class Module:
    """One sensor's box on one side of the board."""

    sensor: int
    side: str
    terminals: tuple[Terminal, ...]


@dataclass(frozen=True, slots=True)
class Net:
    """What leads from one pin of the board to the modules of one side."""

    pin: str
    colour: str
    side: str
    row: int
    """Which pin of its header, from 0 at the antenna."""
    far: bool
    """Is the pin on the other side, so that the wire goes round the board?"""
    ys: tuple[float, ...]
    """The heights at which modules take from it."""
    resistors: tuple[float, ...] = ()
    """The heights at which resistors take from it, each in a row above its wire."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a net runs, in distances from the board's edge."""

    net: Net
    lane: float
    """Where it turns towards its modules."""
    loop_y: float
    """The height at which it comes to its side: its pin's, or above or below the board where it goes round."""
    far_lane: float | None
    """Where it runs on the other side, when it goes round the board."""


@dataclass(frozen=True, slots=True)
class Layout:
    """All of it."""

    modules: tuple[Module, ...]
    routes: tuple[Route, ...]
    modules_at: Mapping[str, float]
    """Side -> how far from the board its modules begin; a side without modules is not in it."""


def row_y(row: float) -> float:
    """The height of a row."""
    return row * PITCH


def above(terminal: Terminal, row: int) -> float:
    """The height of a resistor of a terminal, row by row above it, where its module has no terminal."""
    return terminal.y - (row + 1) * PITCH


def header(board: Pinout, side: str) -> tuple[str, ...]:
    """What is printed along one side of the board."""
    return board.left if side == "left" else board.right


def arrange(wires: Sequence[Wire], board: Pinout) -> Layout:
    """Place the modules, then give every pin that is used its lane."""
    modules = place_modules(wires, board)
    nets = [net for side in OTHER for net in nets_of(modules, side, board)]
    loops, begin = go_round(nets, len(board.left))
    routes: list[Route] = []
    modules_at: dict[str, float] = {}
    for side in OTHER:
        mine = [net for net in nets if net.side == side]
        if mine:
            found = give_lanes(mine, loops, begin[side])
            routes += found
            modules_at[side] = max(r.lane for r in found) + ROOM
    return Layout(modules, tuple(routes), modules_at)


def place_modules(wires: Sequence[Wire], board: Pinout) -> tuple[Module, ...]:
    """Each sensor's module on the side where its pins are, in their order, the stack centred along the board."""
    of = {n: [w for w in wires if w.sensor == n] for n in sorted({w.sensor for w in wires})}
    found: list[Module] = []
    for side in OTHER:
        mine = sorted((n for n in of if side_of(of[n], board) == side), key=lambda n: (mean_row(of[n], board), n))
        rows = sum(len(of[n]) + 2 for n in mine) - 2
        at = max(0, (len(board.left) - rows) // 2)
        for n in mine:
            found.append(Module(n, side, tuple(Terminal(w, row_y(at + k + 0.5)) for k, w in enumerate(of[n]))))
            at += len(of[n]) + 2
    return tuple(found)


def signal_pins(wires: Sequence[Wire]) -> list[str]:
    """The pins of the board that carry what is measured."""
    return [w.pin for w in wires if w.pin not in POWER]


def side_of(wires: Sequence[Wire], board: Pinout) -> str:
    """The side where most of a sensor's pins are; the right one where there are as many on both."""
    own = signal_pins(wires)
    return "left" if 2 * sum(pin in board.left for pin in own) > len(own) else "right"


def mean_row(wires: Sequence[Wire], board: Pinout) -> float:
    """Where a sensor's pins are along the board, on average."""
    rows = [(board.left if pin in board.left else board.right).index(pin) for pin in signal_pins(wires)]
    return sum(rows) / len(rows)


def nets_of(modules: Sequence[Module], side: str, board: Pinout) -> list[Net]:
    """What the modules of one side and their resistors take from the board, pin by pin."""
    mine = [t for m in modules if m.side == side for t in m.terminals]
    pulled = [(to, above(t, row)) for t in mine for row, (_, to) in enumerate(t.wire.resistors)]
    colours = {t.wire.pin: t.wire.colour for t in mine} | {to: POWER[to] for to, _ in pulled}
    found = []
    for pin, colour in colours.items():
        ys = tuple(t.y for t in mine if t.wire.pin == pin)
        resistors = tuple(y for to, y in pulled if to == pin)
        row, far = find_pin(pin, side, sum(ys + resistors) / len(ys + resistors), board)
        found.append(Net(pin, colour, side, row, far, ys, resistors))
    return found


def find_pin(pin: str, side: str, y: float, board: Pinout) -> tuple[int, bool]:
    """The row of a pin, and is it on the other side? Of several of one name the nearest to a height, on this side if it can be."""
    here, there = ([row for row, name in enumerate(header(board, s)) if name == pin] for s in (side, OTHER[side]))
    return min(here or there, key=lambda row: (abs(row_y(row) - y), row)), not here


def go_round(nets: Sequence[Net], rows: int) -> tuple[dict[Net, tuple[float, float]], dict[str, float]]:
    """The height and the far lane of each net that goes round the board, and where the lanes of each side may begin."""
    above, below = count(ABOVE, -LANE), count(row_y(rows - 1) + BELOW, LANE)
    begin: dict[str, float] = dict.fromkeys(OTHER, FIRST_LANE)
    loops: dict[Net, tuple[float, float]] = {}
    for net in (net for net in nets if net.far):
        far = OTHER[net.side]
        loops[net] = (next(above if 2 * net.row < rows else below), begin[far])
        begin[far] += LANE
    return loops, begin


def give_lanes(nets: Sequence[Net], loops: Mapping[Net, tuple[float, float]], begin: float) -> list[Route]:
    """The routes of one side: signals in the order in which they cross least, then the rails that feed the modules."""
    starts = {net: loops[net][0] if net in loops else row_y(net.row) for net in nets}
    rising = [net for net in nets if net.pin not in POWER and net.ys[0] + net.ys[-1] < 2 * starts[net]]
    falling = [net for net in nets if net.pin not in POWER and net not in rising]
    rising.sort(key=lambda net: starts[net])
    falling.sort(key=lambda net: -starts[net])
    signals = rising + falling
    rails = sorted((net for net in nets if net.pin in POWER), key=lambda net: list(POWER).index(net.pin))
    lanes = [begin + LANE * n for n in range(len(signals))]
    first_rail = begin + LANE * len(signals) + RAIL / 2
    lanes += [first_rail + RAIL * n for n in range(len(rails))]
    far_lanes = {net: loops[net][1] if net in loops else None for net in nets}
    return [Route(net, lane, starts[net], far_lanes[net]) for net, lane in zip(signals + rails, lanes, strict=True)]
