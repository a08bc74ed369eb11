"""The simulated partitions: a chosen slot has one start, unless it is marked; as ESP-IDF's bootloader with rollback does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chips import give_slots, image_bytes
from on_board import run

CODE = """
import esp32
from esp32 import Partition
result = []
for step in given:
    if step == "reset":
        esp32.start()
    elif step == "choose":
        Partition(Partition.RUNNING).get_next_update().set_boot()
    elif step == "mark":
        Partition.mark_app_valid_cancel_rollback()
    result.append(Partition(Partition.RUNNING).info()[4])
"""
SOUND = """
import esp32
result = len(esp32.sound("../partitions/ota_1"))
"""


@pytest.mark.parametrize(
    ("steps", "runs"),
    [
        (["reset", "reset"], "00"),
        (["reset", "choose", "reset", "mark", "reset", "reset"], "0111"),
        (["reset", "choose", "reset", "reset", "reset"], "0100"),
        (["reset", "choose", "reset", "reset", "choose", "reset", "mark", "reset"], "01011"),
        (["reset", "choose", "reset", "mark", "choose", "reset", "reset"], "0101"),
    ],
)
def test_a_slot_that_is_not_marked_has_one_start(tmp_path: Path, steps: list[str], runs: str) -> None:
    """Whichever way it ends: the next reset starts the other one."""
    told = started(tmp_path, steps)

    assert "".join(label[-1] for step, label in zip(steps, told, strict=True) if step == "reset") == runs
    assert told[1][-1] == "0", "what is chosen does not run before the reset"


def started(folder: Path, steps: list[str]) -> list[Any]:
    """Which slot is the one that runs after each step."""
    give_slots(folder, image_bytes(seed=1))
    (folder / "partitions/ota_1").write_bytes(image_bytes(seed=2).ljust(65536, b"\xff"))
    told: list[Any] = run(CODE, folder, steps)
    return told


@pytest.mark.parametrize("at", [0, 1, 30, 5000, -40, -1])
def test_a_slot_with_a_spoilt_image_is_not_taken(tmp_path: Path, at: int) -> None:
    """One byte of head, segment, check byte or hash is enough."""
    content = bytearray(image_bytes(seed=2))
    give_slots(tmp_path, image_bytes(seed=1))
    file = tmp_path / "partitions/ota_1"
    file.write_bytes(bytes(content).ljust(65536, b"\xff"))
    whole = run(SOUND, tmp_path)
    content[at] ^= 0x40
    file.write_bytes(bytes(content).ljust(65536, b"\xff"))

    assert (whole, run(SOUND, tmp_path)) == (24, 0)


NVS = """
from esp32 import NVS
result = []
space = NVS("girouette")
for name, *arguments in given:
    if name == "again":
        space = NVS("girouette")
        continue
    if name == "get_blob":
        buffer = bytearray(arguments.pop())
    try:
        found = getattr(space, name)(*arguments, *([buffer] if name == "get_blob" else []))
        result.append(bytes(buffer[:found]).decode() if name == "get_blob" else found)
    except OSError as error:
        result.append(error.errno)
"""
NOT_FOUND, INVALID_LENGTH, KEY_TOO_LONG = -0x1102, -0x110C, -0x1109


def test_settings_are_there_once_they_are_committed(tmp_path: Path) -> None:
    """Bytes and numbers, by their keys; what was not committed is gone at the next start, and what was erased."""
    steps = [
        ["set_blob", "k", "cinq"], ["set_i32", "n", -7], ["get_blob", "k", 9], ["again"], ["get_blob", "k", 9],
        ["set_blob", "k", "cinq"], ["set_i32", "n", -7], ["commit"], ["again"], ["get_blob", "k", 4], ["get_i32", "n"],
        ["erase_key", "k"], ["get_blob", "k", 4], ["commit"], ["again"], ["get_blob", "k", 4], ["get_i32", "n"],
    ]  # fmt: skip

    told = run(NVS, tmp_path, steps)

    assert told == [None, None, "cinq", NOT_FOUND, *[None] * 3, "cinq", -7, None, NOT_FOUND, None, NOT_FOUND, -7]
    assert {p.name for p in (tmp_path / "nvs/girouette").iterdir()} == {"n.i32"}


def test_settings_refuse_as_the_chip_does(tmp_path: Path) -> None:
    """A buffer that is too short, a key of more than 15 characters, a number where bytes are, nothing to erase."""
    steps = [
        ["set_blob", "k", "cinq"],
        ["get_blob", "k", 3],
        ["get_i32", "k"],
        ["set_i32", "k" * 16, 1],
        ["erase_key", "x"],
    ]

    assert run(NVS, tmp_path, steps) == [None, INVALID_LENGTH, NOT_FOUND, KEY_TOO_LONG, NOT_FOUND]
