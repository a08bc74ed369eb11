"""What stands in for MicroPython in a virtual board's flash: a chip takes it, and parts are made of it."""

from __future__ import annotations

import pytest

from devices.flash.chip_image import length_of
from devices.flash.partitions import STARTS
from devices.flash.parts import parts, read_vfs
from devices.image import Image
from devices.virtual.chip import refusal
from devices.virtual.stand_in import application_of, stand_in

MIB = 1 << 20


@pytest.mark.parametrize("chip", STARTS)
def test_a_chip_starts_what_is_made_of_it(chip: str) -> None:
    """Bootloader, table, application and a file system behind it, for each chip; no other chip takes it."""
    assert length_of(application_of(chip)) == len(application_of(chip))
    flash = bytearray(b"\xff" * 4 * MIB)
    for part in parts(stand_in(chip), Image({"/main.py": b"x = 1\n"}, {}), chip, len(flash)):
        flash[part.offset : part.offset + len(part.content)] = part.content

    assert refusal(bytes(flash), chip) is None
    assert read_vfs(bytes(flash[0x200000:])) == {"/main.py": b"x = 1\n"}
    others = [other for other in STARTS if STARTS[other] == STARTS[chip] and other != chip]
    assert all("mismatch chip ID" in str(refusal(bytes(flash), other)) for other in others)
