"""What may be changed from afar, and what a board makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from on_board import run

CHANGE = """
from girouette.changes import change, changes
result = [[change(wanted) for wanted in given], changes()]
"""


def test_a_change_is_kept_and_taken_back(tmp_path: Path) -> None:
    """Settings are kept one beside another; null takes one back."""
    assert run(CHANGE, tmp_path, [{"period_s": 30}, {"batch": 6}]) == [[None, None], {"period_s": 30, "batch": 6}]
    assert run(CHANGE, tmp_path, [{"period_s": None}]) == [[None], {"batch": 6}]


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"password": "x"}, "unknown-setting"),
        ({"password": None, "period_s": 30}, "unknown-setting"),
        ({"period_s": 0}, "bad-value"),
        ({"period_s": 30, "batch": "6"}, "bad-value"),
    ],
)
def test_what_may_not_be_changed_changes_nothing(tmp_path: Path, wanted: dict[str, Any], why: str) -> None:
    """One bad setting, and none is kept; the word says why."""
    assert run(CHANGE, tmp_path, [wanted]) == [[why], {}]


@pytest.mark.parametrize("content", ['{"period_s": 3', "[1]", '{"period_s": "often", "batch": 6}'])
def test_a_torn_file_changes_nothing_that_it_should_not(tmp_path: Path, content: str) -> None:
    """Half a file, or nonsense in it, is as if it were not there, setting by setting."""
    (tmp_path / "flash").mkdir()
    (tmp_path / "flash" / "changes.json").write_text(content)

    assert run(CHANGE, tmp_path, [])[1] in ({}, {"batch": 6})


def test_a_configuration_is_read_with_what_was_changed(tmp_path: Path) -> None:
    """The period that was asked for from afar counts, not the one that was flashed."""
    code = """
from girouette.changes import change
from girouette.loading import load_config
before = load_config().period_s
change({"period_s": 30})
result = [before, load_config().period_s]
"""
    config = {
        "v": 1,
        "device": "b1",
        "topic": "t",
        "bn": "b1/",
        "recipe": "r",
        "firmware": "f",
        "period_s": 60,
        "sensors": [],
        "broker": {"host": "h", "port": 1, "user": "u", "password": "p"},
    }

    assert run(code, tmp_path, config=config) == [60, 30]
