"""What the page's script asks for, read or refused with a sentence."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request

from api.atelier.port import Point, Wanted, WorkshopError

MOST_BYTES = 4096
Slug = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[a-z0-9_+-]+$")]
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]


class AskedPlace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the board is going to be."""

    name: Name
    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /atelier/boards`."""

    recipe: Slug
    board: Slug
    chip: Annotated[str, Meta(min_length=1, max_length=40)]
    flash_bytes: Annotated[int, Meta(ge=1 << 20, le=1 << 28)]
    name: Annotated[str, Meta(max_length=32)] | None = None
    place: AskedPlace | None = None
    seat: Annotated[int, Meta(ge=1, le=999)] | None = None


async def read_asked(request: Request) -> Wanted:
    """What is asked for. Raises WorkshopError where the body is too long, or none of ours."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != "application/json":
        raise WorkshopError("not_json")
    body = await read_body(request, MOST_BYTES)
    try:
        asked = msgspec.json.decode(body, type=Asked)
    except (msgspec.MsgspecError, UnicodeDecodeError) as e:
        raise WorkshopError("bad_request", why=e) from e
    at = asked.place
    place = None if at is None else Point(at.name, at.lat, at.lon)
    return Wanted(asked.recipe, asked.board, asked.chip, asked.flash_bytes, asked.name or None, place)


async def read_body(request: Request, most: int) -> bytes:
    """The body, however it comes. Raises WorkshopError where it is longer than `most` bytes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise WorkshopError("too_long")
    return bytes(body)
