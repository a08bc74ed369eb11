"""The golden vectors of docs/wire.md: packs byte by byte, what is kept and refused of them, and the receipts.

Each file of golden/wire is one case: `messages` arrive at `now_s` one after another, each in a batch of its own; a payload that is
a list is its parts joined, [text, n] being n times the text. Then `kept` is [channel, time_s, value], `refused` is what goes to
quarantine, and `receipts` is what a board hears last, by topic. The device air-1 measures temperature, humidity and
indoor.temperature. lost-1 (pm1) is revoked; late-1 (pm10) and new-1 (pm2_5) are identities made in advance, to be heard
before 1795615200 and a second later. Whoever writes a board or a gateway of their own can read them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from devices.reading import topic_of
from gateway.admission import CODES
from gateway.bookkeeping import new_readings, to_quarantine
from gateway.message import Message
from gateway.receipts import Ledger, receipt

GOLDEN = Path(__file__).parent / "golden" / "wire"
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(GOLDEN.glob("*.json"))}
ST = "5c1f9e07"


def message(raw: dict[str, Any]) -> Message:
    """A message as its case writes it."""
    parts = raw["payload"] if isinstance(raw["payload"], list) else [raw["payload"]]
    text = "".join(part if isinstance(part, str) else part[0] * part[1] for part in parts)
    return Message(raw["topic"], text.encode(), retained=raw.get("retained", False), qos=1, mid=1)


def outcome(desk: Any, case: dict[str, Any]) -> dict[str, Any]:
    """What a case comes to, in the form of its file."""
    channels = {row.id: row.channel for row in desk.registry.series()}
    admission, ledger = desk.admission(**case.get("limits", {})), Ledger()
    kept: list[list[Any]] = []
    refused: list[dict[str, Any]] = []
    for raw in case["messages"]:
        admitted = admission.admit([message(raw)], case["now_s"])
        absorbed = ledger.absorb(admitted.samples, admitted.packs, refused=admitted.refused, now_s=case["now_s"])
        ledger.enter(absorbed)
        rows = new_readings(admitted, absorbed)
        columns = (rows.series.tolist(), rows.time_s.tolist(), rows.value.tolist())
        kept += [[channels[series], time_s, value] for series, time_s, value in zip(*columns, strict=True)]
        refused += [
            {"code": r.code} | ({"ep": r.ep, "sq": r.sq} if r.ep >= 0 else {})
            for r in to_quarantine(admitted, absorbed)
        ]
    receipts = [
        {"topic": f"{topic_of(desk.directory.devices[account.device])}/kept", "payload": receipt(account, ST)}
        for account in ledger
    ]
    return {"kept": kept, "refused": refused, "receipts": receipts}


@pytest.mark.parametrize("name", CASES)
def test_a_golden_vector_comes_to_what_it_says(desk: Any, name: str) -> None:
    """Admission, ledger and receipts, together, do what the file says, to the digit."""
    case = CASES[name]

    assert outcome(desk, case) == {key: case[key] for key in ("kept", "refused", "receipts")}


def test_every_code_has_a_vector() -> None:
    """Each code but `conflict`, which needs stored readings to be found, is the outcome of some case."""
    seen = {refusal["code"] for case in CASES.values() for refusal in case["refused"]}

    assert set(CODES) - seen == {"conflict"}


def test_every_vector_says_what_it_shows() -> None:
    """Each case begins with a sentence."""
    assert [name for name, case in CASES.items() if not case["what"].endswith(".")] == []
