"""Who is at this machine, and which page a request comes from."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from api.atelier.access import (
    at_this_machine,
    forwarded,
    from_elsewhere,
    host_of,
    is_local_name,
    is_loopback,
    origin_of,
)


def request(client: str | None = "127.0.0.1", **headers: str) -> Request:
    """A request as it arrives."""
    told = {"host": "localhost:8000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http", "method": "GET", "path": "/fr/atelier", "query_string": b"", "scheme": "http",
        "client": None if client is None else (client, 50123), "server": ("127.0.0.1", 8000),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in told.items()],
    }  # fmt: skip
    return Request(scope)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST:8000", "127.0.0.1:8000", "127.9.9.9", "[::1]:8000"]
)
def test_who_sits_here_is_let_in_by_every_local_name(host: str) -> None:
    """Loopback at both ends, and nothing between."""
    assert at_this_machine(request(host=host))
    assert at_this_machine(request("::1", host=host))
    assert at_this_machine(request("::ffff:127.0.0.1", host=host))


@pytest.mark.parametrize(
    "client", ["192.168.1.5", "10.0.0.1", "::ffff:192.168.1.5", "2001:db8::1", "testclient", "", None]
)
def test_who_comes_over_the_network_is_not_here(client: str | None) -> None:
    """Whatever name they ask for."""
    assert not at_this_machine(request(client))


@pytest.mark.parametrize(
    "host",
    ["air.example.org", "127.0.0.1.example.org", "localhost.example.org", "localhost:8000@evil.example", "evil.example#localhost",
     "evil.example/localhost", "", "localhost:x", "[::1", "192.168.1.5", "192.0.2.1", "localhost, evil.example"],
)  # fmt: skip
def test_a_page_elsewhere_whose_name_points_here_is_not_here(host: str) -> None:
    """DNS rebinding: the connection is loopback's, the name is not."""
    assert not at_this_machine(request(host=host))


@pytest.mark.parametrize(
    "name", ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-anything", "X-Real-IP", "via"]
)  # fmt: skip
def test_what_a_proxy_passes_on_is_not_here(name: str) -> None:
    """A proxy on this machine speaks for somebody else, whatever its header says."""
    assert not at_this_machine(request(**{name: "127.0.0.1"}))
    assert forwarded([name])


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
