"""`girouette update --interpreter`: a new MicroPython for boards that have room for two."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from deploy.faults import USAGE, CommandError

if TYPE_CHECKING:
    from pathlib import Path

    from devices.flash.chip_image import ChipImage
    from devices.update import Release
    from gateway.registry import Registry


def interpreter_in(file: Path, board: str | None, *, alone: bool) -> ChipImage:
    """The interpreter in this file, for this kind of board where it is named. Raises CommandError, InterpreterError."""
    from devices.flash.chip_image import read_image

    if not alone:
        raise CommandError("interpreter_alone", code=USAGE)
    image = read_image(file.read_bytes(), str(file))
    if board not in {None, image.chip}:
        raise CommandError("interpreter_for", file=file, chip=image.chip, board=board)
    return image


class Interpreters:
    """Makes the order for each device, with a fresh number, when it is its turn."""

    def __init__(self, registry: Registry, image: ChipImage) -> None:
        self.registry, self._image = registry, image

    def of(self, name: str) -> Release:
        """The order for this device."""
        from devices.flash.chip_image import interpreter_release

        device = next(d for d in self.registry.devices() if d.id == name)
        serial = self.registry.next_serial(name, at_s=int(time.time()))
        return interpreter_release(name, self._image, key=bytes.fromhex(device.update_key), serial=serial)
