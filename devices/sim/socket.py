"""The board's sockets: the real ones, over a network that can go away.

While it is away bytes that the board sends vanish and nothing arrives, as when an access point loses power: the other
side hears nothing, not even a goodbye. A connection that lived through that is dead. A time server answers at port 123.

On a network that wants a login page only that answers, at port 80 of any address; where it lies about names, any name has one. What
the board itself offers, on ports that only a chip may use, is found on this machine's loopback, at ports that the world names.
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
HERE, OWN = "127.0.0.1", "192.168.4.1"
"""This machine, and the board on its own network."""
NOBODY = 1
"""A port at which nobody listens."""
_lost = []
"""Doors that the board closed while the network was away: held open, so that nobody hears of it."""


class socket(io.IOBase):
    """A TCP socket, the question to a time server, or what the board offers on its own network."""

    def __init__(self, family=usocket.AF_INET, kind=usocket.SOCK_STREAM, protocol=0, *, door=None):
        self._door = door or usocket.socket(family, kind, protocol)
        self._offers = door is not None
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

    def bind(self, address) -> None:
        """Offer something; the radio of the board's own network does not depend on any other."""
        self._door.bind(address)
        self._offers = True

    def listen(self, backlog: int = 2) -> None:
        """As the real one."""
        self._door.listen(backlog)

    def accept(self) -> tuple:
        """Who has called."""
        door, address = self._door.accept()
        return socket(door=door), address

    def recvfrom(self, count: int) -> tuple:
        """A question, and who asks."""
        return self._door.recvfrom(count)

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
        """Answer a question, or ask a time server."""
        if self._offers:
            return self._door.sendto(packet, address)
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
        if the_world.offline() and not self._offers:
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
        if self._offers:
            return False
        if the_world.offline():
            self._cut = True
        elif self._cut:
            raise OSError(errno.ECONNRESET)
        return self._cut


def getaddrinfo(host: str, port: int, *more) -> list:
    """Where a host is; without a network nobody knows. Nothing here leaves this machine: a time server is anywhere."""
    if host == OWN:
        return usocket.getaddrinfo(HERE, _found_at(port), *more)
    if the_world.offline():
        raise OSError(errno.EHOSTUNREACH)
    login = the_world.login()
    if login is not None:
        return _before_login(login, host, port)
    if host.endswith(".invalid"):
        raise OSError(-2)
    if host.startswith("192.0.2."):
        return usocket.getaddrinfo(HERE, NOBODY, *more)
    return usocket.getaddrinfo(HERE if port == 123 else host, port, *more)


def _found_at(port: int) -> int:
    """Where what the board offers at this port is found."""
    ports = (the_world.wifi() or {}).get("ports") or {}
    if str(port) not in ports:
        raise OSError(errno.EACCES)
    return ports[str(port)]


def _before_login(login: dict, host: str, port: int) -> list:
    """What leads anywhere on a network that wants a login page: its page; and names, where it lies about them."""
    named = not host.replace(".", "").isdigit()
    if named and not login.get("lies"):
        raise OSError(-2)
    return usocket.getaddrinfo(HERE, login["port"] if port == 80 else NOBODY)

