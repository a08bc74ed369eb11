"""A board that speaks TLS to a real mosquitto, on the smallest board's heap: whom it trusts, and what it says of the others."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tls
from receiver import Receiver

pytestmark = pytest.mark.slow
HIS = tls.authority()
STRANGER = tls.authority()


@pytest.fixture
def broker(part: Callable[[str], str], free_port: Callable[[], int], tmp_path: Path) -> Iterator[tls.SafeBroker]:
    """A mosquitto with a TLS listener, not yet started."""
    made = tls.SafeBroker(part("mosquitto"), (free_port(), free_port()), tmp_path)
    yield made
    made.kill()


@pytest.fixture
def board(broker: tls.SafeBroker, tmp_path: Path) -> Iterator[tls.SafeBoard]:
    """A board that trusts one authority, switched off."""
    made = tls.SafeBoard(broker.port, tmp_path, [tls.anchor(HIS)])
    yield made
    made.cut()


def test_receipts_come_over_tls_and_after_the_broker_was_gone(
    broker: tls.SafeBroker, board: tls.SafeBoard, tmp_path: Path, until: Callable[..., None]
) -> None:
    """What a board samples is receipted over TLS; when the broker dies and comes back, nothing is lost or doubled."""
    tls.show(tmp_path, HIS)
    broker.start(until)
    receiver = Receiver(broker.plain)
    try:
        board.start()
        for _ in range(2):
            before = len(receiver.kept)
            until(lambda before=before: len(receiver.kept) >= before + 5, within_s=60, what="five more samples")
            broker.kill()
            broker.start(until)
        until(lambda: board.remarks().count("# connected") >= 2, within_s=60, what="connected again")
        until(lambda: receiver.of("health"), within_s=60, what="health")

        assert receiver.altered == []
        assert "tls" not in receiver.of("health")[-1].body
    finally:
        receiver.close()


REFUSED = {
    "unknown-authority": (STRANGER, [tls.NAME], tls.LATER),
    "expired": (HIS, [tls.NAME], tls.MADE + dt.timedelta(days=30)),
    "wrong-name": (HIS, ["other.example"], tls.LATER),
}


@pytest.mark.parametrize("word", REFUSED)
def test_a_broker_that_is_not_ours_hears_nothing(
    word: str, broker: tls.SafeBroker, board: tls.SafeBoard, tmp_path: Path, until: Callable[..., None]
) -> None:
    """Wrong, expired and misnamed certificates are refused; once the right one is there, `health` says what was wrong."""
    by, names, end = REFUSED[word]
    tls.show(tmp_path, by, names, until=end)
    broker.start(until)
    board.start()
    until(lambda: f"tls: {word}" in board.remarks(), within_s=30, what=word)
    assert "# connected" not in board.remarks()
    board.cut()  # the word outlives a power cut
    broker.kill()
    tls.show(tmp_path, HIS)
    broker.start(until)
    receiver = Receiver(broker.plain)
    try:
        board.start()
        until(lambda: receiver.of("health"), within_s=60, what="health")

        assert receiver.of("health")[-1].body["tls"] == word
    finally:
        receiver.close()
    board.cut()
    assert not (tmp_path / "board/flash/tls.txt").exists(), "once trusted, the word is of the past"
    assert json.loads((tmp_path / "board/flash/config.json").read_text())["anchors"] == ["anchors/1.der"]
