"""docs/flash.md has every sentence that flashing may end with, as the command says it, and names commands that there are."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import typer

from deploy.cli import app
from devices.words import LANGUAGES, catalogue

PAGE = Path(__file__).parent.parent.parent / "docs/flash.md"
OTHERS = ("check.micropython_offline", "check.flash_small", "check.wrong_chip")
"""Sentences that other doors share."""
TITLES = {"fr": ("ce qu’elle dit", "et ce qu’il faut faire"), "en": ("what it says", "and what to do")}


def table(lang: str) -> str:
    """The sentences of words/flash.toml, and what it shares with other doors, cut where what to do begins."""
    rows = [
        texts[lang].split(";", 1) for key, texts in catalogue().items() if key.startswith("flash.") or key in OTHERS
    ]
    head = f"| {TITLES[lang][0]} | {TITLES[lang][1]} |\n|---|---|\n"
    return head + "".join(f"| {said.strip()} | {todo.strip()} |\n" for said, todo in rows)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_has_every_sentence_as_it_is_said(lang: str) -> None:
    """Between its marks; `GIROUETTE_GOLDEN=write pytest tests/docs/test_flash.py` writes it anew."""
    page = PAGE.read_text(encoding="utf-8")
    place = re.compile(rf"<!-- faults:{lang} -->\n(.*?)(?=\n## |\Z)", re.DOTALL)
    fresh = place.sub(lambda _old: f"<!-- faults:{lang} -->\n\n{table(lang)}", page)
    if os.environ.get("GIROUETTE_GOLDEN") == "write":
        PAGE.write_text(fresh, encoding="utf-8")

    assert PAGE.read_text(encoding="utf-8") == fresh


def test_every_command_and_option_of_the_page_exists() -> None:
    """What stands in code is what can be typed."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    typed = re.findall(r"`girouette ([a-z]+)([^`]*)`", PAGE.read_text(encoding="utf-8"))

    assert {name for name, _ in typed} - set(commands) == set()
    for name, rest in typed:
        has = {opt for param in getattr(commands[name], "params", []) for opt in param.opts}
        assert set(re.findall(r"--[a-z-]+", rest)) <= has, name
