"""A line a device: counts from its serial log, the meaning of its worst reading in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.console import Console

from deploy.demo.cast import Player
from deploy.demo.status import Line, Serial, table, worst
from devices.quantity import load_quantities
from gateway.numerics.columns import READING

PLAYER = Player("air-gare", "air", "Gare de Rennes", (48.1, -1.67), told="drifts")


def reading(flag: int, series: int = 1) -> np.void:
    """One reading with this flag."""
    row: np.void = np.array([(series, 1000, 21.456, flag, 0, np.nan)], READING)[0]
    return row


def test_a_serial_log_is_read_on_from_where_it_was_left(tmp_path: Path) -> None:
    """Half a line waits for its other half."""
    serial = Serial(tmp_path / "serial.log")
    serial.read_on()
    serial.log.write_text('# boot\nN 5 1\nS 5 1 1000 {"t": 1}\nN 5 2\nR 5')
    serial.read_on()
    before = (serial.numbered, serial.covered)
    with serial.log.open("a") as log:
        log.write(" 2 []\nD 5 3 full\n")
    serial.read_on()

    assert before == (2, 0)
    assert (serial.numbered, serial.covered, serial.dropped) == (2, 2, 1)


def test_the_worst_flag_is_shown() -> None:
    """Fail before suspect before good before not evaluated."""
    rows = {n: reading(flag, n) for n, flag in enumerate((2, 1, 3, 4))}

    shown = [worst(rows, range(n)) for n in (1, 2, 3, 4)]

    assert [int(r["flag"]) for r in shown if r is not None] == [2, 1, 3, 4]
    assert worst(rows, []) is None


def test_a_line_speaks_french() -> None:
    """Value with a decimal comma, its age, what is wrong by design."""
    console = Console(width=200, record=True, force_terminal=False)
    quantity = load_quantities()["temperature"]
    lines = [
        Line(PLAYER, Serial(Path("none")), reading(3), quantity, 2.0),
        Line(PLAYER, Serial(Path("none")), None, None, None),
    ]

    console.print(table(lines, "fr", title="Girouette"))
    text = console.export_text()

    assert "21,5 °C" in text
    assert "démonstration : ce capteur dérive" in text
    assert "pas encore de mesure" in text
