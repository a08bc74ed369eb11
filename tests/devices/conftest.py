"""What the tests of the host side of the devices share: a recipe of one's own, written into a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

CELLAR = """
name = { fr = "Cave", en = "Cellar" }
summary = { fr = "La cave est-elle humide ?", en = "Is the cellar damp?" }
period_s = 60
priced = "2026-11"

[[sensors]]
driver = "bme280"
bus = "i2c"
channels = { "cellar.temperature" = "temperature", "cellar.humidity" = "humidity" }

[[parts]]
name = { fr = "Carte ESP32", en = "ESP32 board" }
shop = "electronics"
price_eur = 10
"""
DAMP = """
["cellar.temperature"]
base = 12

["cellar.humidity"]
base = 80
"""


@pytest.fixture
def own_recipe(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes the recipe `cellar` with replaced pieces of text, and gives its folder."""

    def write(*replaced: tuple[str, str], signal: str = DAMP, slug: str = "cellar") -> Path:
        text = CELLAR
        for old, new in replaced:
            assert old in text, old
            text = text.replace(old, new)
        folder = tmp_path / slug
        folder.mkdir(exist_ok=True)
        (folder / "recipe.toml").write_text(text, encoding="utf-8")
        (folder / "signal.toml").write_text(signal, encoding="utf-8")
        return folder

    return write
