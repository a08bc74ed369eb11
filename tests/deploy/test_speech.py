"""Help pages and wrong lines are in the person's language, and JSON is one value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from deploy.commands import speech
from devices.words import LANGUAGES, say

LINES = {
    "usage_no_option": "device list --colour",
    "usage_no_command": "device lose",
    "usage_missing_command": "device",
    "usage_missing": "pilot add",
    "usage_no_value": "device list --store",
    "usage_flag": "device list --json=yes",
    "usage_extra": "device list more",
    "usage_bad_value": "api --port many",
}
"""Key of what is said -> a line that earns it."""


def test_each_wrong_line_is_known() -> None:
    """The table of what typer says has a line for each of its rows."""
    assert {key for _, key in speech.USAGE_ERRORS} == set(LINES)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("key", sorted(LINES))
def test_a_wrong_line_is_told_in_the_persons_language(
    key: str, lang: str, girouette: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What typer says in English never reaches somebody in French: its words change with a version, and this fails then."""
    monkeypatch.setattr(speech, "LANG", lang)

    told = girouette(*LINES[key].split()).err.strip()

    form = re.sub(r"\\\{[a-z]+\\\}", ".+", re.escape(say(f"commands.{key}", lang)))
    assert re.fullmatch(form, told, re.DOTALL), told


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("device add --recipe air --place 1,1 --period 0", "au moins 1"),
        ("device add --recipe air --place 1,1 --period 99999999", "au plus 86400"),
        ("quarantine list --most many", "un nombre entier"),
    ],
)
def test_why_a_value_does_not_fit_is_told_too(
    line: str, why: str, girouette: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bounds and whole numbers, without a word of English."""
    monkeypatch.setattr(speech, "LANG", "fr")

    told = girouette(*line.split()).err

    assert f"(il faut {why})" in told


def test_a_refusal_begins_as_the_language_wants_it(
    girouette: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A space before the colon in French, none in English."""
    assert girouette("device", "list").err.startswith("girouette: ")
    monkeypatch.setattr(speech, "LANG", "fr")
    assert girouette("device", "list").err.startswith("girouette : ")


def test_what_is_not_known_is_passed_on() -> None:
    """A message of typer's that the table does not have is shown as it is."""
    assert speech.usage_sentence("Something new.") == "Something new."


def test_json_is_exactly_one_value(capsys: pytest.CaptureFixture[str]) -> None:
    """Lines for people are not printed beside it, and accents stay what they are."""
    speech.tell({"name": "Chézy"}, ["a line"], as_json=True)

    assert json.loads(capsys.readouterr().out) == {"name": "Chézy"}


def test_lines_are_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    """Without --json the lines are printed, one each."""
    speech.tell([1], ["one", "two"], as_json=False)

    assert capsys.readouterr().out == "one\ntwo\n"
