"""The routes of SensorThings 1.1: the root, and one for every path below it."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, headers, keeping, licence_links, ready, tag
from api.catalogue import View
from api.front import Front, Key
from api.links import Links
from api.problems import Malformed, NotThere
from api.sensorthings import v11
from api.sensorthings.options import Options, read_options
from api.sensorthings.resource import Resource, read_resource
from api.sensorthings.service import Extents, Many, Service, Target, Value
from api.sensorthings.world import World

SPEC = "http://www.opengis.net/spec/iot_sensing/1.1/req/"
CONFORMANCE = (
    "datamodel",
    "resource-path/resource-path-to-entities",
    "request-data/status-code",
    "request-data/query-status-code",
    "request-data/order",
    "request-data/expand",
    "request-data/select",
    "request-data/orderby",
    "request-data/skip",
    "request-data/top",
    "request-data/count",
    "request-data/filter",
    "request-data/built-in-filter-operations",
    "request-data/pagination",
)
"""What is implemented. `built-in-query-functions` is not: of the functions of geometry there is only one."""
ABOUT = """\
OGC SensorThings 1.1, read profile: Thing = place, Sensor = device, Datastream = series, Observation = reading.

Sets: Things, Locations, HistoricalLocations, Datastreams, Sensors, ObservedProperties, Observations, FeaturesOfInterest.
Options: `$filter $orderby $top $skip $count $select $expand` (nested). An Observation's id is `series * 2^32 + time`.
Follow `@iot.nextLink` as it stands: its form may change."""


class Worlds:
    """The world of the public, kept while the registry's revision stands; that of a key is made for each request."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._kept: tuple[View, World] | None = None

    def of(self, view: View) -> World:
        """The world of a view."""
        if self._kept is not None and self._kept[0] is view:
            return self._kept[1]
        world = World(view, Extents(self._front.readings, view))
        if view.key is None:
            self._kept = view, world
        return world


def root_body(links: Links) -> dict[str, object]:
    """The service root: the eight sets, and what is implemented."""
    sets = [{"name": name, "url": links.to(f"/{v11.VERSION}/{name}")} for name in v11.SETS]
    return {"value": sets, "serverSettings": {"conformance": [SPEC + name for name in CONFORMANCE]}}


def sensorthings_routes(front: Front) -> APIRouter:
    """The routes below `/v1.1`."""
    router = APIRouter(prefix=f"/{v11.VERSION}", tags=["SensorThings 1.1"])
    worlds = Worlds(front)

    @router.get("", summary="The service root")
    @router.get("/", include_in_schema=False)
    async def root(request: Request, key: Key = None) -> Response:
        """The eight sets, and the parts of the standard that are implemented."""
        view = front.view(key)
        return _answer(request, view, root_body(front.links(request, view)))

    @router.get("/{path:path}", summary="Sets, entities, properties", description=ABOUT)
    async def resource(
        request: Request,
        path: Annotated[str, Path(description="For example `Things(1)/Datastreams`", examples=["Things"])],
        key: Key = None,
    ) -> Response:
        view = front.view(key)
        asked, options = read_resource(path), read_options(request.url.query)
        if not asked.steps:
            return _answer(request, view, root_body(front.links(request, view)))
        service = Service(worlds.of(view), front.readings, front.links(request, view), front.now_s())
        run = front.desk.short if is_light(asked, options) else front.desk.long
        return await run(lambda: _tell(request, view, service, asked, options))

    return router


def is_light(asked: Resource, options: Options) -> bool:
    """Is it known beforehand to take a few milliseconds: no filter, order or count, no Observations of many series?"""
    if options.filter is not None or options.order or options.count or options.skip:
        return False
    many = any(step.name == "Observations" and step.id is None for step in asked.steps)
    alone = len(asked.steps) > 1 and asked.steps[0].name == "Datastreams"
    return (not many or alone) and not _expands_observations(options)


def _expands_observations(options: Options) -> bool:
    return any(e.name == "Observations" or _expands_observations(e.options) for e in options.expand)


def _tell(request: Request, view: View, service: Service, asked: Resource, options: Options) -> Response:
    target = service.resolve(asked)
    path = f"/{v11.VERSION}/{'/'.join(_written(asked))}"
    if asked.ending == "$ref":
        return _answer(request, view, service.references(target, options, path + "/$ref"))
    if asked.ending == "$count":
        return _counted(service, target, options)
    if isinstance(target, Value):
        return _value(request, view, target, raw=asked.ending == "$value")
    if asked.ending:
        raise Malformed("$value follows a property, not an entity")
    return _answer(request, view, service.tell(target, options, path))


def _counted(service: Service, target: Target, options: Options) -> Response:
    if not isinstance(target, Many):
        raise NotThere("$count follows a set")
    counting = Options(filter=options.filter, count=True, top=0)
    told = service.tell(target, counting, "")
    return Response(str(told["@iot.count"]), media_type="text/plain")


def _written(asked: Resource) -> list[str]:
    return [s.name if s.id is None else f"{s.name}({s.id})" for s in asked.steps]


def _value(request: Request, view: View, target: Value, *, raw: bool) -> Response:
    if target.value is None:
        return Response(status_code=204, headers=headers(cache=keeping(view)))
    if not raw:
        return _answer(request, view, {target.name: target.value})
    is_text = isinstance(target.value, str)
    body = str(target.value).encode() if is_text else msgspec.json.encode(target.value)
    media = "application/json" if isinstance(target.value, dict | list) else "text/plain; charset=utf-8"
    return ready(request, body, media, headers(cache=keeping(view), etag=tag(body)))


def _answer(request: Request, view: View, told: dict[str, object]) -> Response:
    body = msgspec.json.encode(told)
    link = licence_links(view.pilots)
    return ready(request, body, JSON, headers(cache=keeping(view), etag=tag(body), link=link))
