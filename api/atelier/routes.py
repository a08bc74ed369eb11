"""The routes of the atelier. Every one of them asks at the door first; none is part of the public description."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.answers import JSON, PRIVATE, headers, ready, tag
from api.atelier.access import COOKIE, direct
from api.atelier.asked import read_asked, read_body
from api.atelier.door import Door, Visitor
from api.atelier.offer import drawing, offered
from api.atelier.pace import Pace
from api.atelier.pages import (
    BUNDLE,
    MAKE_PATH,
    READY_PATH,
    allowed,
    board_choices,
    card,
    drawings,
    embed,
    mark,
    read_asset,
    render,
    told_to_script,
)
from api.atelier.port import Made, Wanted, Workshop, WorkshopError
from api.atelier.refused import refusal
from api.atelier.shelf import Shelf
from api.front import Front
from api.links import links
from api.sensorthings.moments import iso
from api.web.routes import HTML, KEPT_FOR_EVER, SVG, preferred
from devices.pinout import load_pinouts
from devices.recipe import Recipe
from devices.refusal import SpokenError
from devices.words import LANGUAGES
from gateway.registry import RegistryAway

BYTES = "application/octet-stream"
SCRIPT = "text/javascript; charset=utf-8"
MOST_FORM_BYTES = 512


class Atelier:
    """The atelier of one public side; `workshop` is None where there is none."""

    def __init__(self, front: Front, workshop: Workshop) -> None:
        self.front, self.workshop = front, workshop
        self.door = Door(front, workshop.guests)
        self.shelf, self.pace = Shelf(), Pace()
        self.drawing = lru_cache(maxsize=256)(self._draw)

    def _draw(self, slug: str, board: str) -> bytes:
        recipe = self.recipe(slug)
        if board not in recipe.boards:
            raise WorkshopError("unknown_board", board=board, choices=", ".join(recipe.boards))
        return drawing(recipe, board).encode()

    def recipe(self, slug: str) -> Recipe:
        """The recipe of this name. Raises WorkshopError where there is none."""
        found = self.workshop.recipes.get(slug)
        if found is None:
            raise WorkshopError("unknown_recipe", recipe=slug)
        return found

    def base(self, request: Request) -> str:
        """The path before all of ours where a proxy puts us below one; empty for a browser at this machine, where none stands between."""
        if direct(request):
            return ""
        return urlsplit(links(request, self.front.settings).base).path.rstrip("/")

    def shown(self, request: Request, paths: Mapping[str, str]) -> dict[str, Any]:
        """What every page of the atelier is given."""
        base = self.base(request)
        bundle = read_asset(f"atelier/{BUNDLE}")
        return {
            "mode": "server", "base": base, "inside": True, "note": "", "built": bundle is not None, "mark": mark(),
            "others": {lang: base + path for lang, path in paths.items()},
        }  # fmt: skip

    def make_page(self, request: Request, lang: str) -> bytes:
        """The page on which a sensor is made."""
        recipes, base = list(self.workshop.recipes.values()), self.base(request)

        def drawn(recipe: Recipe, board: str) -> str:
            return f"{base}/atelier/drawings/{recipe.slug}/{board}.svg"

        return render(
            "make", lang, **self.shown(request, MAKE_PATH), cards=[card(r, lang, drawn) for r in recipes],
            boards=board_choices(recipes, lang), drawings=drawings(recipes, lang, drawn, load_pinouts()),
            embedded=embed(told_to_script(recipes, lang, mode="server", base=base)),
        ).encode()  # fmt: skip

    def ready_page(self, request: Request, lang: str) -> bytes:
        """The page on which a PC is tried before anything is plugged in."""
        told = told_to_script([], lang, mode="server", base=self.base(request))
        origin = self.origin(request)
        return render(
            "ready",
            lang,
            **self.shown(request, READY_PATH),
            embedded=embed(told),
            origin=origin,
            allowed=allowed(origin),
        ).encode()

    def origin(self, request: Request) -> str:
        """The origin that browsers' policies name: the public one where it is set."""
        at = urlsplit(links(request, self.front.settings).base)
        return f"{at.scheme}://{at.netloc}"

    async def make(self, visitor: Visitor, wanted: Wanted) -> Made:
        """A board of somebody's. Raises WorkshopError, and what the workshop raises: nothing was spent then, of the room's pace neither."""
        with contextlib.ExitStack() as undone:
            if visitor.guest is not None:
                self.workshop.guests.spend(visitor.guest)
                undone.callback(self.workshop.guests.give_back, visitor.guest)
            if wait_s := self.pace.wait_s(self.front.now_s()):
                raise WorkshopError("too_fast", wait_s=wait_s)
            undone.callback(self.pace.give_back)
            made = await run_in_threadpool(self.workshop.make, wanted, by=visitor.name)
            undone.pop_all()
        return made

    def lay(self, request: Request, visitor: Visitor, made: Made) -> dict[str, Any]:
        """The answer to who asked for a board, whose pieces wait on the shelf from now on."""
        parts, base = [], self.base(request)
        for piece in made.pieces:
            sha256 = self.shelf.lay(piece, visitor.name, self.front.now_s())
            parts.append({
                "name": piece.name, "offset": piece.offset, "size": len(piece.content), "sha256": sha256,
                "url": f"{base}/atelier/parts/{sha256}",
            })  # fmt: skip
        return {
            "device": made.device, "page": self.whole(request, made.page), "expires_s": made.expires_s, "parts": parts,
            "networks": made.networks, "todo": made.todo,
        }  # fmt: skip

    def whole(self, request: Request, page: str) -> str:
        """The address of a page, as this browser reaches it where no public address is set."""
        return f"{links(request, self.front.settings).base}{page}" if page.startswith("/") else page

    def own(self, visitor: Visitor, device: str) -> None:
        """Afterwards the device was made here, by this visitor or by anybody where they sit at this machine; WorkshopError else."""
        owner = self.workshop.owner(device)
        if owner is None or (visitor.guest is not None and owner != visitor.name):
            raise WorkshopError("unknown_device", device=device[:40])


def private(body: bytes, media: str, *, status: int = 200, lang: str | None = None) -> Response:
    """An answer that nobody keeps."""
    more = {} if lang is None else {"Content-Language": lang}
    return Response(body, status_code=status, media_type=media, headers=headers(cache=PRIVATE, more=more))


def told(value: object, status: int = 200) -> Response:
    """JSON that nobody keeps."""
    return private(msgspec.json.encode(value), JSON, status=status)


def atelier_routes(front: Front, workshop: Workshop | None) -> APIRouter:
    """The routes of the atelier; where there is none, each says so."""
    router = APIRouter(include_in_schema=False, default_response_class=Response)
    if workshop is None:
        router.add_api_route("/atelier", nowhere, methods=["GET", "POST"])
        router.add_api_route("/atelier/{_:path}", nowhere, methods=["GET", "POST"])
        for lang in LANGUAGES:
            router.add_api_route(MAKE_PATH[lang], nowhere)
            router.add_api_route(READY_PATH[lang], nowhere)
        return router
    atelier = Atelier(front, workshop)
    _entrance(router, atelier)
    _pages(router, atelier)
    _boards(router, atelier)
    return router


async def nowhere() -> Response:
    """There is no atelier here."""
    raise WorkshopError("no_atelier")


def _entrance(router: APIRouter, atelier: Atelier) -> None:
    @router.get("/atelier")
    async def anybody(request: Request) -> Response:
        lang = preferred(request.headers.get("accept-language", ""))
        return RedirectResponse(
            f"{atelier.base(request)}{MAKE_PATH[lang]}", 302, {"Vary": "Accept-Language", "Cache-Control": PRIVATE}
        )

    @router.get("/atelier/e/{link}")
    async def arrive(request: Request, link: str) -> Response:
        lang = preferred(request.headers.get("accept-language", ""))
        shown = {**atelier.shown(request, MAKE_PATH), "inside": False}
        return private(render("enter", lang, **shown, link=link[:128]).encode(), HTML)

    @router.post("/atelier/enter")
    async def enter(request: Request) -> Response:
        atelier.door.same_origin(request)
        body = await read_body(request, MOST_FORM_BYTES)
        link = parse_qs(body.decode(errors="replace")).get("link", [""])[0]
        now_s = atelier.front.now_s()
        cookie, guest = await run_in_threadpool(atelier.workshop.guests.enter, link, now_s)
        lang = preferred(request.headers.get("accept-language", ""))
        answer = RedirectResponse(f"{atelier.base(request)}{MAKE_PATH[lang]}", 303, {"Cache-Control": PRIVATE})
        answer.set_cookie(
            COOKIE, cookie, max_age=max(1, int(guest.until_s - now_s)), path="/", httponly=True, samesite="strict",
            secure=atelier.door.encrypted(request) and not direct(request),
        )  # fmt: skip
        return answer


def _pages(router: APIRouter, atelier: Atelier) -> None:
    for lang in LANGUAGES:
        _page(router, MAKE_PATH[lang], atelier, lang, atelier.make_page)
        _page(router, READY_PATH[lang], atelier, lang, atelier.ready_page)

    @router.get("/static/atelier/{name}")
    async def bundle(request: Request, name: str) -> Response:
        body = read_asset(f"atelier/{BUNDLE}") if name == BUNDLE else None
        if body is None:
            raise WorkshopError("not_built")
        return ready(request, body, SCRIPT, headers(cache=KEPT_FOR_EVER, etag=tag(body)))

    @router.get("/atelier/recipes.json")
    async def recipes(request: Request) -> Response:
        atelier.door.visitor(request)
        return told(offered(atelier.workshop.recipes.values(), base=atelier.base(request)))

    @router.get("/atelier/drawings/{slug}/{board}.svg")
    async def drawing(request: Request, slug: str, board: str) -> Response:
        atelier.door.visitor(request)
        body = atelier.drawing(slug, board)
        return ready(request, body, SVG, headers(cache="private, max-age=3600", etag=tag(body)))


def _page(router: APIRouter, path: str, atelier: Atelier, lang: str, make: Callable[[Request, str], bytes]) -> None:
    @router.get(path)
    async def page(request: Request) -> Response:
        atelier.door.visitor(request)
        return private(await run_in_threadpool(make, request, lang), HTML, lang=lang)


def _boards(router: APIRouter, atelier: Atelier) -> None:
    @router.post("/atelier/boards")
    async def make(request: Request) -> Response:
        visitor = atelier.door.maker(request)
        wanted = await read_asked(request)
        try:
            made = await atelier.make(visitor, wanted)
        except WorkshopError:
            raise
        except SpokenError as e:
            return refusal(request, e, status=503 if isinstance(e, RegistryAway) else 422)
        return told(atelier.lay(request, visitor, made), 201)

    @router.get("/atelier/parts/{sha256}")
    async def part(request: Request, sha256: str) -> Response:
        visitor = atelier.door.visitor(request)
        body = atelier.shelf.take(sha256, visitor.name, atelier.front.now_s())
        if body is None:
            raise WorkshopError("part_gone")
        return private(body, BYTES)

    @router.get("/atelier/boards/{device}")
    async def board(request: Request, device: str) -> Response:
        atelier.own(atelier.door.visitor(request), device)
        first = await run_in_threadpool(atelier.workshop.first_reading, device)
        reading = first and {"time": iso(first.time_s), "values": first.values}
        return told({"first_reading": reading, "page": atelier.whole(request, atelier.workshop.page(device))})

    @router.get("/atelier/boards/{device}/label.svg")
    async def label(request: Request, device: str) -> Response:
        atelier.own(atelier.door.visitor(request), device)
        lang = preferred(request.headers.get("accept-language", ""))
        return private(atelier.workshop.label(device, lang).encode(), SVG)
