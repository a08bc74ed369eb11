"""Is it alive, and can it answer? Asked by supervisors, containers and operators."""

from __future__ import annotations

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from api.answers import JSON
from api.front import Front
from api.schemas import json_answer

NEVER = {"Cache-Control": "no-store"}
STATUS = {"type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}}


def probe_routes(front: Front) -> APIRouter:
    """The routes `/healthz` and `/readyz`."""
    router = APIRouter(tags=["Probes"], default_response_class=Response)

    @router.get("/healthz", summary="Is the process alive?", responses=json_answer("It is", STATUS))
    async def alive() -> Response:
        """200 whenever the event loop turns, whatever the store does."""
        return _told("alive")

    @router.get("/readyz", summary="Can it answer?", responses=json_answer("It can", STATUS))
    async def ready() -> Response:
        """200 once the registry and the store have just answered, else 503 and a sentence that says which did not."""
        await front.desk.long(front.answers)
        return _told("ready")

    return router


def _told(status: str) -> Response:
    return Response(msgspec.json.encode({"status": status}), media_type=JSON, headers=NEVER)
