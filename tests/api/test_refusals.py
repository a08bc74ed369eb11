"""Every refusal in one form, whatever raised it."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.registry import RegistryAway
from gateway.store.port import StoreAway

SECRET = "sqlite at /var/lib/secret broke"


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (StoreAway("no_answer", why=SECRET), 503, "the store of the readings does not answer"),
        (RegistryAway("away", why=SECRET), 503, "the registry of places and series does not answer"),
        (ZeroDivisionError(SECRET), 500, "something broke here"),
    ],
)
def test_what_breaks_inside_is_told_without_its_inside(
    own_city: Any, asker: Any, monkeypatch: pytest.MonkeyPatch, raised: Exception, status: int, said: str
) -> None:
    """A sentence and no path of ours; 503 says when to come back."""
    ask = asker(own_city.app())

    def fail(_: object) -> None:
        raise raised

    monkeypatch.setattr(own_city.store, "latest", fail)
    told = ask("/api/latest.geojson")

    assert told.status_code == status
    assert told.headers["content-type"] == "application/problem+json"
    assert said in told.json()["detail"]
    assert "secret" not in told.text
    assert (told.headers.get("retry-after") == "10") is (status == 503)
    assert told.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "accept", "page"),
    [
        ("/nowhere", "text/html", True),
        ("/nowhere", "*/*", False),
        ("/fr/lieu/999", "*/*", True),
        ("/fr/lieu/999", "application/json", False),
        ("/api/series/999.csv", "text/html", False),
        ("/v1.1/Things(999)", "text/html", False),
    ],
)
def test_people_get_a_page_and_programs_a_problem(ask: Any, path: str, accept: str, page: bool) -> None:
    """By the address and by what is accepted."""
    told = ask(path, headers={"accept": accept})

    assert told.status_code == 404
    assert told.headers["content-type"].startswith("text/html" if page else "application/problem+json")


def test_a_wrong_parameter_is_named(ask: Any) -> None:
    """Never 422, and which one it was."""
    told = ask("/api/series/1.csv?excel=maybe")

    assert told.status_code == 400
    assert told.json()["detail"].startswith("excel: ")


def test_a_method_that_is_not_offered(ask: Any) -> None:
    """405 with what is."""
    told = ask("/api/places", method="POST")

    assert told.status_code == 405
    assert "GET" in told.headers["allow"]
    assert told.headers["content-type"] == "application/problem+json"
