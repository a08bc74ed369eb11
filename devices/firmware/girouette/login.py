"""Does this network let nothing through until somebody has filled in a login page? Asked of nobody outside: of what cannot exist.

A name under `.invalid` has no address (RFC 6761, 6.4), and nothing answers at 192.0.2.1 (TEST-NET-1, RFC 5737). Where the name has
an address, or a web server at that one shows a page or sends elsewhere, the network itself has answered. A network that lets
some addresses through and drops the rest without a word cannot be told from a broker that is away.
"""

import asyncio
import os
import socket

from micropython import const

NOWHERE = "192.0.2.1"
_PATIENCE_MS = const(4000)
ASKED = b"GET / HTTP/1.0\r\nHost: 192.0.2.1\r\n\r\n"
_REQUIRED = const(511)
"""Network Authentication Required (RFC 6585, 6)."""


async def is_wanted() -> bool:
    """Has the network itself answered for what does not exist?"""
    return lies() or await answers()


def lies() -> bool:
    """Does a name that cannot exist have an address? Asking holds the loop, for as long as the name server takes."""
    name = "".join("%02x" % b for b in os.urandom(6)) + ".invalid"
    try:
        return bool(socket.getaddrinfo(name, 80))
    except OSError:
        return False


async def answers() -> bool:
    """Does a web server show a page where nothing is? A 4xx or 5xx is a proxy that has looked for it in vain."""
    try:
        code = await asyncio.wait_for_ms(status(), _PATIENCE_MS)
    except (OSError, EOFError, ValueError, asyncio.TimeoutError):
        return False
    return 200 <= code < 400 or code == _REQUIRED


async def status() -> int:
    """The status that a web server gives at that address."""
    reader, writer = await asyncio.open_connection(NOWHERE, 80)
    try:
        writer.write(ASKED)
        await writer.drain()
        found = await reader.read(12)
        if found[:5] != b"HTTP/":
            raise ValueError
        return int(found[9:12])
    finally:
        writer.close()
        await writer.wait_closed()
