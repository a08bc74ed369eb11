"""The real esptool against a bootloader: recognised, written, verified, read back; what it says when it fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from erased import ErasedBoard

from deploy.flashing.esptool import Loader, chip_name, look
from deploy.flashing.faults import FlashError
from devices.words import LANGUAGES

START = Callable[[str], str]
CUT = Callable[[str, list[int]], str]


@dataclass(frozen=True, slots=True)
class Piece:
    """Something to be written."""

    name: str
    offset: int
    content: bytes


PIECES = (Piece("first", 0x1000, os.urandom(45_000)), Piece("second", 0x200000, os.urandom(40_000)))


@pytest.mark.parametrize("kind", ["esp32", "s2"])
@pytest.mark.slow
def test_a_chip_is_recognised_written_and_read_back(kind: str, bootloader: START) -> None:
    """Kind, flash and number are told; what was written is what is read, and the bar goes from nothing to all, never back."""
    port, done = bootloader(chip_name(kind)), list[float]()

    found = look(port)
    Loader(port, found.kind).write(PIECES, done.append)

    assert (found.kind, found.flash_bytes) == (kind, 4 * 1024 * 1024)
    assert len(found.mac) == 17
    assert done == sorted(done)
    assert done[-1] == 1.0
    reader = Loader(port, kind, no_stub=True)
    assert [reader.read(p.offset, len(p.content)) for p in PIECES] == [p.content for p in PIECES]


@pytest.mark.slow
def test_a_chip_that_is_not_ours_is_named(bootloader: START) -> None:
    """An ESP32-H2 has no Wi-Fi: the sentence says which chips have a recipe."""
    with pytest.raises(FlashError, match=r"ESP32-H2.*take an ESP32, S2"):
        look(bootloader("esp32h2"))


@pytest.mark.slow
def test_a_flash_that_does_not_tell_its_size_is_told(tmp_path: Path) -> None:
    """A memory chip whose answer esptool does not know: the sentence says what to try, and what it means if that is in vain."""
    with ErasedBoard("c3", tmp_path, flash_bytes=64 * 1024) as board, pytest.raises(FlashError) as refused:
        look(board.url)

    assert refused.value.key == "flash_unknown"
    assert board.url in str(refused.value)


@pytest.mark.slow
def test_what_was_made_for_another_chip_is_not_written(bootloader: START) -> None:
    """It refuses before it writes, and the sentence names both."""
    port = bootloader("esp32s3")

    with pytest.raises(FlashError, match="is an ESP32-S3, what is to be written is for an ESP32-C3"):
        Loader(port, "c3").write(PIECES)

    assert Loader(port, "s3").read(PIECES[0].offset, 16) == b"\xff" * 16


@pytest.mark.slow
def test_what_has_no_room_is_refused_with_how_much_is_needed(bootloader: START) -> None:
    """A part beyond the end of a flash of 4 MB."""
    with pytest.raises(FlashError, match=r"4 MB.*too small.*8\.0 MB"):
        Loader(bootloader("esp32s3"), "s3").write([Piece("vfs", 8 * 1024 * 1024 - 4096, bytes(5000))])


@pytest.mark.slow
def test_a_flash_that_breaks_off_while_it_is_read_is_read_without_the_stub(bootloader: START, cut_line: CUT) -> None:
    """The sentence names the option, which is slower and asks for less at once."""
    with pytest.raises(FlashError) as refused:
        Loader(cut_line(bootloader("esp32c3"), [60_000] * 9), "c3").read(0, 0x50000)

    assert all("--no-stub" in refused.value.said(lang) for lang in LANGUAGES)


@pytest.mark.slow
def test_a_line_that_breaks_off_is_tried_again_and_then_told(bootloader: START, cut_line: CUT) -> None:
    """What breaks off twice is written all the same, slowly (esptool goes on by itself once); what always does so is told."""
    large = [Piece("large", 0x10000, os.urandom(100_000))]
    Loader(cut_line(bootloader("esp32c3"), [60_000] * 2), "c3").write(large)

    with pytest.raises(FlashError, match="shorter cable"):
        Loader(cut_line(bootloader("esp32c3"), [60_000] * 9), "c3").write(large)
