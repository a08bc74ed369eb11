"""The board's sockets: the real ones, over a network that can go away.

While it is away bytes that the board sends vanish and nothing arrives, as when an access point loses power: the other
side hears nothing, not even a goodbye. A connection that lived through that is dead. A time server answers at port 123.
"""

import errno
import io
import select

import usocket
from usocket import *  # noqa: F403

from time_server import answer_of
from world import the_world

POLL = 3
GET_FILENO = 10
_lost = []
"""Doors that the board closed while the network was away: held open, so that nobody hears of it."""


class socket(io.IOBase):
    """A TCP socket, or the question to a time server."""

    def __init__(self, family=usocket.AF_INET, kind=usocket.SOCK_STREAM, protocol=0):
        self._door = usocket.socket(family, kind, protocol)
        self._cut = False
        self._answer = b""
        self._asked = None

    def setblocking(self, value: bool) -> None:
        """As the real one."""
        self._door.setblocking(value)

    def setsockopt(self, *what) -> None:
        """As the real one."""
        self._door.setsockopt(*what)

    def connect(self, address) -> None:
        """As the real one, where there is a network."""
        if the_world.offline():
            raise OSError(errno.EHOSTUNREACH)
        self._door.connect(address)

    def read(self, count: int = -1):
        """What has arrived, or None; what arrives while the network is away is lost."""
        found = self._door.read(count)
        if self._away() and found:
            return None
        return found

    def readinto(self, buffer):
        """As `read`."""
        found = self._door.readinto(buffer)
        return None if self._away() and found else found

    def write(self, buffer) -> int:
        """Send, or lose, some bytes."""
        if self._away():
            return len(buffer)
        return self._door.write(buffer)

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
        """Close, or be forgotten by nobody while the network is away."""
        if the_world.offline():
            _lost.append(self._door)
        else:
            self._door.close()

    def ioctl(self, request: int, argument: int) -> int:
        """Let the event loop wait on the real socket, and TLS ask it."""
        if request == GET_FILENO:
            return self._door.fileno()
        return self._ready(argument) if request == POLL else 0

    def _ready(self, wanted: int) -> int:
        """What of this can be done without waiting."""
        if self._asked is None:
            self._asked = select.poll()
            self._asked.register(self._door)
        self._asked.modify(self._door, wanted)
        for _, events in self._asked.ipoll(0):
            return events
        return 0

    def _away(self) -> bool:
        if the_world.offline():
            self._cut = True
        elif self._cut:
            raise OSError(errno.ECONNRESET)
        return self._cut


def getaddrinfo(host: str, port: int, *more) -> list:
    """Where a host is; without a network nobody knows. Nothing here leaves this machine: a time server is anywhere."""
    if the_world.offline():
        raise OSError(errno.EHOSTUNREACH)
    return usocket.getaddrinfo("127.0.0.1" if port == 123 else host, port, *more)
