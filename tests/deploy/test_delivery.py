"""A new version to one board: what is handed out, and which of its words is the end."""

from __future__ import annotations

import time
from typing import Any

import pytest

from deploy.delivery import BACK, KEPT, REFUSED, Delivery, body_of
from devices.update import release

IMAGE = {"/girouette/app.mpy": b"x" * 3000}


@pytest.fixture
def delivery() -> Delivery:
    """The version `new` on its way to air-1."""
    made = release("air-1", IMAGE, key=bytes(32), serial=1, changes={"firmware": "new"})
    return Delivery(made, lambda *_: None)


def state(**more: Any) -> dict[str, Any]:
    """A board's word that it is there."""
    return {"online": True, "firmware": "new", "up": 0, **more}


def test_pieces_go_to_who_asks_under_this_order(delivery: Delivery) -> None:
    """Counted with their heads; what another order asks for is not ours to answer."""
    want = [next(sha for sha, content in delivery.release.contents.items() if len(content) == 3000), 0, 1024]

    told = delivery.answer({"id": delivery.name, "want": want})

    assert told is not None
    assert len(told) == 12 + 1024
    assert delivery.answer({"id": "another", "want": want}) is None
    assert delivery.answer({"id": delivery.name, "ok": True}) is None
    assert (delivery.sent, delivery.pieces) == (1036, 1)


def test_nothing_is_the_end_before_the_board_has_it_all(delivery: Delivery) -> None:
    """Neither a state of before, with whatever version, nor one of the start that took the order."""
    assert delivery.heard("state", state()) is None
    assert delivery.heard("ack", {"id": delivery.name, "ok": True}) is None
    assert delivery.heard("state", state(up=500)) is None
    assert delivery.heard("state", state(trial=True)) is None
    assert delivery.heard("state", {"online": False}) is None
    assert delivery.heard("state", state(safe=True, why="boots")) is None


@pytest.mark.parametrize(
    ("body", "end", "why"),
    [({}, KEPT, ""), ({"firmware": "old", "back": ["new", "boots"]}, BACK, "boots")],
)
def test_the_boards_own_word_is_the_end(delivery: Delivery, body: dict[str, Any], end: str, why: str) -> None:
    """It runs the version and not on trial, or it names it as given up."""
    delivery.heard("ack", {"id": delivery.name, "ok": True})
    delivery.staged_s = time.monotonic() - 5

    outcome = delivery.heard("state", state(up=2) | body)

    assert outcome is not None
    assert (outcome.device, outcome.end, outcome.why) == ("air-1", end, why)


def test_what_came_back_from_another_version_is_no_answer(delivery: Delivery) -> None:
    """`back` stays in a board's `state` until its next update."""
    delivery.heard("ack", {"id": delivery.name, "ok": True})
    delivery.staged_s = time.monotonic() - 5

    assert delivery.heard("state", state(firmware="old", back=["older", "boots"])) is None


def test_a_refusal_is_the_end_with_its_word(delivery: Delivery) -> None:
    """Of this order only."""
    assert delivery.heard("ack", {"id": "another", "ok": False, "why": "mac"}) is None
    outcome = delivery.heard("ack", {"id": delivery.name, "ok": False, "why": "mac"})

    assert outcome is not None
    assert (outcome.end, outcome.why) == (REFUSED, "mac")


def test_what_is_no_object_says_nothing() -> None:
    """Whatever a board sends, this goes on."""
    assert [body_of(raw) for raw in (b"\xff", b"[]", b"{", None, b"[" * 100_000, b'{"id": 1}')] == [
        {}, {}, {}, {}, {}, {"id": 1},
    ]  # fmt: skip
