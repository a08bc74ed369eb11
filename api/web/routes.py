"""The routes of the pages, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from importlib.resources import files
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.answers import headers, keeping, licence_links, link, ready, tag
from api.catalogue import View
from api.front import Front
from api.licences import licence_name, licence_url
from api.links import links
from api.problems import NotThere
from api.web.charts import STRETCHES, Stretch
from api.web.pages import (
    PLACE_PATH,
    PREVIEW_PATH,
    QUALITY_PATH,
    USE_PATH,
    choices,
    place_parts,
    place_path,
    sections,
    zone_of,
)
from api.web.speech import Speech
from devices.words import LANGUAGES, catalogue, say
from gateway.registry import Place

HTML = "text/html; charset=utf-8"
FLAGGED, HAPPENED, CORRECTED = ("spike", "rate", "flat"), ("jump", "shared"), ("corrected",)
"""The drawn examples, as api/web/examples.py makes them."""
KEPT_FOR_EVER = "public, max-age=31536000, immutable"
SVG = "image/svg+xml"
ASSETS = {
    **dict.fromkeys(("style.css", "atelier.css"), "text/css; charset=utf-8"),
    "icon.svg": SVG,
    **{f"example-{name}.svg": SVG for name in (*FLAGGED, *HAPPENED, *CORRECTED)},
}
Stretched = Annotated[
    Literal["24h", "7d", "30d", "1y"], Query(alias="range", description="How much of the past is drawn")
]


class Pages:
    """Templates and assets, read once."""

    def __init__(self, front: Front) -> None:
        self.front = front
        folder = files("api.web").joinpath("static")
        self.assets = {name: folder.joinpath(name).read_bytes() for name in ASSETS}
        self.mark = blake2b(b"".join(self.assets.values()), digest_size=6).hexdigest()
        self._templates = Environment(
            loader=PackageLoader("api.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(self, request: Request, name: str, lang: str, view: View | None, **shown: object) -> bytes:
        """One page as bytes; `others` among the values are its addresses in both languages."""
        base = links(request, self.front.settings).base
        speech = shown.pop("speech", None) or Speech(lang, ZoneInfo("UTC"))
        template = self._templates.get_template(name)
        text = template.render(
            w=lambda key, **values: say(f"pages.{key}", lang, **values),
            lang=lang,
            languages=LANGUAGES,
            base=base,
            mark=self.mark,
            pilots=view.pilots if view is not None else (),
            licence_of=licence_url,
            licence_called=licence_name,
            private=view is not None and view.key is not None,
            speech=speech,
            use_path=USE_PATH[lang],
            quality_path=QUALITY_PATH[lang],
            **shown,
        )
        return text.encode()

    def answer(self, request: Request, view: View, body: bytes) -> Response:
        """A page with its headers."""
        links = [*licence_links(view.pilots), link(self.front.links(request, view).to("/openapi.json"), "service-desc")]
        told = headers(cache=keeping(view), etag=tag(body), link=links, more={"Content-Language": _lang_of(body)})
        return ready(request, body, HTML, told)

    def home(self, request: Request, lang: str, quantity: str | None) -> Response:
        """The first page."""
        view, now_s = self.front.view(), self.front.now_s()
        base = self.front.links(request, view).base
        measured = {s.quantity.slug for s in view.shown.values()}
        chosen = quantity if quantity in measured else None
        latest = self.front.readings.latest(list(view.shown.values()))
        asked = f"?quantity={chosen}" if chosen else ""
        body = self.render(
            request,
            "home.html",
            lang,
            view,
            others={name: f"{base}/{name}/{asked}" for name in LANGUAGES},
            choices=choices(view, Speech(lang, ZoneInfo("UTC")), chosen),
            chosen=chosen,
            sections=sections(view, latest, lang=lang, now_s=now_s, base=base, chosen=chosen),
        )
        return self.answer(request, view, body)

    def place(self, request: Request, lang: str, view: View, place: Place, stretch: Stretch) -> Response:
        """The page of one place."""
        now_s, base = self.front.now_s(), self.front.links(request, view).base
        pilot = view.by_place[place.id][0].pilot
        speech = Speech(lang, zone_of(pilot))
        paths = place_path(view)
        others = {n: base + paths[n].format(id=place.id, key=view.key) + f"?range={stretch.name}" for n in LANGUAGES}
        body = self.render(
            request,
            "place.html",
            lang,
            view,
            speech=speech,
            others=others,
            here=base + paths[lang].format(id=place.id, key=view.key),
            place=place,
            linked=view.device,
            pilot=pilot,
            ranges=STRETCHES,
            stretch=stretch,
            parts=place_parts(view, place, self.front.readings, speech=speech, stretch=stretch, now_s=now_s),
            devices=sorted({s.device.id for s in view.by_place[place.id] if s.device is not None}),
            links=self.front.links(request, view),
            made_at=datetime.fromtimestamp(now_s, UTC),
        )
        return self.answer(request, view, body)

    def use(self, request: Request, lang: str) -> Response:
        """The page about reusing the data."""
        view = self.front.view()
        base = self.front.links(request, view).base
        others = {name: base + path for name, path in USE_PATH.items()}
        return self.answer(request, view, self.render(request, "use.html", lang, view, others=others))

    def quality(self, request: Request, lang: str) -> Response:
        """The page about flags, events and corrections, with its drawn examples."""
        view = self.front.view()
        base = self.front.links(request, view).base
        others = {name: base + path for name, path in QUALITY_PATH.items()}
        parts = (("flags", FLAGGED), ("events", HAPPENED), ("corrections", CORRECTED))
        said = {key: say(key, lang) for key in catalogue() if key.startswith("quality.")}
        body = self.render(request, "quality.html", lang, view, others=others, parts=parts, said=said)
        return self.answer(request, view, body)

    def error(self, request: Request, status: int, more: Mapping[str, str]) -> Response:
        """A problem as a page, in the language of the address, else in that of the browser."""
        lang, base = _spoken(request), links(request, self.front.settings).base
        others = {name: f"{base}/{name}/" for name in LANGUAGES}
        kind = status if status in {400, 404} else "other"
        body = self.render(request, "error.html", lang, None, others=others, kind=kind, status=status)
        told = {**more, "Cache-Control": "no-store", "Content-Language": lang, "Vary": "Accept, Accept-Language"}
        return Response(body, status_code=status, media_type=HTML, headers=told)


def _spoken(request: Request) -> str:
    path = request.url.path
    if path.startswith(("/en", "/preview/")):
        return "en"
    if path.startswith(("/fr", "/apercu/")):
        return "fr"
    return preferred(request.headers.get("accept-language", ""))


def _lang_of(body: bytes) -> str:
    return "fr" if b'<html lang="fr"' in body[:200] else "en"


def preferred(accepted: str) -> str:
    """The first of our languages that a browser asks for, French where it names none.

    >>> preferred("de, en-GB;q=0.8, fr;q=0.5")
    'en'
    """
    asked: list[tuple[float, str]] = []
    for part in accepted.split(","):
        name, _, weight = part.strip().partition(";q=")
        lang = name.strip().lower()[:2]
        if lang in LANGUAGES:
            asked.append((float(weight) if weight.replace(".", "", 1).isdigit() else 1.0, lang))
    return max(asked, key=lambda a: a[0])[1] if asked else "fr"


def page_routes(front: Front, pages: Pages) -> APIRouter:
    """The routes of the pages and of what they are dressed in."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def anybody(request: Request) -> Response:
        lang = preferred(request.headers.get("accept-language", ""))
        to = f"{links(request, front.settings).base}/{lang}/"
        return RedirectResponse(to, 302, {"Vary": "Accept-Language", "Cache-Control": "private, max-age=300"})

    @router.get("/static/{name}")
    async def asset(request: Request, name: str) -> Response:
        return _asset(request, pages.assets, name)

    for lang in LANGUAGES:
        _in_one_language(router, front, pages, lang)
    return router


def _in_one_language(router: APIRouter, front: Front, pages: Pages, lang: str) -> None:
    @router.get(f"/{lang}")
    @router.get(f"/{lang}/")
    async def home(request: Request, quantity: str | None = None) -> Response:
        return await front.desk.short(lambda: pages.home(request, lang, quantity))

    @router.get(PLACE_PATH[lang].replace("{id}", "{place_id}"))
    async def place(request: Request, place_id: int, span: Stretched = "24h") -> Response:
        view = front.view()
        if place_id not in view.places:
            raise NotThere(f"there is no public place {place_id}; /api/places lists them all")
        return await front.desk.long(lambda: pages.place(request, lang, view, view.places[place_id], STRETCHES[span]))

    @router.get(PREVIEW_PATH[lang])
    async def preview(request: Request, key: str, span: Stretched = "24h") -> Response:
        view, opened = front.opened(key)
        return await front.desk.long(lambda: pages.place(request, lang, view, opened, STRETCHES[span]))

    @router.get(QUALITY_PATH[lang])
    async def quality(request: Request) -> Response:
        return pages.quality(request, lang)

    @router.get(USE_PATH[lang])
    async def use(request: Request) -> Response:
        return pages.use(request, lang)


def _asset(request: Request, assets: Mapping[str, bytes], name: str) -> Response:
    if name not in assets:
        raise NotThere(f"there is no {name} here")
    body = assets[name]
    return ready(request, body, ASSETS[name], headers(cache=KEPT_FOR_EVER, etag=tag(body)))
