"""The board's sockets in virtual time: one way to the script's broker, and a time server; both vanish with the network."""

import errno
import io

from broker import the_broker
from time_server import answer_of
from world import the_world

AF_INET, SOCK_STREAM, SOCK_DGRAM = 2, 1, 2
SOL_SOCKET, SO_REUSEADDR = 1, 2
IN, OUT = 1, 4
OWN = "192.168.4.1"
"""The board, on its own network."""


class socket(io.IOBase):
    """A connection to the broker, or a question to a time server."""

    def __init__(self, family=AF_INET, kind=SOCK_STREAM, protocol=0):
        self._arrived = b""
        self._reset = self._cut = False
        self._answer = b""

    # As the board uses it.

    def setblocking(self, value: bool) -> None:
        """Nothing here blocks."""

    def connect(self, address) -> None:
        """Open, or be refused."""
        if the_world.offline():
            raise OSError(errno.EHOSTUNREACH)
        if address[0].startswith("192.0.2."):
            raise OSError(errno.ETIMEDOUT)
        if not the_broker.admits():
            raise OSError(errno.ECONNREFUSED)
        the_broker.greet(self)

    def setsockopt(self, *what) -> None:
        """Nothing here has options."""

    def bind(self, address) -> None:
        """What a board offers on its own network may stand there."""

    def listen(self, backlog: int = 2) -> None:
        """But nobody calls."""

    def accept(self) -> tuple:
        """Nobody has called."""
        raise OSError(errno.EAGAIN)

    def recvfrom(self, count: int) -> tuple:
        """Nobody has asked."""
        raise OSError(errno.EAGAIN)

    def read(self, count: int = -1):
        """What has arrived; None when nothing has."""
        self._check()
        if not self._arrived or self._away():
            return None
        count = len(self._arrived) if count < 0 else count
        found, self._arrived = self._arrived[:count], self._arrived[count:]
        return found

    def write(self, content) -> int:
        """Send, or lose, some bytes."""
        self._check()
        if not self._away():
            the_broker.take(self, bytes(content))
        return len(content)

    def sendto(self, packet: bytes, address) -> int:
        """Ask a time server."""
        if not the_world.offline() and not the_world.no_clock():
            self._answer = answer_of(packet)
        return len(packet)

    def recv(self, count: int) -> bytes:
        """The time server's answer."""
        if not self._answer:
            raise OSError(errno.EAGAIN)
        answer, self._answer = self._answer[:count], b""
        return answer

    def close(self) -> None:
        """Close; while the network is away nobody hears of it."""
        if not the_world.offline():
            the_broker.forget(self)

    def ioctl(self, request: int, argument: int) -> int:
        """Nothing that the event loop could ask of the system."""
        return 0

    # As the script uses it.

    def ready(self) -> int:
        """What the board can do with it now."""
        return OUT | (IN if self._reset or (self._arrived and not self._away()) else 0)

    def arrive(self, content: bytes) -> None:
        """Bytes for the board; lost while the network is away."""
        if not self._away():
            self._arrived += content

    def reset(self) -> None:
        """The other side's process has died."""
        self._reset = True

    def _check(self) -> None:
        if self._reset or (self._cut and not the_world.offline()):
            raise OSError(errno.ECONNRESET)

    def _away(self) -> bool:
        self._cut = self._cut or the_world.offline()
        return self._cut


def getaddrinfo(host: str, port: int, *more) -> list:
    """Where a host is; without a network nobody knows."""
    if the_world.offline() and host != OWN:
        raise OSError(errno.EHOSTUNREACH)
    if host.endswith(".invalid") and not (the_world.login() or {}).get("lies"):
        raise OSError(-2)
    return [(AF_INET, SOCK_STREAM, 0, "", (host, port))]
