"""Receipts on the broker, held against a ledger."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from devices.reading import topic_of
from gateway.journal import Lost
from gateway.message import Message
from gateway.receipts import Account, Ledger
from gateway.takeover import Found, look

EP = 7


def kept(device: str, sq: int, *, st: str = "ours", ep: int = EP) -> Message:
    """A retained receipt."""
    payload = json.dumps({"st": st, "ep": ep, "sq": sq, "also": [[90, 99]]}).encode()
    return Message(f"{topic_of(device)}/kept", payload, retained=True, qos=0, mid=0)


def found(town: Any, *messages: Message, accounts: tuple[Account, ...] = (), known: tuple[Lost, ...] = ()) -> Found:
    """What these receipts tell a ledger called `ours`."""
    return look(messages, Ledger(accounts), "ours", town.directory, known=known)


def test_receipts_that_the_ledger_stands_for_are_no_reason(town: Any) -> None:
    """Those of its own, up to what it holds; and those of devices that are not registered here, whosever they are."""
    told = found(town, kept("air-0", 5), kept("elsewhere", 9, st="theirs"), accounts=(Account(0, EP, n=5),))

    assert told == Found((), ())
    assert told.reason is None


def test_another_ledger_is_a_reason_with_what_to_do(town: Any) -> None:
    """The sentence counts devices, and names the option."""
    told = found(town, kept("air-0", 5, st="theirs"), kept("air-1", 1, st="theirs"), accounts=(Account(0, EP, n=5),))

    assert told.others == (f"{topic_of('air-0')}/kept", f"{topic_of('air-1')}/kept")
    assert told.lost == (Lost("air-1", EP, 1, 1),)
    assert re.search(r"another gateway's ledger for 2 devices.*--adopt", str(told.reason))


def test_a_receipt_beyond_the_ledger_means_that_it_was_restored(town: Any) -> None:
    """What lies between and is not held is lost, range by range; what is held above n is not."""
    account = Account(0, EP, n=3, edges=[1, 4, 6, 8, 20, 30])
    told = found(town, kept("air-0", 10), accounts=(account,))

    assert told.lost == (Lost("air-0", EP, 4, 5), Lost("air-0", EP, 8, 10))
    assert re.search(r"5 samples.*backup.*--adopt", str(told.reason))


def test_an_ep_that_the_ledger_never_met_is_lost_whole(town: Any) -> None:
    """A board that was first heard after the backup."""
    assert found(town, kept("air-0", 4, ep=8), kept("air-1", 0), accounts=(Account(0, EP, n=9),)).lost == (
        Lost("air-0", 8, 1, 4),
    )


def test_what_was_adopted_is_no_reason_again(town: Any) -> None:
    """Ranges within those that are written down are known."""
    assert found(town, kept("air-0", 4), known=(Lost("air-0", EP, 1, 9),)).reason is None
    assert found(town, kept("air-0", 4), known=(Lost("air-0", EP, 2, 9),)).reason is not None


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b'{"st": 1}', b"\xff", b'{"st": "theirs", "ep": 1, "sq": "x"}'])
def test_what_is_no_receipt_is_passed_over(town: Any, payload: bytes) -> None:
    """Cleared or damaged ones tell nothing."""
    message = Message(f"{topic_of('air-0')}/kept", payload, retained=True, qos=0, mid=0)

    assert found(town, message).reason is None
