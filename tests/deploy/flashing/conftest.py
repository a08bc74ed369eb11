"""Real counterparts of the USB door: a bootloader that speaks Espressif's protocol, terminals, esptool and mpremote."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from erased import MIB, ErasedBoard
from esp32_mock_bootloader import mock_bootloader
from wholes import small_whole


@contextlib.contextmanager
def erased_chip(chip: str) -> Iterator[str]:
    """The port of a chip (esptool's name) that was never flashed, in its bootloader."""
    handle = mock_bootloader(chip=chip)
    child = handle._require_started().proc
    try:
        yield handle.url()
    finally:
        if child is not None and child.stderr is not None:
            child.kill()
            child.wait()
            child.stderr.close()
        handle.stop()


@pytest.fixture
def bootloader() -> Iterator[Callable[[str], str]]:
    """A function that starts a chip of this name and gives its port."""
    with contextlib.ExitStack() as running:
        yield lambda chip: running.enter_context(erased_chip(chip))


@pytest.fixture
def silent_port() -> Iterator[str]:
    """A terminal behind which nobody answers: a board that does not enter its boot mode."""
    ours, theirs = pty.openpty()
    try:
        yield os.ttyname(theirs)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.fixture
def cut_line() -> Iterator[Callable[[str, list[int]], str]]:
    """A function that puts a bad cable before a port: its first connections break off after so many bytes each."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def start(port: str, cuts: list[int]) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        threads.append(threading.Thread(target=carry_all, args=(server, port, list(cuts), over), daemon=True))
        threads[-1].start()
        return f"socket://127.0.0.1:{server.getsockname()[1]}"

    yield start
    over.set()
    for thread in threads:
        thread.join()


def carry_all(server: socket.socket, port: str, cuts: list[int], over: threading.Event) -> None:
    """Connection after connection, until it is over."""
    with server:
        while not over.is_set():
            if select.select([server], [], [], 0.1)[0]:
                tool, _ = server.accept()
                with tool, socket.create_connection(("127.0.0.1", int(port.rpartition(":")[2]))) as chip:
                    carry(tool, chip, cuts.pop(0) if cuts else None, over)


def carry(tool: socket.socket, chip: socket.socket, left: int | None, over: threading.Event) -> None:
    """Bytes both ways until an end closes, or so many have passed."""
    while not over.is_set():
        for end in select.select([tool, chip], [], [], 0.1)[0]:
            passed = end.recv(4096)
            if not passed:
                return
            (chip if end is tool else tool).sendall(passed)
            if left is not None and (left := left - len(passed)) < 0:
                return


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that a board needs around it: a broker, a gateway that stores, and MicroPython for it in a file."""

    home: Path
    broker_port: int
    girouette: Callable[..., Any]
    boards: contextlib.ExitStack

    def board(self, kind: str = "c3", name: str = "board", **make: Any) -> ErasedBoard:
        """A board of 2 MiB just taken out of its bag; MicroPython for it is `micropython.bin`."""
        (self.home / "micropython.bin").write_bytes(small_whole(kind))
        made = ErasedBoard(kind, self.home / name, **{"flash_bytes": 2 * MIB, **make})
        return self.boards.enter_context(made)

    def silent(self) -> str:
        """A port behind which nobody answers."""
        ends = pty.openpty()
        for end in ends:
            self.boards.callback(os.close, end)
        return os.ttyname(ends[1])

    def flash(self, board: ErasedBoard, *words: str) -> Any:
        """Type `girouette flash` with MicroPython from the file."""
        return self.girouette("flash", "--port", board.url, "--micropython", "micropython.bin", *words)


@pytest.fixture
def bench(
    home: Path, mosquitto: int, girouette: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bench]:
    """A bench whose broker runs, and nobody else."""
    monkeypatch.setenv("GIROUETTE_BROKER", f"mqtt://127.0.0.1:{mosquitto}")
    monkeypatch.setenv("GIROUETTE_GATEWAY_HTTP_PORT", "0")
    (home / "girouette-wifi.toml").write_text('[[network]]\nssid = "atelier"\npassword = "un-mot-de-passe"\n')
    (home / "girouette-wifi.toml").chmod(0o600)
    with contextlib.ExitStack() as boards:
        yield Bench(home, mosquitto, girouette, boards)


@pytest.fixture
def town(bench: Bench, service: Callable[..., Any]) -> Bench:
    """A bench whose gateway runs, too."""
    service("gateway")
    return bench
