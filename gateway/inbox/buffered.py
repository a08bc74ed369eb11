"""A socket that reads and writes in large pieces, for a client that asks for a byte at a time.

paho calls `recv` four times a message and `send` once an acknowledgement; aiomqtt waits for the socket after each message
unless it says that more is pending. Half the CPU of a pack went there.
"""

from __future__ import annotations

import asyncio
import socket
import ssl

WAITS = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""How a socket says that nothing can be read or written now."""
READ_BYTES = 1 << 16
MOST_BYTES = 1 << 20
"""So much may wait to be written; above that the client is told to wait, as by any full socket."""
AGAIN_S = 0.005
"""A full socket is tried again after this."""


class Buffered:
    """Wraps a connected, non-blocking socket; used in the event loop's thread alone."""

    def __init__(self, wrapped: socket.socket) -> None:
        self._wrapped = wrapped
        self._loop = asyncio.get_running_loop()
        self._read = b""
        self._at = 0
        self._write = bytearray()
        self._flushing = False
        self._broken: OSError | None = None

    def recv(self, count: int) -> bytes:
        """At most `count` bytes; raises BlockingIOError where none are there."""
        if self._at == len(self._read):
            try:
                self._read, self._at = self._wrapped.recv(READ_BYTES), 0
            except WAITS as e:
                raise BlockingIOError from e
        piece = self._read[self._at : self._at + count]
        self._at += len(piece)
        return piece

    def pending(self) -> int:
        """Bytes that `recv` gives without waiting for the socket: TLS reads whole records, which may be longer than what is asked for."""
        beneath = self._wrapped.pending() if isinstance(self._wrapped, ssl.SSLSocket) else 0
        return len(self._read) - self._at + beneath

    def send(self, piece: bytes) -> int:
        """Take all of it, to be written before the event loop waits again; raises BlockingIOError where too much waits."""
        if self._broken is not None:
            raise self._broken
        if len(self._write) > MOST_BYTES:
            raise BlockingIOError
        self._write += piece
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)
        return len(piece)

    def fileno(self) -> int:
        """The socket's."""
        return self._wrapped.fileno()

    def close(self) -> None:
        """Write what can be written now, and close."""
        if self._write and self._broken is None:
            self._flush()
        self._wrapped.close()

    def _flush(self) -> None:
        """Write; what does not fit follows a little later, and an error is told by the next `send`."""
        self._flushing = False
        if self._wrapped.fileno() < 0:
            return
        try:
            sent = self._wrapped.send(self._write)
        except WAITS:
            sent = 0
        except OSError as e:
            self._broken = e
            return
        del self._write[:sent]
        if self._write:
            self._flushing = True
            self._loop.call_later(AGAIN_S, self._flush)
