"""The ports of a virtual board: they carry bytes, tell who leaves, and lose what nobody reads."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable
from typing import Any

import pytest

from devices.virtual import ports
from devices.virtual.ports import Port, Socket, Terminal


def open_terminal(port: Port) -> tuple[Callable[[bytes], Any], Callable[[int], bytes], Callable[[], None]]:
    """A tool at a terminal: how it types, reads and leaves."""
    opened = os.open(port.name, os.O_RDWR | os.O_NOCTTY)
    return lambda typed: os.write(opened, typed), lambda size: os.read(opened, size), lambda: os.close(opened)


def open_socket(port: Port) -> tuple[Callable[[bytes], Any], Callable[[int], bytes], Callable[[], None]]:
    """A tool at a TCP port."""
    made = socket.create_connection(("127.0.0.1", int(port.name.rpartition(":")[2])))
    assert hear(port) == b""
    return made.sendall, made.recv, made.close


def hear(port: Port) -> bytes | None:
    """What comes in next."""
    assert select.select(port.filenos(), [], [], 5)[0]
    return port.hear()


@pytest.mark.parametrize(("kind", "opened"), [(Terminal, open_terminal), (Socket, open_socket)])
def test_bytes_go_both_ways_and_leaving_is_told(kind: type[Port], opened: Callable[[Port], Any]) -> None:
    """Every byte as it is, again and again for one tool after the other."""
    port = kind()
    for _ in range(2):
        type_, read, leave = opened(port)
        type_(b"\x00\x03\x04\r\n\xff")
        assert hear(port) == b"\x00\x03\x04\r\n\xff"
        port.say(b"\n\x00\xc0")
        assert read(10) == b"\n\x00\xc0"
        leave()
        assert hear(port) is None
    port.close()


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "opened"), [(Terminal, open_terminal), (Socket, open_socket)])
def test_what_nobody_reads_is_lost_and_the_board_goes_on(
    kind: type[Port], opened: Callable[[Port], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool that stops reading costs one wait, not one for each word; when it reads again it hears what is said then."""
    monkeypatch.setattr(ports, "PATIENCE_S", 0.05)
    port = kind()
    _, read, leave = opened(port)
    waited: list[float] = []
    select_, unread = select.select, 1_500_000

    def counting(*arguments: Any) -> Any:
        waited.append(arguments[3])
        return select_(*arguments)

    monkeypatch.setattr(ports.select, "select", counting)
    for _ in range(unread // 10_000):
        port.say(b"x" * 10_000)
    assert len(waited) < 10, "it waits again and again"
    monkeypatch.undo()

    old = b""
    while len(old) < unread and b"again" not in old:
        port.say(b"again")
        old += read(1_000_000)
    assert b"again" in old
    assert len(old) < unread
    leave()
    port.close()
