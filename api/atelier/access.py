"""Who may enter the atelier: somebody at this very machine, or who bears the cookie that a one-time link was exchanged for.

At this machine means all three: the connection comes from loopback, the name that the browser asked for is a name of loopback (a
page elsewhere whose name was pointed at 127.0.0.1 has another one), and no proxy stands between.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import Request

COOKIE = "girouette_atelier"
FORWARDED = ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "x-original-host")
"""What proxies add, besides everything that begins with `x-forwarded-`."""
LOCAL_NAMES = {"localhost", "localhost.localdomain"}


def at_this_machine(request: Request) -> bool:
    """Does somebody at this machine ask, with nothing between?"""
    return (
        request.client is not None
        and is_loopback(request.client.host)
        and is_local_name(host_of(request.headers.get("host", "")))
        and not forwarded(request.headers.keys())
    )


def is_loopback(address: str) -> bool:
    """Is this an address of loopback, IPv4 in IPv6 included?

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("::ffff:127.0.0.9"), is_loopback("192.168.1.5")
    (True, True, True, False)
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return bool((mapped or found).is_loopback)


def is_local_name(host: str) -> bool:
    """Is this how a browser at this machine calls it?

    >>> is_local_name("localhost"), is_local_name("127.0.0.1"), is_local_name("::1"), is_local_name("air.example.org")
    (True, True, True, False)
    """
    return host in LOCAL_NAMES or is_loopback(host)


def host_of(header: str) -> str:
    """The name in a `Host` header, without its port; empty where it is none.

    >>> host_of("localhost:8000"), host_of("[::1]:8000"), host_of("user@localhost")
    ('localhost', '::1', '')
    """
    try:
        found = urlsplit(f"//{header}")
        _ = found.port
    except ValueError:
        return ""
    plain = found.netloc == header and not (found.username or found.path or found.query or found.fragment)
    return (found.hostname or "") if plain else ""


def forwarded(names: Iterable[str]) -> bool:
    """Did a proxy pass the request on?"""
    return any(name in FORWARDED or name.startswith("x-forwarded-") for name in map(str.lower, names))


def from_elsewhere(request: Request, *ours: str) -> bool:
    """Was this request made by a page that is none of ours (of these addresses), or by a program that does not say?"""
    origin = origin_of(request.headers.get("origin", ""))
    site = request.headers.get("sec-fetch-site", "same-origin")
    return origin is None or origin not in set(map(origin_of, ours)) or site != "same-origin"


def origin_of(address: str) -> tuple[str, str, int | None] | None:
    """Scheme, host and port of an address, the usual port where none is written; None for what is none.

    >>> origin_of("http://LOCALHOST/x"), origin_of("null")
    (('http', 'localhost', 80), None)
    """
    try:
        found = urlsplit(address)
        port = found.port or {"http": 80, "https": 443}.get(found.scheme)
    except ValueError:
        return None
    return (found.scheme, found.hostname, port) if found.scheme and found.hostname else None
