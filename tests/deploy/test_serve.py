"""Sockets are ours before anything starts, and work ends in good order when a signal comes."""

from __future__ import annotations

import asyncio
import os
import signal
import urllib.request
from collections.abc import Callable

import pytest

from deploy.faults import AWAY, CommandError
from deploy.probes import answer
from deploy.serve import Guest, config, listen, live


async def app(scope: object, receive: object, send: object) -> None:
    """An application that says that it is there."""
    await answer({"here": True})(scope, receive, send)  # type: ignore[arg-type]


def test_a_taken_port_is_a_sentence(free_port: Callable[[], int]) -> None:
    """Somebody else listens there, or the address is another machine's: exit code 3, and what to do."""
    port = free_port()
    with listen("127.0.0.1", port), pytest.raises(CommandError, match="choose another port") as taken:
        listen("127.0.0.1", port)
    with pytest.raises(CommandError, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", port)
    with pytest.raises(CommandError, match="cannot listen on no such host"):
        listen("no such host", port)

    assert taken.value.code == AWAY


def test_a_port_is_free_again_at_once(free_port: Callable[[], int]) -> None:
    """A service that is restarted gets its port back without waiting for the kernel."""
    port = free_port()
    listen("127.0.0.1", port).close()

    listen("127.0.0.1", port).close()


def test_work_is_cancelled_by_a_signal_and_may_finish(free_port: Callable[[], int]) -> None:
    """HTTP answers meanwhile; the work sees its cancellation, cleans up, and nothing is raised."""
    port, said = free_port(), []

    async def work() -> None:
        try:
            said.append(await asyncio.to_thread(fetch, port))
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(60)
        finally:
            said.append("cleaned up")

    with listen("127.0.0.1", port) as listening:
        asyncio.run(live(work(), beside=Guest(config(app)), listening=[listening]))

    assert said == [b'{"here":true}', "cleaned up"]


def test_what_the_work_raises_is_raised(free_port: Callable[[], int]) -> None:
    """A gateway that may not run ends with its sentence, and the server beside it ends, too."""

    async def work() -> None:
        raise CommandError("no_file", file="x")

    with listen("127.0.0.1", free_port()) as listening, pytest.raises(CommandError):
        asyncio.run(live(work(), beside=Guest(config(app)), listening=[listening]))


def test_work_needs_no_server() -> None:
    """Without a port nothing listens, and the work is done all the same."""
    done = []

    async def work() -> None:
        done.append(True)

    asyncio.run(live(work(), beside=Guest(config(app)), listening=[]))

    assert done == [True]


def fetch(port: int) -> bytes:
    """Ask until somebody answers."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as told:
                content: bytes = told.read()
                return content
        except OSError:
            continue
    raise AssertionError("nobody answered")
