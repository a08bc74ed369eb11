"""The plain routes: latest readings as GeoJSON, places, series and quantities as JSON, whole series as CSV and JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api import schemas
from api.answers import JSON, PUBLIC_SLOW, headers, keeping, licence_links, ready, tag
from api.bounds import Bounds, From, To, read_bounds
from api.catalogue import Shown, View
from api.corrected import newest_corrected
from api.events import events_csv, events_json
from api.formats import EXCEL, PLAIN
from api.front import Front, Key
from api.geojson import MEDIA as GEOJSON
from api.geojson import latest_geojson, latest_tag
from api.listings import places_body, quantities_body, series_body
from api.percentiles import Percentiles, read_percentiles
from api.problems import Malformed
from api.quality import quality_body
from api.table import CSV, Table, csv_answer, json_answer
from gateway.store.port import Tier

Number = Annotated[int, Path(description="The number of a series, as `/api/series` lists them", examples=[1])]
Tiers = Annotated[
    Tier,
    Query(description="Every reading (`raw`), or windows of a minute (`m1`), an hour (`h1`) or a local day (`d1`)"),
]
Moment = Annotated[str, Path(description="The time of a reading", examples=["2026-11-25T10:00:00Z"])]
Excel = Annotated[
    Literal["0", "1"], Query(description="1: as French Excel wants it: semicolons, decimal commas, a byte order mark")
]


def only(*names: str) -> Any:
    """A dependency that refuses every other query parameter, and any that is given twice."""

    def check(request: Request) -> None:
        asked = [name for name, _ in request.query_params.multi_items()]
        for name in asked:
            if name not in names:
                raise Malformed(f"there is no parameter {name!r} here; there are {', '.join(names)}")
            if asked.count(name) > 1:
                raise Malformed(f"{name} is given twice")

    return Depends(check)


def tabular_routes(front: Front) -> APIRouter:
    """The routes below `/api`."""
    router = APIRouter(prefix="/api", tags=["Plain"], default_response_class=Response)
    _latest(router, front)
    _listings(router, front)
    _tables(router, front)
    _quality(router, front)
    return router


def _latest(router: APIRouter, front: Front) -> None:
    told = schemas.answer("A Feature a place", GEOJSON, schemas.GEOJSON)

    @router.get("/latest.geojson", summary="The newest readings", responses=told, dependencies=[only("key")])
    async def latest(request: Request, key: Key = None) -> Response:
        """The newest reading of every public series on a map, with its age and what its flag means (RFC 7946)."""
        view, now_s = front.view(key), front.now_s()
        rows = await front.desk.short(lambda: front.readings.latest(list(view.shown.values())))
        links = front.links(request, view)
        told = headers(cache=keeping(view), etag=latest_tag(view, rows, now_s, links), link=licence_links(view.pilots))
        corrected = newest_corrected(front.readings, view, rows)
        return ready(request, lambda: latest_geojson(view, rows, corrected, now_s, links), GEOJSON, told)


def _listings(router: APIRouter, front: Front) -> None:
    def listed(request: Request, view: View, body: dict[str, object]) -> Response:
        encoded = msgspec.json.encode(body)
        told = headers(cache=keeping(view, PUBLIC_SLOW), etag=tag(encoded), link=licence_links(view.pilots))
        return ready(request, encoded, JSON, told)

    one_a_place = schemas.json_answer("All public places", schemas.PLACES)

    @router.get("/places", summary="Places", responses=one_a_place, dependencies=[only("key")])
    async def places(request: Request, key: Key = None) -> Response:
        """Where something is measured."""
        view = front.view(key)
        return listed(request, view, places_body(view, front.links(request, view)))

    one_a_series = schemas.json_answer("All public series", schemas.ALL_SERIES)

    @router.get("/series", summary="Series", responses=one_a_series, dependencies=[only("key")])
    async def series(request: Request, key: Key = None) -> Response:
        """What is measured where, in which unit, and the addresses of its readings."""
        view = front.view(key)
        return listed(request, view, series_body(view, front.links(request, view)))

    catalogue = schemas.json_answer("All quantities", schemas.QUANTITIES)

    @router.get("/quantities", summary="Quantities", responses=catalogue, dependencies=[only()])
    async def quantities(request: Request) -> Response:
        """What can be measured: names, units, how readings are condensed, thresholds of the automatic checks."""
        return listed(request, front.view(), quantities_body(front.catalogue.quantities))


def _tables(router: APIRouter, front: Front) -> None:
    asked = "from", "to", "tier", "percentiles"

    def table(view: View, series_id: int, bounds: Bounds, tier: Tier, percentiles: str | None) -> Table:
        shown = view.series(series_id)
        return Table(view, shown, bounds, tier, read_percentiles(percentiles, shown, tier))

    as_csv = schemas.answer("A row a reading or a window, oldest first", CSV, {"type": "string"})

    @router.get(
        "/series/{series_id}.csv",
        summary="A series as CSV",
        responses=as_csv,
        dependencies=[only(*asked, "excel", "key")],
    )
    async def series_csv(
        request: Request, series_id: Number, start: From = None, end: To = None, tier: Tiers = "raw",
        percentiles: Percentiles = None, excel: Excel = "0", key: Key = None,
    ) -> Response:  # fmt: skip
        """Every row says its unit, flag, completeness, licence and attribution; whole series are streamed."""
        dialect = EXCEL if excel == "1" else PLAIN
        wanted = table(front.view(key), series_id, read_bounds(start, end), tier, percentiles)
        return await csv_answer(request, front, wanted, dialect)

    as_json = schemas.json_answer("The same as JSON", schemas.ROWS)

    @router.get(
        "/series/{series_id}.json", summary="A series as JSON", responses=as_json, dependencies=[only(*asked, "key")]
    )
    async def series_json(
        request: Request, series_id: Number, start: From = None, end: To = None, tier: Tiers = "raw",
        percentiles: Percentiles = None, key: Key = None,
    ) -> Response:  # fmt: skip
        """`readings` at tier raw, `windows` at the others, oldest first; whole series are streamed."""
        wanted = table(front.view(key), series_id, read_bounds(start, end), tier, percentiles)
        return await json_answer(request, front, wanted)


def _quality(router: APIRouter, front: Front) -> None:
    def told(request: Request, view: View, shown: Shown, body: bytes, media: str = JSON) -> Response:
        about = headers(cache=keeping(view), etag=tag(body), link=licence_links([shown.pilot]))
        return ready(request, body, media, about)

    why = schemas.json_answer("What each test said, and why", schemas.QUALITY)

    @router.get(
        "/series/{series_id}/readings/{time}/quality", summary="Why a reading has its flag", responses=why,
        dependencies=[only("key")],
    )  # fmt: skip
    async def quality(request: Request, series_id: Number, time: Moment, key: Key = None) -> Response:
        """Every test with its flag; those that found it suspect or rejected it with value, threshold and a sentence."""
        view = front.view(key)
        shown, links = view.series(series_id), front.links(request, view)
        body = await front.desk.long(lambda: quality_body(front.readings, view, shown, time, links))
        return told(request, view, shown, body)

    asked = "from", "to", "key"
    as_json = schemas.json_answer("What the watch saw, oldest first", schemas.EVENTS)

    @router.get(
        "/series/{series_id}/events.json", summary="Events of a series", responses=as_json, dependencies=[only(*asked)]
    )
    async def all_json(
        request: Request, series_id: Number, start: From = None, end: To = None, key: Key = None
    ) -> Response:
        """What began in [from, to): kind, start, end, a sentence in both languages, and what neighbours make of it."""
        view, bounds = front.view(key), read_bounds(start, end)
        shown, links = view.series(series_id), front.links(request, view)
        body = await front.desk.long(lambda: events_json(front.readings, shown, bounds, links))
        return told(request, view, shown, body)

    as_csv = schemas.answer("A row an event, oldest first", CSV, {"type": "string"})

    @router.get(
        "/series/{series_id}/events.csv", summary="Events as CSV", responses=as_csv, dependencies=[only(*asked)]
    )
    async def all_csv(
        request: Request, series_id: Number, start: From = None, end: To = None, key: Key = None
    ) -> Response:
        """The same as a table."""
        view, bounds = front.view(key), read_bounds(start, end)
        shown = view.series(series_id)
        body = await front.desk.long(lambda: events_csv(front.readings, shown, bounds))
        return told(request, view, shown, body, CSV)
