"""The commands of a move: what they refuse, and what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from halves import Half

from deploy.commands.move import line_of
from deploy.faults import AWAY, REFUSED
from deploy.passage.moving import Outcome
from deploy.passage.order import read_passage

TOWN = "town.example:1883"


@pytest.mark.slow
def test_an_invitation_is_written_and_told(
    girouette: Callable[..., Any], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The boards by the names that they have and will have; nobody is left once nobody is expected."""
    monkeypatch.setenv("GIROUETTE_BOARD_BROKER", "mqtt://town.example")
    workshop = Half(home / "workshop.sqlite")
    workshop.settle("atelier", "air-1", "air-2")
    Half(home / "girouette.sqlite").settle("rennes", "noise-1", name="Rennes")
    assert girouette("device", "invite", "early.gir").code == REFUSED
    girouette("registry", "merge", "workshop.sqlite", "--apply")

    told = girouette("device", "invite", "passage.gir", "--json")

    assert (told.code, told.told["devices"]) == (0, {"air-1": "air-1", "air-2": "air-2"})
    assert [order.device for order in read_passage(home / "passage.gir").orders] == ["air-1", "air-2"]
    said = girouette("device", "invite", "one.gir", "air-2").out
    assert "girouette device move --to one.gir" in said
    assert girouette("device", "invite", "other.gir", "noise-1").code == REFUSED


def test_without_a_file_of_the_town_nothing_moves(girouette: Callable[..., Any], home: Path) -> None:
    """A file of something else, and a board that has no order in it; where there is no broker it is away."""
    (home / "no.gir").write_text("{}")
    (home / "empty.gir").write_text('{"girouette": "passage", "v": 1, "town": "town.example:1883"}\n')
    (home / "one.gir").write_text(
        (home / "empty.gir").read_text() + '{"device": "air-1", "serial": 1, "box": "", "mac": ""}\n'
    )

    assert girouette("device", "move", "--to", "no.gir").code == REFUSED
    assert "girouette device invite" in girouette("device", "move", "air-1", "--to", "empty.gir").err
    assert girouette("device", "move", "--to", "one.gir", "--broker", "mqtt://127.0.0.1:9").code == AWAY


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome("air-1", "left"), "air-1 has left for town.example:1883. Where it is not received there, it comes back by itself."),
        (Outcome("air-1", "back", "time"), "air-1 came back"),
        (Outcome("air-1", "refused", "replayed"), "Ask the town for a new file."),
        (Outcome("air-1", "silent"), "--port"),
        (Outcome("air-1", "handed"), "it looks for town.example:1883"),
    ],
)  # fmt: skip
def test_each_end_is_a_sentence_that_says_what_to_do(outcome: Outcome, said: str) -> None:
    """Whatever became of it."""
    assert said in line_of(outcome, TOWN)
