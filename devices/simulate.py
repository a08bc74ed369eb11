"""Boards on this machine: the firmware, unmodified, in the real MicroPython interpreter, on simulated hardware.

Each board is a process of its own with a folder of its own: `flash/` is its disk, `nvs/` its NVS partition, `sim.json` says what its sensors meet,
`control` can change that while it runs. What it prints (its serial log) goes to a file; `devices.console` reads it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from devices.image import Image, sources
from devices.interpreter import command, have_micropython

__all__ = ["Board", "Surroundings", "control", "have_micropython", "start_board", "stop_sampling"]
SIMULATOR = Path(__file__).parent / "sim"
SPACE = "girouette"
"""The namespace of our settings in a board's NVS."""
HEAP = "128wK"
"""128 Ki words, 256 KiB here: the objects of the 109 KiB of an ESP32, where they are half as big, and the simulator's."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a simulated board meets.

    Faults are tables with a `kind`: `stuck`, `drift` (`per_h`), `spike` (`size`, `every_s`, `lasts_s`) and `offset` (`size`) of
    a `channel`; `absent`, `nack`, `checksum`, `timeout`, `hangs`, `moved` (`to`: another I2C address) and `other-chip` of a `sensor`
    (its driver's name); `offline`, `no-clock` and `crossed` (SDA and SCL exchanged) of the board. Each begins `after_s` seconds after power-on and lasts `for_s` seconds, or for ever.
    """

    signals: Mapping[str, Mapping[str, Any]]
    """The tables of the recipe's `signal.toml`, by channel; `devices/sim/waves.py` has the formula. Without any, those of the recipe
    that the board's configuration names, from the folder `signals`."""
    faults: Sequence[Mapping[str, Any]] = ()
    seed: int = 0
    longitude: float = 0.0
    """Degrees east, by which a signal's `peak_h` is an hour of the sun."""
    wifi: Mapping[str, Any] | None = None
    """`networks` (name: key), `secured` (names that ask for a user), `leases` (false: no address is given out); None is any network."""
    ahead_s: float = 0.0
    """How much later it is in this world, for its time server, than on this machine."""


class Board(subprocess.Popen[bytes]):
    """A running board: a process, with the folder that is its world and the file that is its serial log."""

    directory: Path
    log: Path
    replayed: bool
    """True where no MicroPython interpreter was found and the firmware runs in CPython instead."""


def start_board(
    image: Image,
    *,
    directory: Path,
    around: Surroundings,
    log: Path,
    heap: str = HEAP,
) -> Board:
    """Lay the image on the board's disk, where it is not there yet, and switch the board on.

    The board's own files (counter, spool) stay, so starting it again in the same folder is a power cut and a restart.
    It ends when this process does, even by `kill -9`.
    """
    real = have_micropython()
    lay(image.files if real else readable(image.files), directory / "flash")
    lay_settings(image.settings, directory)
    (directory / "control").unlink(missing_ok=True)
    write_json(directory / "sim.json", asdict(around))
    arguments = command("-X", f"heapsize={heap}", str(SIMULATOR / "power_on.py")) if real else replay_command()
    flash = (directory / "flash").resolve()
    with log.open("ab") as serial:
        board = Board(
            arguments,
            cwd=flash,
            env=os.environ | {"MICROPYPATH": f"{flash}:{SIMULATOR}:.frozen"},
            stdin=subprocess.PIPE,
            stdout=serial,
            stderr=subprocess.STDOUT,
            process_group=0,  # a terminal's Ctrl-C is for who started the board
        )
    board.directory, board.log, board.replayed = directory, log, not real
    return board


def lay(image: Mapping[str, bytes], flash: Path) -> None:
    """Write the files of an image that are not on this disk yet, and take away what another version had beside them."""
    for old in (*flash.glob("girouette/**/*.py"), *flash.glob("girouette/**/*.mpy")):
        if f"/{old.relative_to(flash).as_posix()}" not in image:
            old.unlink()
    for name, content in image.items():
        file = flash / name.lstrip("/")
        if not file.exists() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def lay_settings(settings: Mapping[str, bytes], directory: Path) -> None:
    """Write the settings of an image into a board's NVS, but those that it was given before: the board may have changed them."""
    for key, content in settings.items():
        given = directory / "given" / key
        if not given.exists() or given.read_bytes() != content:
            for file in (directory / "nvs" / SPACE / key, given):
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)


def readable(image: Mapping[str, bytes]) -> dict[str, bytes]:
    """The image with the text of each module instead of its bytecode, which CPython cannot run."""
    text = {f"{path.removesuffix('.py')}.mpy": path for path in sources()}
    return {text.get(path, path): sources()[text[path]] if path in text else image[path] for path in image}


def replay_command() -> list[str]:
    """The command that runs the firmware in CPython, where no MicroPython interpreter exists."""
    return [sys.executable, "-I", "-u", str(Path(__file__).parent / "replay.py"), str(SIMULATOR)]


def control(board: Board, **changes: Any) -> None:
    """Change what a running board meets: `sampling=False`, `offline=True`, `no_clock=True`; it is seen within 0.5 s."""
    file = board.directory / "control"
    now = json.loads(file.read_text()) if file.exists() else {}
    write_json(file, now | changes)


def stop_sampling(board: Board) -> None:
    """Make every simulated sensor of this board fall silent: it numbers no more samples and sends what it still holds.

    The firmware is told nothing. Its drivers find no sensor, a moment without any value makes no sample, and `health`
    names the drivers that fail.
    """
    control(board, sampling=False)


def write_json(file: Path, content: object) -> None:
    """Write a file whole: a reader sees the old content or the new, never half of it."""
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(content), encoding="utf-8")
    fresh.replace(file)
