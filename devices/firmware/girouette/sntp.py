"""The date by SNTP (RFC 4330), without ever waiting in a system call: a question, and a look every 20 ms for the answer."""

import asyncio
import os
import socket
import struct
import time

from micropython import const

_NTP_TO_UNIX_S = const(2208988800)
_CLIENT = const(0x23)
"""No warning, version 4, mode 3 (client): RFC 4330 section 4."""
_LOOK_MS = const(20)


async def ask(host: str, port: int = 123, patience_ms: int = 1500) -> int:
    """Unix milliseconds as this server has them now; OSError when it does not answer, or with nonsense."""
    nonce = os.urandom(8)
    address = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)[0][-1]
    door = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        door.setblocking(False)
        asked = time.ticks_ms()
        door.sendto(bytes([_CLIENT]) + bytes(39) + nonce, address)
        answer = await _answer(door, asked, patience_ms)
        half_ms = time.ticks_diff(time.ticks_ms(), asked) // 2
    finally:
        door.close()
    return parse(answer, nonce) + half_ms


async def _answer(door: socket.socket, asked: int, patience_ms: int) -> bytes:
    while time.ticks_diff(time.ticks_ms(), asked) < patience_ms:
        await asyncio.sleep_ms(_LOOK_MS)
        try:
            return door.recv(64)
        except OSError:
            continue  # nothing yet
    raise OSError("no answer")


def parse(answer: bytes, nonce: bytes) -> int:
    """Unix milliseconds in a server's answer; OSError unless it is sane and an answer to this very question."""
    if len(answer) < 48 or answer[24:32] != nonce:
        raise OSError("not an answer to this question")
    warning, mode, stratum = answer[0] >> 6, answer[0] & 7, answer[1]
    seconds, fraction = struct.unpack("!II", answer[40:48])
    if warning == 3 or mode != 4 or not 1 <= stratum <= 15 or seconds == 0:
        raise OSError("a server without a clock")
    if seconds < 0x80000000:
        seconds += 0x100000000  # the era that begins in 2036: RFC 4330 section 3
    return (seconds - _NTP_TO_UNIX_S) * 1000 + (fraction * 1000 + 0x80000000 >> 32)
