"""Who is at this machine, and which page a request comes from."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from api.atelier.access import (
    at_this_machine,
    direct,
    forwarded,
    from_elsewhere,
    host_of,
    is_local_name,
    is_loopback,
    is_public,
    origin_of,
)

BROWSER = {"host": "localhost:8000", "connection": "keep-alive"}


def request(client: str | None = "127.0.0.1", **headers: str) -> Request:
    """A request as it arrives from a browser, but for these headers."""
    return arrived({**BROWSER, **{name.replace("_", "-"): value for name, value in headers.items()}}, client=client)


def arrived(headers: dict[str, str], *, client: str | None = "127.0.0.1", version: str = "1.1") -> Request:
    """A request with these headers alone."""
    scope = {
        "type": "http", "method": "GET", "path": "/fr/atelier", "query_string": b"", "scheme": "http", "http_version": version,
        "client": None if client is None else (client, 50123), "server": ("127.0.0.1", 8000),
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
    }  # fmt: skip
    return Request(scope)


def here(asked: Request) -> bool:
    """Is it somebody at this machine, where no public address is set?"""
    return at_this_machine(asked, "")


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000"]
)
def test_who_sits_here_is_let_in_by_every_local_name(host: str) -> None:
    """Loopback at both ends, and nothing between."""
    assert here(request(host=host))
    assert here(request("::1", host=host))
    assert here(request("::ffff:127.0.0.1", host=host))


@pytest.mark.parametrize(
    "client", ["192.168.1.5", "10.0.0.1", "::ffff:192.168.1.5", "2001:db8::1", "testclient", "", None]
)
def test_who_comes_over_the_network_is_not_here(client: str | None) -> None:
    """Whatever name they ask for."""
    assert not here(request(client))


@pytest.mark.parametrize(
    "host",
    ["air.example.org", "127.0.0.1.example.org", "localhost.example.org", "localhost:8000@evil.example", "evil.example#localhost",
     "evil.example/localhost", "", "localhost:x", "[::1", "192.168.1.5", "192.0.2.1", "localhost, evil.example"],
)  # fmt: skip
def test_a_page_elsewhere_whose_name_points_here_is_not_here(host: str) -> None:
    """DNS rebinding: the connection is loopback's, the name is not."""
    assert not here(request(host=host))


@pytest.mark.parametrize(
    "name", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-anything", "X-Real-IP", "via"]
)  # fmt: skip
def test_what_a_proxy_passes_on_is_not_here(name: str) -> None:
    """A proxy on this machine speaks for somebody else, whatever its header says."""
    assert not here(request(**{name: "127.0.0.1"}))
    assert forwarded([name])


LOCAL = "127.0.0.1:8000"
THROUGH = {
    "nginx before 1.29.7": ("1.0", {"Host": LOCAL, "Connection": "close"}),
    "nginx since 1.29.7": ("1.1", {"Host": LOCAL}),
    "nginx that names the host": ("1.0", {"Host": "localhost", "Connection": "close"}),
    "nginx for WebSockets": ("1.1", {"Host": LOCAL, "Connection": "upgrade", "Upgrade": "websocket"}),
    "Apache, mod_proxy": (
        "1.1",
        {"Host": LOCAL, "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "air.example.org",
         "X-Forwarded-Server": "air.example.org", "Connection": "Keep-Alive"},
    ),
    "Caddy": (
        "1.1", {"Host": "localhost", "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "air.example.org", "X-Forwarded-Proto": "https",
                "Via": "2.0 Caddy"},
    ),
    "one that speaks HTTP/1.0 and keeps its connection": ("1.0", BROWSER),
    "one that says two things": ("1.1", {"Host": LOCAL, "Connection": "keep-alive, close"}),
}  # fmt: skip


@pytest.mark.parametrize("proxy", THROUGH)
def test_no_stock_proxy_is_taken_for_a_browser(proxy: str) -> None:
    """With the headers that each sends when nothing but the address to pass on to is set."""
    version, headers = THROUGH[proxy]

    assert not direct(arrived(headers, version=version))
    assert not here(arrived(headers, version=version))


@pytest.mark.parametrize(
    "url", ["https://air.example.org", "http://192.168.1.20:8000", "https://air.example.org/data", "http://[bad", "air.example.org"]
)  # fmt: skip
def test_where_a_public_address_is_set_nobody_is_here(url: str) -> None:
    """A proxy that hides itself wholly may stand between."""
    assert is_public(url)
    assert not at_this_machine(request(), url)


@pytest.mark.parametrize("url", ["", "http://localhost:8000", "http://127.0.0.1:8080/", "http://[::1]:8000"])
def test_an_address_of_loopback_is_none_for_the_public(url: str) -> None:
    """What is set to loopback is not published."""
    assert not is_public(url)
    assert at_this_machine(request(), url)


def test_another_user_of_this_machine_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a proxy as a user of its own, nor somebody who shares the machine; the ports are those of the connection."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr("api.atelier.access.of_another_user", lambda *ports: asked.append(ports) or True)

    assert not here(request())
    assert direct(request())
    assert asked == [(50123, 8000)]


def test_only_a_page_of_ours_may_ask() -> None:
    """The origin is ours to the port, and the browser does not say that the page was another site's."""
    ours = "http://localhost:8000"
    assert not from_elsewhere(request(origin=ours), ours)
    assert not from_elsewhere(request(origin=ours, sec_fetch_site="same-origin"), ours)
    for origin in (
        "http://localhost:8001",
        "https://localhost:8000",
        "http://evil.example",
        "null",
        "",
        "localhost:8000",
        "http://[bad",
    ):
        assert from_elsewhere(request(origin=origin), ours), origin
    assert from_elsewhere(request(), ours)
    assert from_elsewhere(request(origin=ours, sec_fetch_site="cross-site"), ours)
    assert from_elsewhere(request(origin=ours, sec_fetch_site="none"), ours)


def test_names_are_read_whole() -> None:
    """A host is a name and a port; an origin a scheme, a name and a port."""
    assert host_of("air.example.org:8000") == "air.example.org"
    assert not is_loopback("127.1")
    assert not is_local_name("0")
    assert origin_of("https://air.example.org") == origin_of("https://AIR.example.org:443/")
