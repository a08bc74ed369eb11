"""A virtual board that runs MicroPython from the start: the real interpreter, which mpremote and an editor's serial tools take for a board.

Its disk is a folder of this machine. It has no bootloader: a board that esptool can flash is `devices/virtual/chip.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

from devices.image import Image
from devices.simulate import Surroundings, lay, lay_settings, write_json
from devices.virtual.ports import Port, Terminal
from devices.virtual.running import HEAP, MicroPython
from devices.virtual.wire import Wire, remember

FACES = (Terminal,)


class VirtualBoard:
    """One board; `port` is what a tool connects to, as long as this is open."""

    def __init__(
        self,
        image: Image,
        *,
        directory: Path,
        around: Surroundings,
        heap: str = HEAP,
        faces: Sequence[Callable[[], Port]] = FACES,
    ) -> None:
        self._flash = directory / "flash"
        self._flash.mkdir(parents=True, exist_ok=True)
        lay(image.files, self._flash)
        lay_settings(image.settings, directory)
        write_json(directory / "sim.json", asdict(around))
        self._heap = heap
        self.said = bytearray()
        """What it has said, the last MiB of it."""
        self._wire = Wire(
            [face() for face in faces],
            listen=bytes,
            hears=lambda said: remember(self.said, said),
            left=lambda _: None,
            ended=self._restart,
        )
        self.port = self._wire.ports[0].name
        self._wire.put(MicroPython(self._flash, heap=heap))

    def __enter__(self) -> Self:
        self._wire.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._wire.close()

    def _restart(self) -> None:
        """It asked for a hard reset."""
        self._wire.put(MicroPython(self._flash, cause="hard", heap=self._heap))
