"""What the first pages promise exists, and both languages promise the same."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FIRST_PAGES = ("README.md", "LISEZMOI.md")
TWO_SCREENS = 100


def blocks(page: Path) -> list[str]:
    """Lines of the shell blocks of a page, without their comments."""
    fenced = re.findall(r"```(?:sh|console)\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [
        line.split("  #")[0].strip().removeprefix("$ ")
        for block in fenced
        for line in block.splitlines()
        if line.strip()
    ]


@pytest.mark.parametrize("name", FIRST_PAGES)
def test_the_first_page_is_short_and_begins_with_the_two_commands(name: str) -> None:
    """Two screens at most, and the first block of commands is `make demo` and `make test`."""
    page = ROOT / name

    assert len(page.read_text(encoding="utf-8").splitlines()) <= TWO_SCREENS
    assert blocks(page)[:2] == ["make demo", "make test"]


@pytest.mark.parametrize("name", FIRST_PAGES)
def test_every_make_target_that_is_named_exists(name: str) -> None:
    """`make -n` knows each target that the page names."""
    targets = set(re.findall(r"make ([a-z]+)", (ROOT / name).read_text(encoding="utf-8")))

    phony = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert phony is not None
    assert targets - set(phony.group(1).split()) == set()


@pytest.mark.slow
def test_every_command_in_the_documents_is_known() -> None:
    """Each `girouette ...` line of a shell block names a command that has a help page."""
    named: set[tuple[str, ...]] = set()
    for page in [*(ROOT / n for n in FIRST_PAGES), *(ROOT / "docs").rglob("*.md")]:
        for line in blocks(page):
            words = line.split()
            if words and words[0].endswith("girouette"):
                named.add(tuple(w for w in words[1:3] if re.fullmatch(r"[a-z]+", w)))
    known = {words for words in named if helps(words)}

    assert named - known == set()


def helps(words: tuple[str, ...]) -> bool:
    """Does the command, or its first word, have a help page?"""
    for length in range(len(words), 0, -1):
        ran = subprocess.run(
            [sys.executable, "-m", "deploy.cli", *words[:length], "--help"], capture_output=True, cwd=ROOT
        )
        if ran.returncode == 0:
            return True
    return words == ()
