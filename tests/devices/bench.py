"""A bench for real boards: a broker that can die or freeze, a slow line to it, and boards whose logs are the truth."""

from __future__ import annotations

import contextlib
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from receiver import Numbered, Receiver, doubled
from sessions import FREE_BYTES

from devices.console import Told, read_console
from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, start_board, stop_sampling

RECIPES = ("air", "noise", "weather")


def answers(port: int) -> bool:
    """Does something listen on this loopback port?"""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Broker:
    """A mosquitto without persistence on one port, which comes back with nothing when it was killed."""

    def __init__(self, binary: str, port: int, directory: Path, *, rules: str = "allow_anonymous true") -> None:
        self.port = port
        self._conf = directory / "broker.conf"
        self._conf.write_text(f"listener {port} 127.0.0.1\n{rules}\nset_tcp_nodelay true\n")
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, until: Callable[..., None]) -> None:
        """Start it and wait until it listens."""
        command = [self._binary, "-c", str(self._conf)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: answers(self.port), what="mosquitto listening")

    def kill(self) -> None:
        """End it without a word (SIGKILL)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop it (SIGSTOP), as a network that has gone quiet, and let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)


class Boards:
    """Boards of a small heap that sample once a second."""

    def __init__(
        self,
        port: int,
        directory: Path,
        *,
        recipes: Sequence[str] = RECIPES,
        suffix: str = "1",
        faults: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        known = load_recipes()
        self._boards: dict[str, Board] = {}
        for recipe in recipes:
            name = f"{recipe}-{suffix}"
            identity = Identity(name, shard_of(name), name, "secret", "127.0.0.1", port, period_s=1)
            (directory / name).mkdir(exist_ok=True)
            self._boards[name] = start_board(
                build_image([known[recipe]], identity),
                directory=directory / name,
                around=Surroundings(known[recipe].signals, faults),
                log=directory / name / "log",
            )

    def told(self) -> dict[str, Told]:
        """What each board's serial log says by now."""
        return {name: read_console(board.log.read_text()) for name, board in self._boards.items()}

    def console(self) -> str:
        """The serial logs of all boards."""
        return "".join(board.log.read_text() for board in self._boards.values())

    def numbered(self) -> int:
        """How many samples all boards have numbered."""
        return sum(len(told.samples) for told in self.told().values())

    def connections(self) -> int:
        """How often each board has connected, at least."""
        return min(told.remarks.count("# connected") for told in self.told().values())

    def drain(self, until: Callable[..., None]) -> None:
        """End sampling, and wait until every sample has its receipt."""
        for board in self._boards.values():
            stop_sampling(board)
        until(self._receipted, within_s=120, what="a receipt for every sample")

    def _receipted(self) -> bool:
        return all(told.samples and not told.waiting() for told in self.told().values())

    def switch_off(self) -> None:
        """Cut the power."""
        for board in self._boards.values():
            board.kill()
            board.communicate()


def small_heap() -> dict[str, str]:
    """The environment in which a board's firmware finds the smallest board's heap (`heap.py`)."""
    return {"GIROUETTE_SIM_FREE": str(FREE_BYTES)}


def assert_all_kept_once(boards: Boards, receiver: Receiver) -> None:
    """Every sample that any board numbered came, with its date and values; none twice, none altered, none dropped."""
    made = {
        (name, sample.ep, sample.sq): Numbered(sample.time_s or 0, dict(sample.values))
        for name, told in boards.told().items()
        for sample in told.samples
    }
    dropped = [sample for told in boards.told().values() for sample in told.samples if sample.dropped]

    assert dropped == []
    assert receiver.kept == made
    assert doubled(receiver.kept) == []
    assert receiver.altered == []


class SlowLine:
    """A TCP line to a port on which bytes come one to three at a time, with pauses."""

    def __init__(self, port: int, to_port: int, *, pause_s: float = 0.002, seed: int = 1) -> None:
        self.port, self._to_port, self._pause_s = port, to_port, pause_s
        self._chance = random.Random(seed)
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Listen."""
        self._door = socket.create_server(("127.0.0.1", self.port))
        self._go(self._join)
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        for end in (self._door, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in (self._door, *self._ends):
            end.close()

    def _go(self, work: Callable[..., None], *with_: object) -> None:
        thread = threading.Thread(target=work, args=with_, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _join(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._door.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._to_port))
                self._ends += [near, far]
                self._go(self._carry, near, far)
                self._go(self._carry, far, near)

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(self._chance.randint(1, 3)):
                sink.sendall(content)
                time.sleep(self._pause_s)
            sink.shutdown(socket.SHUT_WR)
