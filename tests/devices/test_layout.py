"""No two wires of a drawing lie on one another, whatever hangs on the board."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.layout import OTHER, PITCH, Layout, arrange, find_pin, header
from devices.pinout import load_pinouts
from devices.recipe import load_recipes
from devices.wires import POWER, Wire, wires_of

BOARDS = load_pinouts()


@st.composite
def wirings(draw: st.DrawFn) -> tuple[str, list[Wire]]:
    """A board, and up to six sensors on pins that it has, some of which share a pin."""
    board = draw(st.sampled_from(sorted(BOARDS)))
    pins = sorted(map(str, BOARDS[board].free("uart", "tx")))
    colours = count()
    wires = []
    for sensor in range(draw(st.integers(1, 6))):
        feed = draw(st.sampled_from(["3V3", "5V"]))
        own = draw(st.lists(st.sampled_from(pins), min_size=1, max_size=4, unique=True))
        resistors = draw(st.sampled_from([(), ((10000, "3V3"),), ((10000, "3V3"), (22000, "GND"))]))
        wires += [Wire(sensor, feed, feed, POWER[feed]), Wire(sensor, "GND", "GND", "black")]
        wires += [Wire(sensor, f"T{next(colours)}", pin, f"colour {pin}", resistors) for pin in own]
    return board, wires


def lanes_of(layout: Layout, side: str) -> list[float]:
    """All distances at which something runs along one side of the board."""
    near = [r.lane for r in layout.routes if r.net.side == side]
    return near + [r.far_lane for r in layout.routes if r.far_lane is not None and r.net.side != side]


@given(wirings())
def test_every_wire_has_a_lane_and_a_height_of_its_own(wiring: tuple[str, list[Wire]]) -> None:
    """Lanes differ along a side, heights differ among terminals, and loops round the board differ from all of them."""
    board, wires = wiring
    layout = arrange(wires, BOARDS[board])

    for side in OTHER:
        lanes, ys = lanes_of(layout, side), [t.y for m in layout.modules if m.side == side for t in m.terminals]
        assert len(set(lanes)) == len(lanes)
        assert len(set(ys)) == len(ys)
        assert all(y % PITCH == PITCH / 2 for y in ys)
    loops = [r.loop_y for r in layout.routes if r.far_lane is not None]
    assert len(set(loops)) == len(loops)
    assert all(y < -PITCH or y > (len(BOARDS[board].left) - 1) * PITCH + PITCH for y in loops)


@given(wirings())
def test_every_terminal_is_led_to_its_pin(wiring: tuple[str, list[Wire]]) -> None:
    """Each wire is in a net that starts at a pin of the board with the wire's name, and modules lie beyond all lanes."""
    board, wires = wiring
    layout = arrange(wires, BOARDS[board])

    assert {t.wire for m in layout.modules for t in m.terminals} == set(wires)
    for module in layout.modules:
        for terminal in module.terminals:
            (route,) = (r for r in layout.routes if r.net.side == module.side and r.net.pin == terminal.wire.pin)
            home = module.side if route.far_lane is None else OTHER[module.side]
            assert header(BOARDS[board], home)[route.net.row] == terminal.wire.pin
            assert terminal.y in route.net.ys
            assert route.lane < layout.modules_at[module.side]


def test_of_several_grounds_the_nearest_on_this_side_is_taken() -> None:
    """An ESP32-DevKitC has a ground on its left and three on its right."""
    board = BOARDS["esp32"]

    assert find_pin("GND", "right", 7 * PITCH, board) == (6, False)
    assert find_pin("GND", "left", 0, board) == (13, False)
    assert find_pin("3V3", "right", 0, board) == (0, True)


@pytest.mark.parametrize("slug", ["noise", "weather"])
def test_what_hangs_on_the_left_pins_stands_on_the_left(slug: str) -> None:
    """On an ESP32-DevKitC the converter and the contacts are on the left, so their wires need not go round."""
    recipe = load_recipes()[slug].on("esp32")
    layout = arrange(wires_of(recipe), BOARDS["esp32"])

    assert {m.side for m in layout.modules} == {"left"}
    assert all(r.far_lane is None for r in layout.routes)
