"""The order that moves a board: sealed for it alone, as long as it may be, and the file that carries many."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from deploy.faults import CommandError
from deploy.passage.order import Order, Passage, digest, identity, read_passage, seal, write_passage
from deploy.workshop.reach import Reach

GOLDEN = Path(__file__).parent.parent.parent / "devices" / "golden" / "move.json"
KEY = bytes(range(32))


def test_the_golden_order_is_made_from_its_parts() -> None:
    """Key, number, what is told and the first block are in the file; the order is the same to the last byte."""
    golden = json.loads(GOLDEN.read_text())
    anchors = [bytes.fromhex(each) for each in golden["anchors"]]

    order = seal(
        golden["device"], golden["told"], anchors=anchors, key=bytes.fromhex(golden["key"]),
        serial=golden["order"]["serial"], iv=bytes.fromhex(golden["iv"]),
    )  # fmt: skip

    assert order.told == golden["order"]


def test_nothing_of_it_can_be_read_without_the_key() -> None:
    """Neither password nor host stands in the box; with the key they do."""
    told = identity("air-1", Reach("town.example", 8883), password="a-secret-of-the-town", update_key="ff" * 32)
    order = seal("air-1", told, anchors=(), key=KEY, serial=3, iv=bytes(range(16)))

    sealed = base64.b64decode(order.box)
    assert b"a-secret" not in sealed
    key = digest(KEY, b"gir-move 1 box")
    clear = Cipher(algorithms.AES(key), modes.CBC(sealed[:16])).decryptor().update(sealed[16:])
    assert b'"password":"a-secret-of-the-town"' in clear
    assert "a-secret" not in repr(order.told)


def test_an_order_longer_than_a_board_takes_is_refused() -> None:
    """With a sentence that says what to do."""
    told = identity("air-1", Reach("town.example", 8883), password="x", update_key="ff" * 32)

    with pytest.raises(CommandError, match="fewer authorities"):
        seal("air-1", told, anchors=[bytes(1300)] * 3, key=KEY, serial=3, iv=bytes(16))


def test_a_file_of_orders_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Only its owner may read it; an order is found by the name that its board has now."""
    passage = Passage("town.example:8883", (Order("air-1", 3, "box", "mac"), Order("air-2", 4, "box", "mac")))
    write_passage(tmp_path / "passage.gir", passage)

    assert read_passage(tmp_path / "passage.gir") == passage
    assert (tmp_path / "passage.gir").stat().st_mode & 0o777 == 0o600
    assert passage.of("air-2").serial == 4
    with pytest.raises(CommandError, match="girouette device invite"):
        passage.of("air-3")


@pytest.mark.parametrize(
    "text", ["", "[]\n", '{"girouette": "else", "v": 1, "town": "x"}\n', '{"v":1}\n{"a":2}\n', "x"]
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str) -> None:
    """Whatever it holds."""
    (tmp_path / "no.gir").write_text(text)

    with pytest.raises(CommandError, match=r"no\.gir"):
        read_passage(tmp_path / "no.gir")
