"""A board saved to a file by the real esptool, and put back onto another: under new numbers, and not onto what it does not fit."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from erased import MIB, ErasedBoard
from wholes import small_whole

from deploy.flashing.faults import FlashError
from deploy.flashing.saving import Saved, is_board, read_saved, renumbered, restore, write_saved
from devices.flash.partitions import read_table, vfs_region
from devices.flash.parts import make_vfs, parts, read_vfs
from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes

KIB, FLASH = 1024, 2 * MIB


def flash_of(device: str, kind: str = "c3") -> bytes:
    """The flash of a board of 2 MiB that is a device and has given numbers."""
    identity = Identity(device, shard_of(device), device, "secret", "127.0.0.1", 9, period_s=1)
    image = build_image([load_recipes()["climate"]], identity)
    flash = bytearray(b"\xff" * FLASH)
    for part in parts(small_whole(kind), image, kind, FLASH):
        flash[part.offset : part.offset + len(part.content)] = part.content
    at, count = vfs_region(read_table(bytes(flash)), FLASH)
    text = '{"ep":77,"sq":129,"boot":3}'
    counter = f"{crc(text):08x} {text}".encode()
    flash[at : at + count] = make_vfs({**image.files, "/counter": counter}, count)
    return bytes(flash)


def crc(text: str) -> int:
    """The check value of a line, as the firmware has it."""
    return binascii.crc32(text.encode())


def counter_in(flash: bytes) -> dict[str, Any]:
    """The counter on a board's disk."""
    at, count = vfs_region(read_table(flash), len(flash))
    told: dict[str, Any] = json.loads(read_vfs(flash[at : at + count])["/counter"].split(b" ", 1)[1])
    return told


def test_a_board_in_a_file_is_the_owners_alone_and_read_back(tmp_path: Path) -> None:
    """It has the password: nobody else may read it."""
    file, saved = tmp_path / "carte.girouette", Saved("c3", "24:0a:c4:00:00:01", b"flash" * 100)

    write_saved(file, saved)

    assert file.stat().st_mode & 0o077 == 0
    assert is_board(file)
    assert read_saved(file) == saved
    assert [f.name for f in tmp_path.iterdir()] == ["carte.girouette"]


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\0", b"girouette board 1\n", b"girouette board 1\n\x02\0\0\0{}"]
)
def test_another_file_is_not_taken_for_a_board(content: bytes, tmp_path: Path) -> None:
    """Nor one that was cut: the sentence says that nothing was written."""
    file = tmp_path / "other"
    file.write_bytes(content)

    with pytest.raises(FlashError, match="nothing was written") as refused:
        read_saved(file)

    assert refused.value.key == "not_saved"
    assert not is_board(tmp_path / "nowhere")


def test_a_board_that_is_put_back_gives_numbers_that_it_never_gave() -> None:
    """Another `ep`, from 1 on; it is the same device, and what waits on it stays. One that is none of ours stays as it is."""
    flash = flash_of("climate-1")

    again, device = renumbered(Saved("c3", "", flash))

    assert device == "climate-1"
    assert counter_in(flash)["ep"] == 77
    assert (counter_in(again)["ep"] != 77, counter_in(again)["sq"], counter_in(again)["boot"]) == (True, 1, 3)
    assert renumbered(Saved("c3", "", b"\xff" * FLASH)) == (b"\xff" * FLASH, None)


@pytest.mark.slow
def test_a_saved_board_runs_again_on_another_one(tmp_path: Path, until: Callable[..., None]) -> None:
    """The real interpreter starts it as the device that it was; a board of another chip or size is left as it was."""
    file = tmp_path / "carte.girouette"
    write_saved(file, Saved("c3", "", flash_of("climate-1")))
    with ErasedBoard("c3", tmp_path / "new", flash_bytes=FLASH) as board:
        assert restore(board.url, file) == "climate-1"
        until(lambda: b"# device: climate-1" in board.said, within_s=30, what="its name")

    for kind, count, key in (("s3", FLASH, "wrong_file"), ("c3", 2 * FLASH, "other_size")):
        with ErasedBoard(kind, tmp_path / key, flash_bytes=count) as other:
            with pytest.raises(FlashError) as refused:
                restore(other.url, file)
            assert refused.value.key == key
            assert other.content == b"\xff" * count


@pytest.mark.slow
def test_a_board_is_saved_whole(tmp_path: Path, girouette: Callable[..., Any]) -> None:
    """Every byte is in the file."""
    with ErasedBoard("c3", tmp_path / "board", flash_bytes=256 * KIB) as board:
        board.flash.write_bytes(bytes(range(256)) * KIB)
        made = girouette("save", "carte.girouette", "--port", board.url, "--no-stub", "--json")

    assert made.told == {"file": "carte.girouette", "chip": "c3", "bytes": 256 * KIB, "mac": made.told["mac"]}
    assert read_saved(tmp_path / "carte.girouette").flash == bytes(range(256)) * KIB
