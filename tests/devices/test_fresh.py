"""A new recipe's folder: with any known part it adds up at once, and its own test passes."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

import devices.fresh
from devices.driver import load_drivers
from devices.fresh import recipe_with, write_recipe
from devices.recipe import RecipeError, read_folder
from devices.sheet import sheet_of

ROOT = Path(__file__).parent.parent.parent


QUICK = ("bme280", "wind_vane")


@pytest.mark.parametrize(
    "driver", [d if d in QUICK else pytest.param(d, marks=pytest.mark.slow) for d in load_drivers()]
)
def test_every_known_part_makes_a_recipe(driver: str, tmp_path: Path) -> None:
    """What is written loads again, measures what the first recipe with this part does, and all that is generated is there."""
    made = write_recipe(tmp_path, "my-box", driver, month="2026-11")
    _, sensor = recipe_with(driver)

    assert read_folder(tmp_path) == [made]
    assert [(s.driver, s.channels, dict(s.options)) for s in made.sensors] == [
        (driver, sensor.channels, dict(sensor.options))
    ]
    resistors = len(load_drivers()[driver].resistors)
    assert (made.scale, made.priced, made.price_eur) == ("bronze", "2026-11", pytest.approx(37 + 0.2 * resistors))
    assert all(file.read_text(encoding="utf-8") == content for file, content in sheet_of(made).items())
    readme = (tmp_path / "my-box/README.md").read_text(encoding="utf-8")
    assert "{" not in readme
    assert "# My box · My box" in readme
    assert readme.count("`girouette flash my-box --recipes`") == 2


@pytest.mark.slow
def test_its_own_test_passes_at_once(tmp_path: Path) -> None:
    """As it is written, without a change."""
    write_recipe(tmp_path, "cellar", "bme280", month="2026-11")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-c", "/dev/null", str(tmp_path / "cellar")]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout


@pytest.mark.parametrize(
    ("slug", "driver", "said"),
    [
        ("Cellar", "bme280", "is not a possible folder name"),
        ("air", "bme280", "the recipe air exists already"),
        ("cellar", "bme180", "no driver is called bme180; choose among "),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, slug: str, driver: str, said: str
) -> None:
    """One sentence, and no folder."""
    with pytest.raises(RecipeError, match=said):
        write_recipe(tmp_path, slug, driver, month="2026-11")

    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A second time the folder is somebody's work."""
    write_recipe(tmp_path, "cellar", "bme280", month="2026-11")

    with pytest.raises(RecipeError, match="the recipe cellar exists already"):
        write_recipe(tmp_path, "cellar", "pms5003", month="2026-11")


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(devices.fresh).failed == 0
