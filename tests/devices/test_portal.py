"""The board's own network as it is printed: the board makes the same, and a phone can read it."""

from __future__ import annotations

from pathlib import Path

from on_board import run

from devices.portal import LETTERS, own_network

CODE = """
from girouette.portal import own_network

class Config:
    pass

result = []
for Config.device, Config.update_key in given:
    result.append(own_network(Config))
"""


def test_the_board_makes_what_its_label_says(tmp_path: Path) -> None:
    """Name and key of the board's side and of ours are the same, and a long name is cut at the 32 bytes that a Wi-Fi may have."""
    boards = [("air-1", "00" * 16), ("air-2", "00" * 16), ("a-very-long-name-of-a-device-indeed", "7f" * 32)]

    ours = [own_network(*board) for board in boards]

    assert run(CODE, tmp_path, boards) == [[o.ssid, o.key] for o in ours if o]
    assert [len(o.ssid) for o in ours if o] == [15, 15, 32]


def test_a_key_is_of_letters_that_nobody_takes_for_others() -> None:
    """Ten of 32; other keys of updates give other ones, and none opens no network."""
    keys = {made.key for n in range(100) if (made := own_network("air-1", f"{n:064x}"))}

    assert len(keys) == 100
    assert all(len(key) == 10 and set(key) <= set(LETTERS) for key in keys)
    assert not set(LETTERS) & set("lo01")
    assert own_network("air-1", "") is None
