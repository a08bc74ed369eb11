"""The boards that recipes are wired to add up: every socket on pins that the board leads out and can spare."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import devices.pinout
from devices.pinout import PINS_OF, Pinout, kind_of, load_pinouts, read_pinout
from devices.refusal import RecipeError
from devices.table import read_table

SHARED = {("c3", kind) for kind in ("onewire", "echo", "i2s")}
"""A C3 leads out eight pins that nothing else needs: these sockets share theirs with the serial line or a contact."""
BOARDS = list(load_pinouts().values())


@pytest.mark.parametrize("board", BOARDS, ids=lambda b: b.slug)
def test_every_socket_is_on_pins_that_can_do_it(board: Pinout) -> None:
    """Each pin of each socket is led out, not taken, able to do what its bus asks, and in no other socket where pins suffice."""
    seen: set[int] = set() if board.led is None else {board.led}
    for name, socket in board.sockets.items():
        for pin in PINS_OF[kind_of(name)]:
            assert socket[pin] in board.free(kind_of(name), pin), f"{name}: {pin}"
            assert socket[pin] not in seen or (board.slug, kind_of(name)) in SHARED, f"{name}: {pin} is used twice"
            seen.add(socket[pin])


@pytest.mark.parametrize("board", BOARDS, ids=lambda b: b.slug)
def test_what_is_printed_on_a_board_is_printed_once(board: Pinout) -> None:
    """Both rows are as long, no GPIO stands twice, and all that is said of GPIOs is said of ones that are led out."""
    numbers = [p for p in (*board.left, *board.right) if p.isdigit()]

    assert len(board.left) == len(board.right)
    assert len(set(numbers)) == len(numbers)
    assert {"3V3", "5V", "GND"} <= {*board.left, *board.right}
    assert board.adc | board.no_pull_up | board.taken <= board.pins
    assert board.led is None or board.led not in board.taken
    assert board.rgb is None or board.rgb in board.taken


def test_boards_stand_in_the_order_in_which_we_recommend_them() -> None:
    """What a locked computer knows without a driver comes first, and of it what keeps its port."""
    assert [b.slug for b in BOARDS] == ["c6", "c3", "s3", "s2", "esp32"]
    assert [(b.usb, b.port) for b in BOARDS] == sorted(
        ((b.usb, b.port) for b in BOARDS), key=lambda way: (way[0] != "native", way[1] != "stays")
    )
    assert all(b.plug("fr") and b.plug("en") for b in BOARDS)


def test_every_board_has_the_same_sockets() -> None:
    """One recipe fits them all, because a socket has the same name on each."""
    assert {tuple(sorted(b.sockets)) for b in BOARDS} == {tuple(sorted(BOARDS[0].sockets))}


def test_an_input_without_pull_up_serves_a_converter_only() -> None:
    """GPIO 34 of an ESP32 reads voltages and listens, but cannot hold up a contact or drive a line."""
    board = load_pinouts()["esp32"]

    assert 34 in board.free("adc", "pin")
    assert 34 in board.free("uart", "rx")
    assert 34 not in board.free("uart", "tx")
    assert 34 not in board.free("pulse", "pin")
    assert 34 in board.free("echo", "echo")
    assert 34 in board.free("i2s", "sd")
    assert 34 not in board.free("onewire", "pin")
    assert 25 not in board.free("adc", "pin"), "its converter is taken by Wi-Fi"


def test_a_board_with_a_slip_of_the_pen_is_refused(tmp_path: Path) -> None:
    """Whoever adds a board reads which key is missing, and where."""
    file = tmp_path / "boards.toml"
    file.write_text('[mine]\nname = "Mine"\nplug = { fr = "ici", en = "here" }\n', encoding="utf-8")
    rows = read_table(file, file.name, RecipeError)

    with pytest.raises(RecipeError, match=r"^boards\.toml \(line 1\), mine: chip is missing; add it$"):
        read_pinout("mine", rows.table("mine"))


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(devices.pinout).failed == 0
