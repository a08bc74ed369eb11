"""How the atelier refuses, and that a server without one says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.app import create_app
from devices.quantity import load_quantities


@pytest.mark.parametrize(
    "path", ["/atelier", "/fr/atelier", "/en/atelier/poste", "/atelier/recipes.json", "/atelier/e/abc"]
)
def test_a_server_without_an_atelier_says_so(room: Any, browse: Callable[..., Any], path: str) -> None:
    """404, and what to do instead; nothing may be posted there either."""
    app = create_app(registry=room.registry, store=room.store, quantities=load_quantities())
    who = browse(app)

    assert who(path, headers={"Accept-Language": "en"}).status_code == 404
    assert "girouette api" in who(path).json()["detail"]
    assert who.post("/atelier/boards", {}).status_code == 404


def test_a_refusal_is_escaped(room: Any, browse: Callable[..., Any]) -> None:
    """What the sentence quotes is text, whatever was asked for."""
    told = browse(room.app(), site="http://127.0.0.1.evil.example")(
        "/fr/atelier", headers={"Host": "<script>", "Accept": "text/html"}
    )

    assert told.status_code == 403
    assert "<script>" not in told.text
