"""Is it alive, and can it answer?"""

from __future__ import annotations

from typing import Any

import pytest

from gateway.store.port import StoreAway


def test_both_are_well(ask: Any) -> None:
    """200, and never kept."""
    for path, status in (("/healthz", "alive"), ("/readyz", "ready")):
        told = ask(path)
        assert (told.status_code, told.json()) == (200, {"status": status})
        assert told.headers["cache-control"] == "no-store"


def test_alive_but_not_ready_while_the_store_is_away(
    own_city: Any, asker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process lives; what it cannot do is told in a sentence."""
    ask = asker(own_city.app())

    def away(_: object) -> None:
        raise StoreAway("not_writable")

    monkeypatch.setattr(own_city.store, "latest", away)

    assert ask("/healthz").status_code == 200
    told = ask("/readyz")
    assert told.status_code == 503
    assert "the store of the readings" in told.json()["detail"]
