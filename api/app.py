"""The public side as one ASGI application: routes, refusals and the edge, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from api.atelier.port import Workshop
from api.atelier.routes import atelier_routes
from api.catalogue import Catalogue
from api.description import description_routes
from api.edge import Edge
from api.front import Front
from api.probes import probe_routes
from api.readings import Desk, Readings
from api.refusals import refuse_in_one_form
from api.schemas import REFUSALS
from api.sensorthings.routes import sensorthings_routes
from api.settings import ApiSettings
from api.tabular import tabular_routes
from api.web.private import private_routes
from api.web.routes import Pages, page_routes
from devices.quantity import Quantity
from gateway.registry import Registry
from gateway.store.port import Reader

ABOUT = """\
Readings of low-cost sensors in a city, open to all: no key, no registration, no cookie.

Times are UTC, units are UCUM, every reading has its QARTOD flag (1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing),
and every answer names its licence and its attribution. Errors are `application/problem+json` (RFC 9457)."""


def create_app(
    *,
    registry: Registry,
    store: Reader,
    quantities: Mapping[str, Quantity],
    settings: ApiSettings | None = None,
    workshop: Workshop | None = None,
) -> FastAPI:
    """The application; who opened the registry and the store closes them after it has stopped. Without a workshop it has no atelier."""
    settings = settings or ApiSettings()
    desk = Desk(short_in_loop=settings.store_reads == "loop")
    front = Front(Catalogue(registry, quantities), Readings(store), desk, settings)
    pages = Pages(front)

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    app = FastAPI(
        title="Girouette",
        summary="From a smart-city pilot to open data",
        description=ABOUT,
        version=version("girouette"),
        openapi_url=None,
        lifespan=living,
        responses=REFUSALS,
        redirect_slashes=False,
    )
    app.add_middleware(Edge, settings=settings)
    refuse_in_one_form(app, pages)
    app.include_router(tabular_routes(front))
    app.include_router(sensorthings_routes(front))
    app.include_router(probe_routes(front))
    app.include_router(description_routes(front, app))
    app.include_router(atelier_routes(front, workshop))
    app.include_router(private_routes(front, pages))
    app.include_router(page_routes(front, pages))
    return app
