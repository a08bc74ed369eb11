"""The benches that there are, and how one step of a board's report is said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from deploy.commands.bench import hexes, sentence_of
from devices.words import LANGUAGES


def test_there_are_three_benches(girouette: Callable[..., Any]) -> None:
    """For the detector, for known faults and for a real board; each has its help."""
    listed = girouette("bench", "--help").out

    for name in ("anomaly", "faults", "board"):
        assert name in listed
        assert girouette("bench", name, "--help").code == 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_step_that_failed_says_which_and_why(lang: str) -> None:
    """In both languages."""
    said = sentence_of("wires", {"ok": False, "why": "no answer"}, lang)

    assert "wires" in said
    assert "no answer" in said


def test_addresses_are_said_as_they_are_printed() -> None:
    """Two hexadecimal digits, and a dash where there is none; a sentence holds them."""
    row = {"answering": [0x76, 0x08], "expected": []}

    assert hexes(row) == {"answering": "0x76 0x08", "expected": "-"}
    assert "0x76" in sentence_of("wires", {"ok": True, "buses": {"i2c": row}}, "en")
