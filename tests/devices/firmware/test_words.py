"""The console's one word for why there is no broker, each provoked by a real one that is so."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from on_board import run

CONNECT = """
import asyncio
from girouette.mqtt import Client
from girouette.watchdog import Watchdog

class Broker:
    host, port, user, password, keepalive_s = given["host"], given["port"], "u", "p", 5

async def main():
    client = Client("b1", Broker, ("t", b""), [("t", 0)], Watchdog(60000).spawn)
    task = asyncio.create_task(client.run(lambda: True, lambda: None))
    while not client.word:
        await asyncio.sleep_ms(20)
    task.cancel()
    return client.word

result = asyncio.run(main())
"""


@contextmanager
def server(answer: bytes) -> Iterator[int]:
    """Somebody who hears one message, says this, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def serve() -> None:
            line = door.accept()[0]
            line.recv(1024)
            if answer:
                line.sendall(answer)
            line.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield door.getsockname()[1]
        thread.join()


def word(tmp_path: Path, port: int, host: str = "127.0.0.1") -> str:
    """What the board says of this broker."""
    told: str = run(CONNECT, tmp_path, {"host": host, "port": port})
    return told


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"\x20\x02\x00\x04", "refused"),
        (b"\x20\x02\x00\x05", "refused"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n", "not-mqtt"),
        (b"", "closed"),
        (b"\x20\x02\x00\x00", "lost"),
    ],
)
def test_what_answers_in_the_broker_s_place(tmp_path: Path, answer: bytes, told: str) -> None:
    """A wrong password, a web server, somebody who hangs up at once, and one who does so after he has let the board in."""
    with server(answer) as port:
        assert word(tmp_path, port) == told


def test_nobody_listens(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """A port that is closed, and a name that nobody knows."""
    assert word(tmp_path, free_port()) == "unreachable"
    assert word(tmp_path, 1883, "broker.invalid") == "unknown-host"


@pytest.mark.slow
def test_nobody_answers(tmp_path: Path) -> None:
    """Somebody accepts and says nothing, as a frozen broker or a firewall does: ten seconds."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        assert word(tmp_path, door.getsockname()[1]) == "silent"
