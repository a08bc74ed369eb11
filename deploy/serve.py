"""HTTP of our processes: a socket that is ours before anything starts, and an end in good order on SIGTERM."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import uvicorn

from deploy.faults import AWAY, CommandError

PATIENCE_S = 5
"""How long answers that are under way may take when the process ends."""
BACKLOG = 256


class Server(uvicorn.Server):
    """Uvicorn that ends with exit code 0 when it is asked to end."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Finish what is under way; a second signal cuts it off."""
        del sig, frame
        self.force_exit = self.should_exit
        self.should_exit = True


class Guest(Server):
    """A server inside a process that hears signals by itself."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the host."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises CommandError where the port is taken or the address is not ours."""
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, proto)
    except OSError as e:
        raise CommandError("no_address", code=AWAY, host=host, port=port, why=e.strerror or e) from e
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as e:
        listening.close()
        raise CommandError("no_address", code=AWAY, host=host, port=port, why=e.strerror or e) from e
    return listening


def config(app: Any, *, lifespan: bool = False) -> uvicorn.Config:
    """How uvicorn serves all our applications: quiet, without WebSockets, whoever stands before it read by the application."""
    return uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, proxy_headers=False, ws="none",
        lifespan="on" if lifespan else "off", timeout_graceful_shutdown=PATIENCE_S, backlog=BACKLOG,
    )  # fmt: skip


def serve(app: Any, listening: Sequence[socket.socket]) -> None:
    """Serve until SIGINT or SIGTERM."""
    Server(config(app, lifespan=True)).run(sockets=list(listening))


async def live(work: Coroutine[Any, Any, None], *, beside: Server, listening: Sequence[socket.socket]) -> None:
    """Do the work until it ends or SIGINT or SIGTERM comes, and answer HTTP beside it.

    The work is cancelled when a signal comes and ends in its own good order; what it raises is raised.
    """
    asked = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    working = asyncio.create_task(work, name="work")
    waiting = asyncio.create_task(asked.wait(), name="signals")
    serving = asyncio.create_task(beside.serve(sockets=list(listening)), name="probes") if listening else None
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    working.cancel()
    try:
        with contextlib.suppress(asyncio.CancelledError):
            await working
    finally:
        waiting.cancel()
        beside.should_exit = True
        if serving is not None:
            await serving
