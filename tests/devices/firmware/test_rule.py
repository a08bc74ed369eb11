"""The boot rule: which starts count as failed, and which do not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from on_board import run

STARTS = """
import rule
import slots
safe = []
for how in given:
    rule.begin(slept=how == "slept", typed=how == "typed")
    safe.append(slots.safe)
result = safe
"""


@pytest.mark.parametrize(
    ("starts", "safe"),
    [
        (["power"] * 6, [None] * 5 + ["boots"]),
        (["typed"] * 12, [None] * 12),
        (["power"] * 5 + ["typed", "power"], [None] * 6 + ["boots"]),
        (["power"] * 5 + ["slept", "power"], [None] * 7),
    ],
)
def test_failed_starts_are_counted_and_a_soft_reset_is_none(tmp_path: Path, starts: list[str], safe: list[Any]) -> None:
    """The sixth start that comes to nothing is without sensors; who types at the console, or copies files, fails nothing."""
    assert run(STARTS, tmp_path, starts) == safe


HEARD = """
import rule
import slots
rule.write({"good": "", "trial": None, "serial": 3, "fails": 0})
rule.stage("a", "new", 4, {})
rule.begin(slept=False)
told = [slots.hear(), slots.trial]
if given["again"]:
    rule.stage("b", "newer", 5, {})
rule.begin(slept=False)
result = told + [slots.folder, slots.trial, rule.read()["good"]]
rule.begin(slept=False)
result += [slots.heard]
"""


def test_a_receipt_that_found_no_memory_keeps_the_version_at_the_next_start(tmp_path: Path) -> None:
    """It is kept, and counts once; what is staged in the meantime goes back to it, and is on trial itself."""
    assert run(HEARD, tmp_path, {"again": False}) == [True, False, "a", False, "a", False]
    assert run(HEARD, tmp_path, {"again": True}) == [True, False, "b", True, "a", False]
