"""Who may enter the atelier: somebody at this very machine, or who bears the cookie that a one-time link was exchanged for.

At this machine means all of these: the connection comes from loopback and is that of a browser of our own user; the name that the
browser asked for is a name of loopback (a page elsewhere whose name was pointed at 127.0.0.1 has another one); nothing says that a proxy
stands between; and no public address is set, behind which one would. Why so: docs/decisions/0032-atelier-access.md.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import Request

from api.atelier.peer import of_another_user

COOKIE = "girouette_atelier"
FORWARDED = ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "x-original-host")
"""What proxies add, besides everything that begins with `x-forwarded-`."""
LOCAL_NAMES = {"localhost", "localhost.localdomain"}
OLD_HTTP = {"0.9", "1.0"}
BROWSERS_CONNECTION = ["keep-alive"]
"""What browsers say of a connection over HTTP/1.1. It is said anew on each way: stock proxies say `close` to us, or nothing."""


def at_this_machine(request: Request, public_url: str) -> bool:
    """Does somebody at this machine ask, where nothing can stand between?"""
    return direct(request) and not is_public(public_url) and not by_another_user(request)


def direct(request: Request) -> bool:
    """Does the request look as if a browser at this machine had sent it, by a local name?"""
    return straight(request) and is_local_name(host_of(request.headers.get("host", "")))


def straight(request: Request) -> bool:
    """Does it come from loopback as browsers send it, with no word of a proxy?"""
    return (
        request.client is not None
        and is_loopback(request.client.host)
        and request.scope.get("http_version", "1.0") not in OLD_HTTP
        and [said.lower() for said in request.headers.getlist("connection")] == BROWSERS_CONNECTION
        and not forwarded(request.headers.keys())
    )


def by_another_user(request: Request) -> bool:
    """Does a program of another user of this machine hold the other end: a proxy, or somebody who shares the machine?"""
    _, port = request.scope.get("server") or ("", None)
    return request.client is not None and of_another_user(request.client.port, port or 0)


def is_public(url: str) -> bool:
    """Is this an address for others than who sits here?

    >>> is_public("https://air.example.org/data"), is_public("http://localhost:8000"), is_public("")
    (True, False, False)
    """
    found = origin_of(url)
    return bool(url) and not (found and is_local_name(found[1] or ""))


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
