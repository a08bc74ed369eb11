"""A name server for the board's own network: every name has the board's address, so that a phone's first question opens the page.

RFC 1035, one question in a packet. What is asked for besides an IPv4 address has no answer, and what is no question gets none.
"""

import asyncio
import socket

from micropython import const

PORT = 53
LONGEST = 512
"""Bytes of a packet over UDP (RFC 1035, 4.2.1)."""
AT_ONCE = 8
_LOOK_MS = const(40)
_TTL_S = const(5)
A, ANY = 1, 255


async def serve(address: str) -> None:
    """Answer, until it is cancelled."""
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        door.setblocking(False)
        door.bind(socket.getaddrinfo(address, PORT)[0][-1])
        while True:
            for _ in range(AT_ONCE):
                try:
                    asked, who = door.recvfrom(LONGEST)
                    told = answer(asked, address)
                    if told is not None:
                        door.sendto(told, who)
                except OSError:
                    break  # nobody asks, or the one who asked has gone
            await asyncio.sleep_ms(_LOOK_MS)
    finally:
        door.close()


def answer(asked: bytes, address: str) -> bytes | None:
    """The answer to one packet; None where it is not one question as a phone asks it."""
    if len(asked) < 17 or asked[2] & 0xF8 or asked[4:6] != b"\0\1":
        return None  # short, an answer, no plain query, or not one question
    end = 12
    while asked[end]:
        if asked[end] > 63:
            return None  # a pointer: nothing stands before it
        end += 1 + asked[end]
        if end > len(asked) - 5:
            return None
    question = asked[12 : end + 5]
    if len(question) > 255 + 4 or question[-2:] != b"\0\1":
        return None
    kind = question[-4] << 8 | question[-3]
    found = 1 if kind in (A, ANY) else 0
    head = asked[:2] + bytes((0x84 | asked[2] & 1, 0, 0, 1, 0, found, 0, 0, 0, 0))
    if not found:
        return head + question
    record = b"\xc0\x0c\0\1\0\1\0\0\0" + bytes((_TTL_S, 0, 4)) + bytes(int(n) for n in address.split("."))
    return head + question + record
