"""The application put together."""

from __future__ import annotations

from typing import Any


def test_every_room_of_the_api_answers(ask: Any) -> None:
    """A page, a map file, a table, SensorThings, the probes and the description are all there."""
    for path in (
        "/fr/",
        "/api/latest.geojson",
        "/api/series/1.csv",
        "/v1.1/Things",
        "/healthz",
        "/readyz",
        "/openapi.json",
    ):
        assert ask(path).status_code == 200, path
