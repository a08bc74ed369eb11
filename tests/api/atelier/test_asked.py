"""What the page's script asks for: read whole, or refused with a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

GOOD = {"recipe": "air", "board": "c6", "chip": "ESP32-C6", "flash_bytes": 4194304}


@pytest.mark.parametrize(
    "more",
    [
        {"recipe": None}, {"recipe": "../air"}, {"recipe": ""}, {"board": 6}, {"flash_bytes": "4194304"}, {"flash_bytes": 1}, {"chip": ""},
        {"chip": "x" * 41}, {"password": "mine"}, {"place": {"name": "Mairie", "lat": 91, "lon": 0}}, {"place": {"name": "Mairie"}},
        {"place": {"name": "Mai\u0000rie", "lat": 1, "lon": 0}}, {"place": [48, -1]}, {"name": "n" * 33}, {"seat": 0}, {"seat": True},
    ],
)  # fmt: skip
def test_what_is_none_of_our_requests_is_refused(room: Any, browse: Callable[..., Any], more: dict[str, Any]) -> None:
    """A field that is missing, too many, or of another kind; the sentence says what to do."""
    asked = {name: value for name, value in {**GOOD, **more}.items() if value is not None}

    told = browse(room.app()).post("/atelier/boards", asked)

    assert told.status_code == 400, told.text
    assert "rechargez la page" in told.json()["detail"]
    assert room.registry.devices() == []


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_a_form_of_another_page_is_not_json(room: Any, browse: Callable[..., Any], media: str) -> None:
    """What a page elsewhere could send without asking first is refused by its kind, too."""
    here = browse(room.app())

    told = here("/atelier/boards", "POST", content=b"{}", headers={"Origin": here.site, "Content-Type": media})

    assert told.status_code == 415


def test_a_long_body_goes_no_further(room: Any, browse: Callable[..., Any]) -> None:
    """With its length said beforehand, and without."""
    here = browse(room.app())
    headers = {"Origin": here.site, "Content-Type": "application/json"}

    async def dribbled() -> Any:
        for _ in range(9):
            yield b" " * 512

    assert here("/atelier/boards", "POST", content=b" " * 4097, headers=headers).status_code == 413
    assert here("/atelier/boards", "POST", content=dribbled(), headers=headers).status_code == 413
    assert here("/atelier/boards", "POST", content=b" " * 70_000, headers=headers).status_code == 413


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'"air"', b"[" * 2000])
def test_what_is_no_json_at_all_is_refused(room: Any, browse: Callable[..., Any], body: bytes) -> None:
    """With the same sentence."""
    here = browse(room.app())

    told = here(
        "/atelier/boards", "POST", content=body, headers={"Origin": here.site, "Content-Type": "application/json"}
    )

    assert told.status_code == 400
