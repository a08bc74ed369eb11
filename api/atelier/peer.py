"""Whose program is at the other end of a connection within this machine, as Linux tells."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
"""One line a socket (`man 5 proc`): its own address and port, the other end's, and further on whose it is, all ports in hexadecimal."""
OWN, OTHER, USER = 1, 2, 7


def of_another_user(port: int, to_port: int) -> bool:
    """Is the program that is connected from this port to that one another user's than ours? False where the system does not tell."""
    users: set[int] = set()
    for table in TABLES:
        with contextlib.suppress(OSError):
            users |= owners(table.read_text(), port, to_port)
    return bool(users) and users != {os.geteuid()}


def owners(table: str, port: int, to_port: int) -> set[int]:
    """The users of the sockets that are connected from this port to that one.

    >>> row = "0: 0100007F:CC2D 0100007F:1F40 01 00000000:00000000 00:00000000 00000000   103        0 31"
    >>> owners("sl local_address rem_address" + chr(10) + row, 52269, 8000)
    {103}
    """
    rows = (line.split() for line in table.splitlines()[1:])
    return {int(row[USER]) for row in rows if (port_of(row[OWN]), port_of(row[OTHER])) == (port, to_port)}


def port_of(end: str) -> int:
    """The port of an end of a connection.

    >>> port_of("0100007F:1F40")
    8000
    """
    return int(end.rpartition(":")[2], 16)
