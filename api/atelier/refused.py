"""How the atelier refuses: a sentence that says what to do, as a page for who opened an address, as a problem for the page's script."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from api.atelier.pages import mark, render
from api.atelier.port import WorkshopError
from api.problems import problem_response
from api.web.routes import HTML, preferred
from devices.refusal import SpokenError
from devices.words import LANGUAGES


async def refuse(request: Request, error: Exception) -> Response:
    """The answer to what the atelier refuses, in the language of the page that asked."""
    assert isinstance(error, WorkshopError)
    return refusal(request, error, status=error.status, wait_s=error.wait_s)


def refusal(request: Request, error: SpokenError, *, status: int, wait_s: int | None = None) -> Response:
    """The answer that says what to do."""
    lang = spoken_by(request)
    more = {"Content-Language": lang, "Vary": "Accept, Accept-Language, Cookie"}
    if wait_s is not None:
        more["Retry-After"] = str(wait_s)
    if "text/html" not in request.headers.get("accept", ""):
        return problem_response(status, error.said(lang), more)
    others = dict.fromkeys(LANGUAGES, "")
    shown = {"mode": "server", "base": "", "inside": False, "note": "", "mark": mark(), "others": others}
    body = render("refused", lang, **shown, sentence=error.said(lang))
    told = {**more, "Cache-Control": "private, no-store"}
    return Response(body.encode(), status_code=status, media_type=HTML, headers=told)


def spoken_by(request: Request) -> str:
    """The language of an address, else the first that the browser asks for."""
    start = request.url.path[1:3]
    return (
        start
        if request.url.path[3:4] == "/" and start in LANGUAGES
        else preferred(request.headers.get("accept-language", ""))
    )
