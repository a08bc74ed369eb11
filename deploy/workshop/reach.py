"""Where boards reach the broker: not where the gateway does, which may sit beside it."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from deploy.faults import CommandError
from deploy.flashing.faults import FlashError

if TYPE_CHECKING:
    from deploy.settings import Settings

PLAIN, SAFE = 1883, 8883
ELSEWHERE = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737): the system tells by which of its own it would go there, and sends nothing."""
ANSWER_S = 3.0


@dataclass(frozen=True, slots=True)
class Reach:
    """The broker as a board calls it."""

    host: str
    port: int
    anchors: tuple[bytes, ...] = ()
    """Certificates (DER) of the authorities that it is to trust; without any the line is not encrypted."""
    tls_name: str | None = None


def reach(settings: Settings, *, here: bool = False) -> Reach:
    """The broker for boards: as set, else the gateway's, by this computer's own address where that one is loopback.

    `here` is a board that runs on this computer. Raises CommandError for what is no address, or one that wants anchors and has none.
    """
    url = settings.board_broker or next(iter(settings.broker.split()), "")
    try:
        at = urlsplit(url)
        host, port = at.hostname, at.port
    except ValueError:
        raise CommandError("bad_broker", url=url) from None
    if at.scheme not in {"mqtt", "mqtts"} or not host:
        raise CommandError("bad_broker", url=url)
    if is_loopback(host) and not settings.board_broker and not here:
        host = own_address() or host
    if at.scheme == "mqtt":
        return Reach(host, port or PLAIN)
    from devices.anchors import read_anchors

    if settings.board_anchors is None:
        raise FlashError("no_board_anchors", url=url)
    return Reach(host, port or SAFE, read_anchors(settings.board_anchors))


def is_loopback(host: str) -> bool:
    """Does this name mean the computer itself?

    >>> is_loopback("127.0.0.1"), is_loopback("localhost"), is_loopback("192.168.1.20")
    (True, True, False)
    """
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def own_address() -> str | None:
    """This computer's address on its network, None where it is on none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
            return str(probe.getsockname()[0])
        except OSError:
            return None


def answers(host: str, port: int, *, within_s: float = ANSWER_S) -> bool:
    """Does something listen there?"""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=within_s):
        return True
    return False
