"""The API described for programs: OpenAPI 3.1, with the address that the asker reached it by."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, PUBLIC_SLOW, headers, ready, tag
from api.front import Front
from api.links import links


def description_routes(front: Front, app: FastAPI) -> APIRouter:
    """The route `/openapi.json`."""
    router = APIRouter()

    @router.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        servers = [{"url": links(request, front.settings).base}]
        body = msgspec.json.encode({**app.openapi(), "servers": servers})
        return ready(request, body, JSON, headers(cache=PUBLIC_SLOW, etag=tag(body)))

    return router
