"""The lights that people are told of are the lights that the board shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from on_board import run

from devices.lights import STATES, drawn, lights, lights_table, lit_ms


def test_the_tables_read_are_the_firmware_s_own(tmp_path: Path) -> None:
    """Rhythms read from the source are those that the interpreter runs, and each state has a colour."""
    code = """
from girouette.led import LIGHTS
from girouette.pixel import COLOURS
result = [{k: list(v) for k, v in LIGHTS.items()}, {k: list(v) for k, v in COLOURS.items()}]
"""
    rhythms, colours = run(code, tmp_path)

    assert {state: list(light.rhythm_ms) for state, light in lights().items()} == rhythms
    assert {state: light.colour for state, light in lights().items()} == {k: drawn(c) for k, c in colours.items()}
    assert set(STATES) | {"found"} == set(lights())


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_table_says_what_each_light_means_and_what_to_do(lang: str) -> None:
    """Six states, three columns, nothing empty."""
    rows = lights_table(lang).splitlines()

    assert len(rows) == 2 + len(lights())
    assert all(len([cell for cell in row.split("|") if cell.strip()]) == 3 for row in rows)


def test_a_rhythm_is_cut_where_the_strip_ends() -> None:
    """On and off in turn, the last one cut short; a steady light is on all along."""
    assert lit_ms((600, 200, 600, 200, 600, 1800), 5000) == [
        (0, 600),
        (800, 1400),
        (1600, 2200),
        (4000, 4600),
        (4800, 5000),
    ]
    assert lit_ms((1000,), 5000) == [(0, 5000)]
