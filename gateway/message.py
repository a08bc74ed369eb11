"""What comes in and goes out of an inbox: frozen values."""

from __future__ import annotations

import msgspec


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message as the broker handed it over."""

    topic: str
    payload: bytes
    retained: bool
    qos: int
    mid: int
    """The broker's packet id, needed to acknowledge it: valid on the connection it came from only."""
    connection: int = 0
    """Which connection that was: each one that is opened has a number of its own."""


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """One message that the gateway wants to send."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
