"""Ready answers: bytes with their ETag, how long they may be kept, and what they are linked to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

from api.catalogue import View
from api.licences import licence_url
from gateway.registry import Pilot

PUBLIC_LIVE = "public, max-age=10, stale-while-revalidate=60"
PUBLIC_SLOW = "public, max-age=300"
PRIVATE = "private, no-store"
JSON = "application/json"


def keeping(view: View, public: str = PUBLIC_LIVE) -> str:
    """The Cache-Control of an answer: what a key opened is never kept."""
    return public if view.key is None else PRIVATE


def tag(*parts: object) -> str:
    """A weak ETag over whatever the answer depends on."""
    digest = blake2b(digest_size=12)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\0")
    return f'W/"{digest.hexdigest()}"'


def known(request: Request, etag: str) -> bool:
    """Does the client hold this very answer?"""
    held = request.headers.get("if-none-match", "")
    return held.strip() == "*" or etag.removeprefix("W/") in {h.strip().removeprefix("W/") for h in held.split(",")}


def headers(
    *, cache: str, etag: str | None = None, link: Sequence[str] = (), more: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The headers that every answer with a body shares."""
    told = {"Cache-Control": cache, **(more or {})}
    if etag is not None and cache != PRIVATE:
        told["ETag"] = etag
    if cache == PRIVATE:
        told["X-Robots-Tag"] = "noindex"
    if link:
        told["Link"] = ", ".join(link)
    return told


def ready(request: Request, body: bytes | Callable[[], bytes], media: str, told: Mapping[str, str]) -> Response:
    """The whole answer, made now where it is not yet, or 304 where the client holds it."""
    etag = told.get("ETag")
    if etag is not None and known(request, etag):
        return Response(status_code=304, headers=dict(told))
    return Response(body if isinstance(body, bytes) else body(), media_type=media, headers=dict(told))


def licence_links(pilots: Iterable[Pilot]) -> list[str]:
    """`Link` values of the licences of what is told."""
    urls = dict.fromkeys(url for p in pilots if (url := licence_url(p.licence)) is not None)
    return [link(url, "license") for url in urls]


def link(target: str, relation: str, **more: str) -> str:
    """One value of a `Link` header (RFC 8288)."""
    return f'<{target}>; rel="{relation}"' + "".join(f'; {name}="{value}"' for name, value in more.items())
