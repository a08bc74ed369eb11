"""The API described for programs."""

from __future__ import annotations

from typing import Any


def test_the_description_is_openapi_3_1_at_the_askers_address(ask: Any) -> None:
    """Every route that a program may ask is in it, with what it answers."""
    told = ask.json("/openapi.json", headers={"x-forwarded-proto": "https", "host": "air.example.org"})

    assert told["openapi"].startswith("3.1")
    assert told["servers"] == [{"url": "https://air.example.org"}]
    assert {
        "/api/latest.geojson", "/api/places", "/api/series", "/api/quantities", "/api/series/{series_id}.csv",
        "/api/series/{series_id}.json", "/v1.1", "/v1.1/{path}", "/healthz", "/readyz",
    } <= set(told["paths"])  # fmt: skip
    for path, operations in told["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert "422" not in operation["responses"], path


def test_it_is_kept_by_who_has_it(ask: Any) -> None:
    """Asked again with its tag, it is not sent again."""
    first = ask("/openapi.json")

    assert ask("/openapi.json", headers={"if-none-match": first.headers["etag"]}).status_code == 304
