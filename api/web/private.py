"""The page of a device by its unguessable link: private until the device is public, and the way to its public page then."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.answers import PRIVATE
from api.catalogue import PUBLIC
from api.front import Front
from api.links import links
from api.web.charts import STRETCHES
from api.web.pages import DEVICE_PATH, PLACE_PATH
from api.web.routes import Pages, Stretched, preferred

RETIRED = "retired"
SEE_OTHER = 303
LABELLED = "/d/{key}"
"""What a label's QR code carries, under the public address."""


def private_routes(front: Front, pages: Pages) -> APIRouter:
    """The routes of devices' pages."""
    router = APIRouter(include_in_schema=False)

    @router.get(LABELLED)
    async def anybody(request: Request, key: str, span: Stretched = "24h") -> Response:
        lang = preferred(request.headers.get("accept-language", ""))
        return await _page(front, pages, request, key, lang, span)

    @router.get(DEVICE_PATH["fr"])
    async def french(request: Request, key: str, span: Stretched = "24h") -> Response:
        return await _page(front, pages, request, key, "fr", span)

    @router.get(DEVICE_PATH["en"])
    async def english(request: Request, key: str, span: Stretched = "24h") -> Response:
        return await _page(front, pages, request, key, "en", span)

    return router


async def _page(front: Front, pages: Pages, request: Request, key: str, lang: str, span: str) -> Response:
    """The private page while the device is not public; else the way to the public one. Raises NotThere."""
    if (place := published(front, key)) is not None:
        to = links(request, front.settings).base + PLACE_PATH[lang].format(id=place)
        return RedirectResponse(
            to, SEE_OTHER, {"Cache-Control": PRIVATE, "Vary": "Accept-Language", "X-Robots-Tag": "noindex"}
        )
    view, here = front.opened(key)
    answer = await front.desk.long(lambda: pages.place(request, lang, view, here, STRETCHES[span]))
    answer.headers["Vary"] = "Accept-Language"
    return answer


def published(front: Front, key: str) -> int | None:
    """The public place where the device of this link stands, or stood last; None while it is private. Raises NotThere.

    A device that is retired or revoked shows nothing in private any more: its label leads to what is public of it.
    """
    device, place = front.catalogue.behind(key)
    seen = place if place in front.view().places else None
    return seen if device.stage in {PUBLIC, RETIRED} or device.revoked_s is not None else None
