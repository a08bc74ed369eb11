"""Every command that people are told to type is one that there is: in sentences, and in the code of documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from deploy.cli import app
from devices.words import catalogue

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "devices").rglob("*.md")])
NAMED = re.compile(r"(?<![\w./-])girouette ([^\W\d_A-Z][\w-]*)(?: ([a-z][a-z-]*)(?![\w/.]))?")
"""The command, in lower case as it is typed, and a word or two behind it; the project is Girouette."""
CODE = re.compile(r"```(?:sh|console)?\n(.*?)```|`([^`\n]+)`", re.DOTALL)


@cache
def commands() -> Any:
    """The program, with all that it can be told."""
    return typer.main.get_command(app)


def is_known(words: list[str]) -> bool:
    """Do these words lead to a command? What stands behind a whole one is its arguments."""
    here = commands()
    for word in words:
        inside = getattr(here, "commands", None)
        if inside is None:
            return True
        if word not in inside:
            return False
        here = inside[word]
    return True


def unknown(text: str) -> set[str]:
    """The commands that a text names and that there are not."""
    return {found[0] for found in NAMED.finditer(text) if not is_known([word for word in found.groups() if word])}


def code_of(page: str) -> Iterator[str]:
    """What stands as code in a document."""
    for block, span in CODE.findall(page):
        yield block or span


def test_what_is_no_command_is_found() -> None:
    """A command that is not there, and one of a group that has it not; an argument and the project's name are none."""
    assert unknown("tapez girouette start, puis girouette device gone") == {"girouette start", "girouette device gone"}
    assert unknown("girouette flash climate ; laissez Girouette chercher ; /opt/girouette start") == set()


def test_every_command_in_a_sentence_exists() -> None:
    """In either language."""
    told = {key: unknown(text) for key, texts in catalogue().items() for text in texts.values()}

    assert {key: found for key, found in told.items() if found} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_in_a_document_exists(page: Path) -> None:
    """In its blocks and in the code within its sentences."""
    assert {name for code in code_of(page.read_text(encoding="utf-8")) for name in unknown(code)} == set()
