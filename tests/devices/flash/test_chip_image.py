"""Images of interpreters: the sound ones are read, each fault of a file is told by its word."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from chips import image_bytes

from devices.flash.chip_image import interpreter_release, length_of, read_image
from devices.refusal import InterpreterError

GOOD = image_bytes("1.29.0")


def test_a_sound_image_tells_its_chip_and_its_version() -> None:
    """By the head's number, the banner that every MicroPython bears, and the hash of the file."""
    image = read_image(GOOD, "new.app-bin")

    assert (image.chip, image.micropython) == ("c6", "1.29.0")
    assert image.version == "1.29.0-" + hashlib.sha256(GOOD).hexdigest()[:8]
    assert length_of(GOOD) == len(GOOD)
    assert read_image(image_bytes("1.30.0-preview.12.gabcdef", chip=0), "x").micropython == "1.30.0-preview.12.gabcdef"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "interpreter_magic"),
        (b"\x7fELF" + GOOD, "interpreter_magic"),
        (GOOD[:1] + b"\x00" + GOOD[2:], "interpreter_magic"),
        (GOOD + bytes(4096), "interpreter_whole_flash"),
        (GOOD[:-1], "interpreter_damaged"),
        (GOOD[: len(GOOD) // 2], "interpreter_damaged"),
        (GOOD[:500] + bytes([GOOD[500] ^ 1]) + GOOD[501:], "interpreter_damaged"),
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), "interpreter_damaged"),
        (image_bytes(chip=0x0010), "interpreter_chip"),
        (image_bytes("1.22.2"), "interpreter_old"),
    ],
)
def test_what_a_board_could_not_run_is_refused(content: bytes, why: str) -> None:
    """No image, one with a bootloader before it, a damaged or cut one, another chip, bytecode that it would not read."""
    with pytest.raises(InterpreterError) as refused:
        read_image(content, "new.app-bin")
    assert refused.value.key == why
    assert "new.app-bin" in refused.value.said("fr")


def test_an_image_of_something_else_is_refused() -> None:
    """Sound in form, but nobody's MicroPython."""
    with pytest.raises(InterpreterError, match="not MicroPython"):
        read_image(image_bytes("x"), "x")


def test_the_order_is_authenticated_with_everything_that_it_says() -> None:
    """Seven lines under the device's own key, in a form that no order for firmware has."""
    image, key = read_image(GOOD, "new.app-bin"), bytes(range(32))
    made = interpreter_release("air-1", image, key=key, serial=7, within_s=60)
    lines = f"gir-interpreter 1\nair-1\n7\n{image.version}\n{len(GOOD)}\n{image.sha256}\n60"

    assert made.order["mac"] == hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
    assert made.contents == {image.sha256[:16]: GOOD}
    assert (made.told_as, made.order["what"]) == ("interpreter", "interpreter")
