"""docs/add-a-sensor.md is followed word by word: its files are written, its commands are run, and the board measures."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from devices.driver import load_drivers
from devices.quantity import load_quantities
from devices.recipe import read_recipe
from devices.refusal import RecipeError
from devices.sheet import drivers_table

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/add-a-sensor.md").read_text(encoding="utf-8")
PROGRAMS = {"girouette": (sys.executable, "-m", "deploy.cli"), "python": (sys.executable,)}
"""What a command of the page runs here."""
FRENCH, ENGLISH = PAGE[PAGE.index("## Français") : PAGE.index("## English")], PAGE[PAGE.index("## English") :]
STEP = re.compile(r"^\*\*`(?P<file>[^`]+)`\*\*(?P<told>[^\n]*(?:\n[^\n`][^\n]*|\n`[^`\n]+`[^\n]*)*)\n\n```(?:toml|python)\n(?P<text>.*?)```"
                  r"|^```sh\n(?P<commands>.*?)```", re.DOTALL | re.MULTILINE)  # fmt: skip


def half(text: str, number: int) -> list[re.Match[str]]:
    """The steps of chapter 1 or 2 of a half of the page."""
    first, second = text.index("### 1."), text.index("### 2.")
    return list(STEP.finditer(text, first, second) if number == 1 else STEP.finditer(text, second))


def follow(steps: list[re.Match[str]], folder: Path) -> dict[str, str]:
    """Write each file, or add to it where it is there, run each command, and give what each said."""
    said: dict[str, str] = {}
    env = os.environ | {"PYTHONPATH": str(folder), "LC_ALL": "C.UTF-8"}
    for step in steps:
        if step["file"] is not None:
            file = folder / step["file"]
            file.parent.mkdir(parents=True, exist_ok=True)
            before = file.read_text(encoding="utf-8") + "\n" if file.exists() else ""
            assert bool(before) == ("à la fin" in step["told"]), step["file"]
            file.write_text(before + step["text"], encoding="utf-8")
            continue
        for command in step["commands"].splitlines():
            program, *words = command.split()
            ran = subprocess.run(
                [*PROGRAMS[program], *words], cwd=folder, env=env, capture_output=True, text=True, check=False
            )
            assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
            said[command] = ran.stdout
    return said


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of Girouette, to be changed."""
    for room in ("devices", "gateway", "api", "dashboards", "deploy"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.slow
def test_a_folder_makes_a_sensor(tmp_path: Path, copy: Path) -> None:
    """Chapter 1: a folder made at once and tried by its own test, then three files, shown on a page at last: the greenhouse is checked, drawn, and measures in the real interpreter."""
    said = follow(half(FRENCH, 1), copy)
    assert any((tmp_path / "my-recipes/yard").glob("test_*.py"))

    (checked,) = (text for command, text in said.items() if "check" in command)
    assert checked.startswith(
        "greenhouse: Greenhouse; channels greenhouse.temperature, greenhouse.humidity, watering; every 60 s; 54 €"
    )
    ET.parse(tmp_path / "my-recipes/greenhouse/wiring.svg")
    (tried,) = (text for command, text in said.items() if "try" in command)
    readings = re.findall(r"greenhouse\.temperature (-?[\d.]+) °C   greenhouse\.humidity (\d+) %", tried)
    assert readings
    assert all(14 < float(temperature) < 28 and 60 < int(humidity) < 90 for temperature, humidity in readings)
    assert "watering 0.0 mm" in tried

    (tested,) = (text for command, text in said.items() if "pytest" in command)
    assert re.search(r" \d+ passed in ", tested)
    (shown,) = (text for command, text in said.items() if "demo" in command)
    assert "14 simulated boards" in shown
    assert re.search(r"Nothing lost, nothing doubled: .*, 0 refused", shown)


@pytest.mark.slow
def test_twenty_lines_make_a_driver(tmp_path: Path, copy: Path) -> None:
    """Chapter 2, in a copy of Girouette: a driver, its row and its model, and the sensor measures in the real interpreter."""
    follow([step for step in half(FRENCH, 1) if step["file"]], copy)
    said = follow(half(FRENCH, 2), copy)

    (checked,) = (text for command, text in said.items() if "check" in command)
    assert "sun: Sun; channels uv_index; every 600 s; 19 €" in checked
    assert "Capteur UV / UV sensor" in (tmp_path / "my-recipes/sun/wiring.svg").read_text()
    (tried,) = (text for command, text in said.items() if "try" in command)
    readings = [float(found) for found in re.findall(r"uv_index ([\d.]+) UVI", tried)]
    assert readings
    assert all(3 < reading < 7 for reading in readings)


@pytest.mark.parametrize("chapter", [1, 2])
def test_both_languages_take_the_same_steps(chapter: int) -> None:
    """The English half writes the same files and runs the same commands as the French one, which is followed above."""
    french, english = half(FRENCH, chapter), half(ENGLISH, chapter)

    assert [(s["file"], s["text"], s["commands"]) for s in french] == [
        (s["file"], s["text"], s["commands"]) for s in english
    ]
    assert len(french) == {1: 9, 2: 7}[chapter]


@pytest.mark.parametrize(("lang", "text"), [("fr", FRENCH), ("en", ENGLISH)])
def test_the_table_of_drivers_is_that_of_the_firmware(lang: str, text: str) -> None:
    """Each driver with its sockets, keys and units, as drivers.toml has them."""
    assert f"<!-- drivers {lang} -->\n\n{drivers_table(lang)}\n<!-- end -->" in text
    assert all(f"| `{driver}` |" in text for driver in load_drivers())


@pytest.mark.parametrize("text", [FRENCH, ENGLISH], ids=["fr", "en"])
@pytest.mark.parametrize(
    ("before", "section"), [("period_s", "recipe"), ("[[sensors]]\n", "sensor"), ("[[parts]]\n", "part")]
)
def test_every_word_of_a_recipe_is_explained(tmp_path: Path, text: str, before: str, section: str) -> None:
    """The reader itself says which words it knows, when it meets one that it does not; each stands in the page's table."""
    folder = tmp_path / "greenhouse"
    folder.mkdir()
    recipe, signal, _ = (step["text"] for step in half(FRENCH, 1)[2:5])
    odd = f"xyzzy = 1\n{before}" if section == "recipe" else f"{before}xyzzy = 1\n"
    (folder / "recipe.toml").write_text(recipe.replace(before, odd, 1).replace("watering", "rain"), encoding="utf-8")
    (folder / "signal.toml").write_text(signal.replace("watering", "rain"), encoding="utf-8")

    with pytest.raises(RecipeError) as refused:
        read_recipe(folder, load_quantities())

    known = re.search(r"there is no xyzzy here; remove it, or choose among (.+)$", str(refused.value))
    assert known is not None, str(refused.value)
    assert {word for word in known[1].split(", ") if f"`{word}`" not in text} == set()
