"""mpremote as a command: what a board with MicroPython has, and only what differs copied to it, each hash compared afterwards.

Small programs (devices/probes) run on the board. Secrets go to mpremote in a file of a folder that nobody else may read,
never among its arguments.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.flashing.faults import MPREMOTE, FlashError, fault_of
from deploy.flashing.tool import private, run_tool

PROBES = Path(__file__).parent.parent.parent / "devices" / "probes"
FOUND = "FOUND "
BAUD = 115_200
PATIENCE_S = 2.5
"""So long a board may take to leave what it is doing; longer is one that has no MicroPython, or is in its bootloader."""
TRIES = 2
INTERRUPT, RAW = b"\r\x03\x03", b"\r\x01"
OLDEST = [1, 23]
"""Since then MicroPython reads our bytecode (devices/flash/chip_image.py)."""
KINDS = re.compile(r"ESP32-?(C3|C6|S2|S3)?\b")
DEAD = (b"invalid header", b"waiting for download", b"rst:0x10 (RTCWDT_RTC_RESET)")
"""What a chip's ROM says that has nothing to start, or waits for esptool."""


@dataclass(frozen=True, slots=True)
class Found:
    """A board that runs MicroPython, as it describes itself."""

    machine: str
    version: tuple[int, ...]
    mac: str
    device: str | None
    """Who it is; None for a board that has no identity."""
    recipe: str | None
    wiring: Mapping[str, Any]
    """What hangs where, as its configuration has it: `sensors`, `led`, `rgb`."""
    networks: tuple[str, ...]
    files: Mapping[str, str]
    """The files of its program, with the first 32 digits of their SHA-256."""
    others: tuple[str, ...]
    """What else lies at the root of its disk."""

    @property
    def kind(self) -> str | None:
        """Our name of its chip; None where it does not say, as a virtual board."""
        found = KINDS.findall(self.machine.upper())
        return (found[-1].lower() or "esp32") if found else None

    @property
    def ours(self) -> bool:
        """Is our firmware on it?"""
        return "/girouette/app.mpy" in self.files and "/config.json" in self.files

    @property
    def usable(self) -> bool:
        """Can its MicroPython run our firmware?"""
        return list(self.version[:2]) >= OLDEST


@dataclass(frozen=True, slots=True)
class Changes:
    """What a board's program lacks, and what it has too much."""

    written: tuple[str, ...]
    gone: tuple[str, ...]

    def __bool__(self) -> bool:
        """Is there anything to do?"""
        return bool(self.written or self.gone)


def answers(port: str, *, within_s: float = PATIENCE_S) -> bool:
    """Does MicroPython answer at this port? It is left at its prompt, with the program that ran interrupted."""
    import serial

    try:
        with closing(serial.serial_for_url(port, BAUD, timeout=0.1, exclusive=True)) as line:
            until_s, heard = time.monotonic() + within_s, b""
            while time.monotonic() < until_s and not any(word in heard for word in DEAD):
                line.write(INTERRUPT + RAW)
                heard += line.read(4096)
                if b"raw REPL; CTRL-B to exit" in heard:
                    line.write(b"\r\x02")
                    return True
    except (serial.SerialException, OSError) as e:
        raise fault_of(MPREMOTE, port, str(e)) from e
    return False


def look(port: str) -> Found:
    """Who answers at a port. Raises FlashError where MicroPython does not."""
    said = again(lambda: run(port, "run", str(PROBES / "program.py")))
    return described(found_in(said, port))


def described(told: Mapping[str, Any]) -> Found:
    """A board as its program tells of it."""
    return Found(**{**told, **{name: tuple(told[name]) for name in ("version", "networks", "others")}})


def differences(files: Mapping[str, bytes], there: Mapping[str, str]) -> Changes:
    """What is to be written and what to be removed, so that a board's program is exactly these files.

    >>> differences({"/main.py": b"new", "/rule.py": b"same"}, {"/main.py": "0", "/rule.py": digest(b"same"), "/a/x.mpy": "1"})
    Changes(written=('/main.py',), gone=('/a/x.mpy',))
    """
    written = tuple(path for path in sorted(files) if there.get(path) != digest(files[path]))
    return Changes(written, tuple(path for path in sorted(there) if path not in files))


def digest(content: bytes) -> str:
    """A file's hash as a board tells it."""
    return hashlib.sha256(content).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Given:
    """What a board is to have in the end."""

    files: Mapping[str, bytes]
    settings: Mapping[str, bytes]
    """Blobs for NVS by key; empty where the board stays who it is."""
    networks: Sequence[Mapping[str, Any]] = ()
    broker: Mapping[str, Any] = field(default_factory=dict)
    """Where the broker is now, for a board that stays who it is."""
    fresh: bool = False
    """Does it become another device? Then nothing of an earlier one stays."""


def push(port: str, given: Given, changes: Changes, heard: Callable[[int], object] = lambda _count: None) -> Found:
    """Afterwards the board has exactly these files, each hash compared, and these settings; it was not restarted.

    `heard` is told how many files are written. Raises FlashError.
    """
    with tempfile.TemporaryDirectory(prefix="girouette-") as folder:  # mode 0700
        place = Path(folder)
        words = ["resume", "run", str(settling(place, given, changes))]
        for number, path in enumerate(changes.written):
            file = private(place / f"{number}", given.files[path])
            words += ["+", "fs", "cp", "-f", str(file), f":{path}"]
        if given.settings or given.networks or given.broker:
            words += ["+", "run", str(naming(place, given))]
        said = run(port, *words, "+", "run", str(PROBES / "program.py"), heard=heard)
    told = found_in(said, port)
    left = differences(given.files, told["files"])
    if left:
        raise FlashError("not_verified", port=port, what=", ".join((*left.written, *left.gone)))
    return described(told)


def settling(place: Path, given: Given, changes: Changes) -> Path:
    """The program that makes room, with its list before it."""
    lists = f"FRESH, GONE, FOLDERS = {given.fresh!r}, {changes.gone!r}, {folders(given.files)!r}\n"
    return private(place / "settle.py", (lists + (PROBES / "settle.py").read_text(encoding="utf-8")).encode())


def naming(place: Path, given: Given) -> Path:
    """The program that writes the settings, with them before it: nobody else may read it."""
    blobs = {key: base64.b64encode(content).decode() for key, content in given.settings.items()}
    networks = [dict(network) for network in given.networks]
    lists = f"SETTINGS, BROKER, NETWORKS = {blobs!r}, {dict(given.broker)!r}, {networks!r}\n"
    return private(place / "name.py", (lists + (PROBES / "name.py").read_text(encoding="utf-8")).encode())


def folders(paths: Iterable[str]) -> tuple[str, ...]:
    """The folders of these files, outer ones first.

    >>> folders(["/girouette/drivers/sht4x.mpy", "/main.py"])
    ('/girouette', '/girouette/drivers')
    """
    found = {str(parent) for path in paths for parent in Path(path).parents if parent != Path("/")}
    return tuple(sorted(found, key=lambda folder: (folder.count("/"), folder)))


def restart(port: str) -> None:
    """Let the board start, as after RST. Raises FlashError."""
    run(port, "resume", "reset")


def again(what: Callable[[], str]) -> str:
    """Try once more where a board did not come to its prompt: it may have been starting."""
    for left in reversed(range(TRIES)):
        try:
            return what()
        except FlashError as e:
            if e.key != "no_repl" or not left:
                raise
    raise AssertionError(TRIES)


def run(port: str, *words: str, heard: Callable[[int], object] = lambda _count: None) -> str:
    """Run mpremote on a port; what it said. Raises FlashError."""
    count = 0

    def hear(line: str) -> None:
        nonlocal count
        if line.startswith("cp "):
            count += 1
            heard(count)

    return run_tool(MPREMOTE, port, "connect", port, *words, hear=hear)


def found_in(said: str, port: str) -> dict[str, Any]:
    """What the last program on the board found. Raises FlashError."""
    for line in reversed(said.splitlines()):
        if line.startswith(FOUND):
            told: dict[str, Any] = json.loads(line.removeprefix(FOUND))
            return told
    raise fault_of(MPREMOTE, port, said)
