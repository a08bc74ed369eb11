"""The buffering socket against a real one: the same bytes come and go, whatever the pieces."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator

import pytest

from gateway.inbox.buffered import MOST_BYTES, Buffered


@contextlib.contextmanager
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets, the first one non-blocking."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.settimeout(5)
    with near, far:
        yield near, far


def test_reading_a_byte_at_a_time_asks_the_socket_once() -> None:
    """What came together is given in the pieces that are asked for, and `pending` says how much is left."""

    async def test() -> None:
        with pair() as (near, far):
            buffered = Buffered(near)
            with pytest.raises(BlockingIOError):
                buffered.recv(1)
            far.sendall(b"abcdef")
            assert [buffered.recv(1), buffered.pending(), buffered.recv(2), buffered.recv(99)] == [
                b"a",
                5,
                b"bc",
                b"def",
            ]
            assert buffered.pending() == 0
            far.close()
            assert buffered.recv(1) == b""

    asyncio.run(test())


def test_what_is_sent_in_one_turn_leaves_in_one_piece() -> None:
    """Many small sends become one write, before the loop waits again."""

    async def test() -> None:
        with pair() as (near, far):
            buffered = Buffered(near)
            for byte in range(200):
                assert buffered.send(bytes([byte])) == 1
            await asyncio.sleep(0)
            assert far.recv(1000) == bytes(range(200))

    asyncio.run(test())


@pytest.mark.slow
def test_a_full_socket_loses_nothing_and_holds_the_sender_back() -> None:
    """While the other side does not read, at most a mebibyte waits; then all of it arrives in order."""

    async def test() -> None:
        with pair() as (near, far):
            buffered, sent = Buffered(near), 0
            with contextlib.suppress(BlockingIOError):
                while sent < 16 * MOST_BYTES:
                    sent += buffered.send(b"%07d," % (sent // 8))
                    await asyncio.sleep(0)
            assert MOST_BYTES <= sent < 16 * MOST_BYTES
            got = bytearray()
            while len(got) < sent:
                got += await asyncio.to_thread(far.recv, 1 << 20)
                await asyncio.sleep(0.01)
            assert bytes(got) == b"".join(b"%07d," % n for n in range(sent // 8))

    asyncio.run(test())


def test_what_waits_is_written_before_the_socket_closes() -> None:
    """A DISCONNECT that was sent last still goes out; closing twice does no harm."""

    async def test() -> None:
        with pair() as (near, far):
            buffered = Buffered(near)
            buffered.send(b"bye")
            buffered.close()
            buffered.close()
            await asyncio.sleep(0)
            assert far.recv(10) == b"bye"
            assert buffered.fileno() == -1

    asyncio.run(test())


def test_a_broken_connection_is_told_by_the_next_send() -> None:
    """An error of the socket is not swallowed."""

    async def test() -> None:
        with pair() as (near, far):
            buffered = Buffered(near)
            far.close()
            buffered.send(b"into nothing")
            await asyncio.sleep(0)
            with pytest.raises(OSError, match="roken pipe"):
                buffered.send(b"more")

    asyncio.run(test())


def test_tls_says_that_nothing_is_there_in_its_own_way() -> None:
    """To the client it is the same; bytes of a record that were not asked for are pending."""
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusted.check_hostname, trusted.verify_mode = False, ssl.CERT_NONE

    async def test() -> None:
        with pair() as (near, _):
            waiting = trusted.wrap_socket(near, do_handshake_on_connect=False)
            buffered = Buffered(waiting)
            with pytest.raises(BlockingIOError):
                buffered.recv(1)
            assert buffered.pending() == 0
            buffered.close()

    asyncio.run(test())
