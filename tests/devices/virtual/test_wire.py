"""The wire of a virtual board: who is at the board's end changes, the ports stay."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator

import pytest

from devices.virtual.ports import Port, Socket
from devices.virtual.wire import MOST_BYTES, Wire, remember


class Echo:
    """Says again what it hears, with its name before it; `end` is its end."""

    def __init__(self, name: bytes) -> None:
        self._name = name
        self._out, self._in = os.pipe()
        self.stopped = False

    def fileno(self) -> int | None:
        """Where it speaks."""
        return self._out

    def hear(self, typed: bytes) -> None:
        """Keep it."""
        os.write(self._in, typed)

    def say(self) -> bytes | None:
        """Say it."""
        said = os.read(self._out, 100)
        return None if said == b"end" else self._name + said

    def stop(self) -> None:
        """Close."""
        self.stopped = True
        os.close(self._out)
        os.close(self._in)


class Bench:
    """A wire with what happened on it."""

    def __init__(self) -> None:
        self.left: list[Port] = []
        self.heard = bytearray()
        self.wire = Wire(
            [Socket()],
            listen=lambda typed: typed.replace(b"secret", b""),
            hears=lambda said: remember(self.heard, said),
            left=self.left.append,
            ended=lambda: self.wire.put(Echo(b"second ")),
        )

    def connect(self) -> socket.socket:
        """A tool on its port."""
        tool = socket.create_connection(("127.0.0.1", int(self.wire.ports[0].name.rpartition(":")[2])))
        tool.settimeout(10)
        return tool


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A wire that runs, with an echo at its end."""
    made = Bench()
    made.wire.put(Echo(b"first "))
    made.wire.start()
    yield made
    made.wire.close()


def test_who_ends_is_followed_by_another(bench: Bench) -> None:
    """The tool stays connected, and speaks with the next one; what is kept from the speaker it does not hear."""
    with bench.connect() as tool:
        tool.sendall(b"secret1")
        assert tool.recv(100) == b"first 1"
        tool.sendall(b"end")
        tool.sendall(b"2")
        assert tool.recv(100) == b"second 2"
    assert bytes(bench.heard) == b"first 1second 2"


def test_other_ports_close_the_old_ones(bench: Bench, until: Callable[..., object]) -> None:
    """As where a board comes back under another name."""
    with bench.connect() as tool:
        tool.sendall(b"1")
        assert tool.recv(100) == b"first 1"
        bench.wire.replace([Socket()])
        assert tool.recv(100) == b""
    with bench.connect() as tool:
        tool.sendall(b"2")
        assert tool.recv(100) == b"first 2"
    until(lambda: bench.left, what="the port's user has left")


def test_what_was_said_long_ago_is_forgotten() -> None:
    """A board may run for days."""
    heard = bytearray()
    remember(heard, b"x" * MOST_BYTES)
    remember(heard, b"the end")
    assert len(heard) == MOST_BYTES
    assert heard.endswith(b"x" * 10 + b"the end")
