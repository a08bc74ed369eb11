"""From the bag to the broker, on each of the five chips: an erased board, the real esptool, the bytes read back, mounted, and started."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from erased import MIB, ErasedBoard
from mounted import on_board
from receiver import Receiver
from wholes import real_whole, whole

from deploy.flashing.esptool import Loader
from devices.console import read_console
from devices.flash.partitions import BLOCK
from devices.flash.parts import Part, parts, read_vfs
from devices.image import Identity, Image, build_image, shard_of
from devices.interpreter import have_micropython
from devices.recipe import load_recipes

pytestmark = [
    pytest.mark.slow,
    pytest.mark.journey,
    pytest.mark.skipif(not have_micropython(), reason="no MicroPython for this machine"),
]
CHIPS = ("esp32", "s2", "s3", "c3", "c6")
OURS = ("nvs", "vfs")
READ_BYTES = 4 * BLOCK
"""The chip's ROM reads 32 kB a second: of the large parts so much is read by it, the rest is looked at in the flash itself."""


def image_for(chip: str, port: int) -> Image:
    """A board for the climate, which finds its broker and samples each second."""
    name = f"{chip}-1"
    return build_image(
        [load_recipes()["climate"]],
        Identity(name, shard_of(name), name, "secret", "127.0.0.1", port, period_s=1, board=chip),
    )


def flashed(given: Iterable[Part]) -> bytes:
    """An erased flash of 4 MiB once these parts are written to it."""
    flash = bytearray(b"\xff" * 4 * MIB)
    for part in given:
        flash[part.offset : part.offset + len(part.content)] = part.content
    return bytes(flash)


@pytest.mark.parametrize("chip", CHIPS)
def test_an_erased_board_is_flashed_read_back_mounted_and_heard(
    chip: str, mosquitto: int, tmp_path: Path, until: Callable[..., None]
) -> None:
    """Nothing was on it; then the broker has its samples, under the name that its NVS bears, and its console has said the same values.

    The MicroPython for the ESP32 is a real one, the others are sound in form; what runs is this machine's interpreter.
    """
    micropython = real_whole() if chip == "esp32" else whole(chip)
    image = image_for(chip, mosquitto)
    given = parts(micropython, image, chip, 4 * MIB)
    vfs = next(part for part in given if part.name == "vfs")
    receiver = Receiver(mosquitto)
    try:
        with ErasedBoard(chip, tmp_path / "board") as board:
            until(
                lambda: board.mode == "empty" and board.said, within_s=20, what="the complaint of a chip with nothing"
            )
            assert set(board.content) == {0xFF}
            loader, rom = Loader(board.url, chip), Loader(board.url, chip, no_stub=True)

            loader.write([part for part in given if part.name in OURS])  # without a bootloader nothing starts yet
            disk = rom.read(vfs.offset, READ_BYTES)
            flash = board.content
            loader.write([part for part in given if part.name not in OURS])
            front = rom.read(given[0].offset, given[2].offset + READ_BYTES - given[0].offset)
            until(lambda: receiver.kept, within_s=60, what="a sample at the broker")
            until(lambda: "\nR " in board.said.decode(), within_s=30, what="its receipt")
            told = read_console(board.said.decode(errors="replace"))
    finally:
        receiver.close()

    assert disk == vfs.content[:READ_BYTES]
    assert front == flashed(given)[given[0].offset :][: len(front)]
    assert flash == flashed(part for part in given if part.name in OURS)
    on_flash = flash[vfs.offset : vfs.offset + len(vfs.content)]
    assert read_vfs(on_flash) == on_board(on_flash, tmp_path / "mounted")[0] == image.files
    assert {device for device, _, _ in receiver.kept} == {f"{chip}-1"}
    said = {(f"{chip}-1", sample.ep, sample.sq): sample.values for sample in told.samples}
    arrived = {key: kept.values for key, kept in receiver.kept.items() if key in said}
    assert arrived
    assert all(arrived[key] == said[key] for key in arrived)
