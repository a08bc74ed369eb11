"""docs/commands.md and the commands are the same list, both ways, in both languages."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from deploy.cli import app
from deploy.commands.speech import LANG
from deploy.faults import AWAY, DONE, INTERRUPTED, REFUSED, USAGE
from devices.words import LANGUAGES, catalogue, say

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
SHARED = "Options that many commands have"


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command and group by the words that are typed."""
    yield " ".join(("girouette", *path)), command
    for name, inner in getattr(command, "commands", {}).items():
        yield from walk(inner, (*path, name))


TREE = dict(walk(typer.main.get_command(app)))
COMMANDS = {name: command for name, command in TREE.items() if not hasattr(command, "commands")}


def sections() -> dict[str, str]:
    """Headings of the second level -> what stands below."""
    parts = re.split(r"^## (.*)$", PAGE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows(section: str) -> set[str]:
    """Options that have a row in a section."""
    return set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))


def options(command: Any) -> set[str]:
    """Options that a command has, but for --help."""
    return {name for p in command.params if p.param_type_name == "option" for name in p.opts}


def test_every_command_has_its_heading_and_every_heading_its_command() -> None:
    """The page has a section for each command and for no other."""
    assert set(sections()) == {*COMMANDS, SHARED}


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_has_its_row_and_every_row_its_option(name: str) -> None:
    """A command's own options stand in its section, those of many commands in theirs."""
    told, shared, has = rows(sections()[name]), rows(sections()[SHARED]), options(COMMANDS[name])

    assert told <= has
    assert has <= told | shared


def test_options_of_many_commands_are_options_of_some() -> None:
    """No row of the shared table is a ghost."""
    known = {"--help"}.union(*(options(command) for command in TREE.values()))

    assert rows(sections()[SHARED]) <= known


@pytest.mark.parametrize("name", sorted(TREE))
def test_every_help_text_is_in_the_catalogue_of_words(name: str) -> None:
    """So it exists in French and in English: the catalogue refuses a key that lacks one."""
    texts = {say(key, LANG) for key in catalogue() if key.startswith("commands.")}
    command = TREE[name]

    assert command.help in texts
    assert {p.name for p in command.params if p.help not in texts} == set()


def test_no_text_of_the_commands_is_a_ghost() -> None:
    """Every key of devices/words/commands.toml is asked for somewhere."""
    code = "".join(
        f.read_text(encoding="utf-8") for folder in ("deploy", "devices") for f in (ROOT / folder).rglob("*.py")
    )
    typed = {"_".join(name.split()[1:]) or "girouette" for name in TREE}
    ghosts = []
    for key in (k.removeprefix("commands.") for k in catalogue() if k.startswith("commands.")):
        stem = re.sub(r"^(option|argument|doctor)_", "", key)
        if key not in typed and f'"{key}"' not in code and f'"{stem}"' not in code and f"commands.{key}" not in code:
            ghosts.append(key)

    assert [g for g in ghosts if g not in {"help_arguments", "help_options", "help_usage"}] == []


def test_exit_codes_of_the_page_are_those_of_the_program() -> None:
    """The table has exactly the codes that commands end with."""
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}

    assert told == {DONE, REFUSED, USAGE, AWAY, INTERRUPTED}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_is_in_the_language_of_the_locale(lang: str) -> None:
    """LANG decides, and nothing of the frame stays in the other language."""
    ran = subprocess.run(
        [sys.executable, "-m", "deploy.cli", "device", "add", "--help"],
        capture_output=True, text=True, cwd=ROOT, env={"LANG": f"{lang}_FR.UTF-8", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    assert ran.stdout.startswith(say("commands.help_usage", lang))
    assert say("commands.option_help", lang) in ran.stdout
    assert ("Show this page" in ran.stdout) == (lang == "en")
