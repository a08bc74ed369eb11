"""Absolute addresses as the public sees them."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from api.links import Links, links
from api.settings import ApiSettings


def seen(**headers: str) -> str:
    """The base of a request with these headers."""
    told = [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()]
    scope = {"type": "http", "scheme": "http", "path": "/", "server": ("127.0.0.1", 8000), "headers": told}
    return links(Request(scope), ApiSettings()).base


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"host": "127.0.0.1:8000"}, "http://127.0.0.1:8000"),
        ({"host": "[::1]:8000"}, "http://[::1]:8000"),
        ({"host": "in:1", "x_forwarded_host": "air.example.org", "x_forwarded_proto": "https"}, "https://air.example.org"),
        ({"host": "a", "x_forwarded_proto": "https", "x_forwarded_port": "8443"}, "https://a:8443"),
        ({"host": "a", "x_forwarded_proto": "https", "x_forwarded_port": "443"}, "https://a"),
        ({"host": "a", "x_forwarded_prefix": "/data/"}, "http://a/data"),
        ({"host": 'a"><script>'}, "http://localhost"),
        ({"host": "a", "x_forwarded_proto": "javascript"}, "http://a"),
        ({"host": "a", "x_forwarded_prefix": '/"onload='}, "http://a"),
    ],
)  # fmt: skip
def test_addresses_are_those_that_the_asker_used(headers: dict[str, str], base: str) -> None:
    """Proxies are believed as far as they look like one; what could break a page is passed over."""
    assert seen(**headers) == base


def test_the_public_address_of_the_settings_wins() -> None:
    """Whatever the request says."""
    request = Request({"type": "http", "scheme": "http", "path": "/", "headers": [(b"host", b"evil")]})

    assert links(request, ApiSettings(public_url="https://air.example.org/")).base == "https://air.example.org"


def test_a_key_stays_in_the_links() -> None:
    """Quoted, after whatever else is asked."""
    made = Links("http://a", "k/ey")

    assert made.to("/x", "tier=h1") == "http://a/x?tier=h1&key=k/ey"
    assert Links("http://a").to("/x") == "http://a/x"
