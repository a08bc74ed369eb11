"""A line for each board: how far it is, what it measures, or what to do."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from deploy.flashing.faults import FlashError
from deploy.flashing.flash import Done
from deploy.flashing.many import Row
from deploy.flashing.ports import Port
from deploy.flashing.table import line_of, shown, spoken, table_of
from devices.quantity import load_quantities

DONE = Done("/dev/ttyACM0", "climate-1", "climate", "c3", "whole", new=True, page="", cable={"temperature": 21.37})
ROWS = [
    Row(Port("/dev/ttyACM0", "x"), done=DONE),
    Row(Port("/dev/ttyACM1", "x"), error=FlashError("not_boot_mode", port="/dev/ttyACM1")),
    Row(Port("/dev/ttyACM2", "x"), "write", 0.5),
]


def values(done: Done) -> str:
    """In French."""
    return spoken(done.cable, load_quantities(), "fr")


def test_readings_are_told_as_people_say_them() -> None:
    """With the quantity's name, unit and decimals; several places of one quantity, and a channel that nobody knows."""
    told = {"temperature": 21.37, "indoor.humidity": 48.0, "strange": 1.5}

    assert spoken(told, load_quantities(), "fr") == "température de l’air 21,4 °C, humidité relative 48 %, strange 1,5"
    assert spoken({"temperature": 21.37}, load_quantities(), "en") == "air temperature 21.4 °C"


def test_each_board_says_where_it_is() -> None:
    """A tick and its values, a cross and what to do, or a bar with what is being done."""
    done, failed, under_way = (line_of(row, "fr", values) for row in ROWS)

    assert done == "✓ prête, débranchez-la : température de l’air 21,4 °C"
    unheard = Row(Port("COM3", "x"), done=Done("COM3", "climate-2", "climate", "c3", "whole", new=True, page=""))
    assert line_of(unheard, "fr", values) == "✓ prête, débranchez-la"
    assert failed.startswith("✗ la carte sur /dev/ttyACM1 n’entre pas en mode programmation ; tenez")
    assert under_way == "━━━━━╌╌╌╌╌╌╌ j’écris et je vérifie"


def test_the_table_has_a_line_for_each() -> None:
    """Nothing is cut off: a long sentence goes on below."""
    out = Console(file=io.StringIO(), width=70)
    out.print(table_of(ROWS, "fr", values))
    told = out.file.getvalue()  # type: ignore[attr-defined]

    assert "Branchez les cartes l’une après l’autre" in told
    assert all(port.path in told for port in (row.port for row in ROWS))
    assert "recommencez" in told


def test_where_nobody_watches_each_board_is_a_line_once(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, when it is over."""
    with shown("en", values, watched=False) as look:
        look(ROWS[:1])
        look(ROWS)
        look(ROWS)

    err = capsys.readouterr().err
    assert err.count("\n") == 2
    assert "/dev/ttyACM0: climate-1: ✓ ready, unplug it" in err


def test_where_somebody_watches_the_table_is_drawn_anew(capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, so that stdout is the result's."""
    with shown("fr", values, watched=True) as look:
        look(ROWS)

    assert "climate-1" in capsys.readouterr().err
