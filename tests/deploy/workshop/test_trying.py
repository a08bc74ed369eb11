"""`girouette try`: a recipe in the terminal and on a page, and nothing left of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from deploy.workshop.curves import EMPTY
from deploy.workshop.trying import table
from devices.console import Sample
from devices.interpreter import have_micropython
from devices.recipe import load_recipes

real = pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine")


def printed(samples: list[Sample], lang: str) -> str:
    """The table of a recipe on a terminal of the usual width."""
    console = Console(width=80, record=True, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    with console.file:
        console.print(table(load_recipes()["climate"], samples, lang))
    return console.export_text()


def test_each_channel_has_its_curve_its_last_value_and_its_unit() -> None:
    """In the person's language; one that has not measured yet says so."""
    samples = [Sample(1, n, 1000 + n, {"temperature": 12.0 + n / 10, "humidity": 60.0}) for n in range(40)]
    french, english = printed(samples, "fr"), printed(samples, "en")

    assert "Température de l’air" in french
    assert "15,9 °C" in french
    assert "15.9 °C" in english
    assert "attend…" in french
    assert "…" not in french.replace("attend…", "").replace("de … à", "")
    curve = [sign for line in french.splitlines()[1:3] for sign in line if EMPTY < ord(sign) < EMPTY + 256]
    assert len(curve) > 25


@real
@pytest.mark.slow
def test_a_recipe_is_tried_to_the_page_and_nothing_is_left(tmp_path: Path) -> None:
    """Lines where nobody watches, the curves at the end, and one reading at least on the page."""
    words = [sys.executable, "-m", "deploy.cli", "try", "climate", "--for", "8s"]
    env = os.environ | {"TMPDIR": str(tmp_path), "LC_ALL": "fr_FR.UTF-8"}
    ran = subprocess.run(words, capture_output=True, text=True, timeout=120, env=env)

    assert ran.returncode == 0, ran.stderr
    assert "°C   humidity" in ran.stdout
    assert "✓ sur la page" in ran.stdout
    assert "girouette flash climate" in ran.stdout
    assert list(tmp_path.iterdir()) == []
