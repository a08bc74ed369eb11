"""A recipe is tried on a simulated board, alone, and what it measures reads as people read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from devices.console import Sample
from devices.recipe import load_recipes, read_folder
from devices.trial import line_of, measured, trial


@pytest.mark.slow
def test_a_recipe_is_tried_and_the_board_switched_off(tmp_path: Path, until: Callable[..., None]) -> None:
    """Within a few periods there are readings, on the board that was asked for; afterwards nothing runs."""
    recipe = load_recipes()["noise"].on("c3")

    with trial(recipe, tmp_path, period_s=1) as board:
        until(lambda: len(measured(board)) >= 2, what="two samples")
        samples = measured(board)

    assert board.returncode is not None
    assert [s.sq for s in samples] == sorted(s.sq for s in samples)
    assert all(set(s.values) == {"noise_level"} for s in samples)
    assert b'"pin":0' in (tmp_path / "flash/config.json").read_bytes()


TWO_CHIPS = (
    "[[parts]]",
    '[[sensors]]\ndriver = "bme280"\nbus = "i2c"\naddr = 0x77\nchannels = { temperature = "temperature" }\n\n[[parts]]',
)
TWO_SIGNALS = '["cellar.temperature"]\nbase = 12\n["cellar.humidity"]\nbase = 80\n[temperature]\nbase = 30\n'


@pytest.mark.slow
def test_two_chips_on_one_bus_measure_each_its_own(
    tmp_path: Path, until: Callable[..., None], own_recipe: Callable[..., Path]
) -> None:
    """A warm and a cold chip of the same kind, at two addresses of the same two wires, are not mistaken for one another."""
    (recipe,) = read_folder(own_recipe(TWO_CHIPS, signal=TWO_SIGNALS))

    with trial(recipe, tmp_path / "board", period_s=1) as board:
        until(lambda: measured(board), what="a sample")
        values = measured(board)[0].values

    assert abs(values["cellar.temperature"] - 12) < 1
    assert abs(values["temperature"] - 30) < 1


@pytest.mark.parametrize(
    ("lang", "line"), [("fr", "temperature 21,1 °C   humidity 65 %"), ("en", "temperature 21.1 °C   humidity 65 %")]
)
def test_a_sample_reads_as_people_read_it(lang: str, line: str) -> None:
    """Decimals and units are those of the catalogue, the decimal mark that of the language."""
    sample = Sample(7, 1, 1795613243, {"temperature": 21.07, "humidity": 64.7})

    assert line_of(sample, load_recipes()["air"], lang) == line
