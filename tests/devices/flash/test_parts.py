"""The flash of a board as parts: nothing overlaps, every byte of MicroPython is where its image has it, ours are where its table says."""

from __future__ import annotations

from itertools import pairwise

import pytest
from wholes import BEFORE, WITH_TWO_SLOTS, real_whole, whole

from devices.flash import parts as flashfs
from devices.flash.partitions import BLOCK, STARTS
from devices.flash.parts import Part, parts, read_table, read_vfs, settings_of
from devices.image import Identity, Image, build_image, shard_of
from devices.recipe import load_recipes
from devices.refusal import ImageError, InterpreterError

MIB = 1 << 20
B1 = Identity(
    "b1", shard_of("b1"), "b1", "secret", "10.0.0.2", 8883, wifi=({"ssid": "Mairie", "password": "côté cour"},)
)
ALL = pytest.mark.parametrize("chip", ["esp32", "s2", "s3", "c3", "c6"])


def image() -> Image:
    """What a noise board is given."""
    return build_image([load_recipes()["noise"]], B1)


def flashed(given: list[Part], size: int = 4 * MIB) -> bytes:
    """An erased flash once these parts are written to it."""
    flash = bytearray(b"\xff" * size)
    for part in given:
        flash[part.offset : part.offset + len(part.content)] = part.content
    return bytes(flash)


@ALL
def test_parts_lie_side_by_side_in_whole_blocks(chip: str) -> None:
    """Esptool refuses parts that overlap; each begins where flash is erased."""
    given = parts(whole(chip), image(), chip, 4 * MIB)

    assert [part.name for part in given] == ["bootloader", "nvs", "micropython", "vfs"]
    assert all(part.offset % BLOCK == 0 for part in given)
    assert all(one.offset + len(one.content) <= other.offset for one, other in pairwise(given))


@ALL
def test_a_flash_holds_the_image_and_what_is_ours(chip: str) -> None:
    """Outside of our partitions every byte is the image's own."""
    content, given = whole(chip), parts(whole(chip), image(), chip, 4 * MIB)
    flash, start = flashed(given), STARTS[chip]

    mine = bytearray(content)
    mine[0x9000 - start : 0xF000 - start] = flash[0x9000:0xF000]
    assert flash[start : start + len(content)] == bytes(mine)
    assert settings_of(flash[0x9000:0xF000]) == image().settings
    assert read_vfs(flash[2 * MIB :]) == image().files


def test_a_real_image_is_taken_apart() -> None:
    """MicroPython for an ESP32, with its file system in the table."""
    given = parts(real_whole(), image(), "esp32", 4 * MIB)
    flash = flashed(given)

    assert [(part.name, part.offset) for part in given] == [
        ("bootloader", 0x1000), ("nvs", 0x9000), ("micropython", 0x10000), ("vfs", 0x200000),
    ]  # fmt: skip
    assert flash[0x1000:0x9000] == real_whole()[:0x8000]
    assert flash[0x10000 : 0x1000 + len(real_whole())] == real_whole()[0xF000:]


def test_of_two_slots_the_first_starts() -> None:
    """Whatever an update had written there on a board that is flashed again."""
    given = {part.name: part for part in parts(whole("c6", rows=WITH_TWO_SLOTS), image(), "c6", 4 * MIB)}

    assert given.keys() == {"bootloader", "nvs", "otadata", "micropython", "vfs"}
    assert (given["otadata"].offset, given["otadata"].content) == (0xD000, b"\xff" * 0x2000)
    assert len(given["nvs"].content) == 0x4000
    assert given["vfs"].offset == 0x310000


def test_a_merged_image_of_the_whole_flash_is_taken_too() -> None:
    """With a file system behind it, which ours replaces, and an initialised phy, which stays."""
    content = bytearray(whole("s3").ljust(2 * MIB, b"\xff") + b"old" * 5000)
    content[0xF000:0xF010] = b"phy calibration."
    given = parts(bytes(content), image(), "s3", 4 * MIB)
    flash = flashed(given)

    assert [part.name for part in given] == ["bootloader", "nvs", "micropython", "vfs"]
    assert flash[0xF000:0x10000].startswith(b"phy calibration.")
    assert flash[0x10000:][: len(whole("s3")) - 0x10000] == whole("s3")[0x10000:]
    assert b"oldold" not in flash


def test_only_settings_differ_between_two_boards() -> None:
    """All other parts are the same bytes, so that they are kept and checked by their hash."""
    other = build_image(
        [load_recipes()["noise"]], Identity("b2", shard_of("b2"), "b2", "other", "10.0.0.2", 8883, wifi=B1.wifi)
    )
    one, two = (parts(whole("c3"), made, "c3", 4 * MIB) for made in (image(), other))

    assert [a.name for a, b in zip(one, two, strict=True) if a != b] == ["nvs"]
    assert one == parts(whole("c3"), image(), "c3", 4 * MIB)


def test_what_does_not_fit_the_board_is_refused() -> None:
    """Another chip's image, a small flash, more networks than NVS has room for; each in its sentence."""
    with pytest.raises(InterpreterError, match="for the chip c3, and the board has the chip c6"):
        parts(whole("c3"), image(), "c6", 4 * MIB)
    with pytest.raises(InterpreterError, match="too small"):
        parts(whole("c3"), image(), "c3", 2 * MIB)
    with pytest.raises(ImageError, match="fewer Wi-Fi networks"):
        parts(whole("c3"), Image(image().files, {"wifi": bytes(24_000)}), "c3", 4 * MIB)
    assert read_table(whole("c3")).rows == BEFORE


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever installed Girouette without `flash` reads how to have it."""
    monkeypatch.setattr(flashfs, "find_spec", lambda _: None)

    with pytest.raises(ImageError, match=r"pip install 'girouette\[flash\]'"):
        parts(whole("c3"), image(), "c3", 4 * MIB)
