"""What the gateway tells of itself over HTTP, on loopback: is it alive, can it keep what comes, and its figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

NEVER = {"Cache-Control": "no-store"}


class Told(Protocol):
    """What is asked of a pipeline."""

    def ready(self) -> str | None:
        """None when packs are taken and kept, else a sentence that says why not."""
        ...

    def figures(self) -> Mapping[str, object]:
        """Its own figures by name."""
        ...


def probes(told: Told) -> Starlette:
    """`/healthz`: 200 while the loop turns; `/readyz`: 200, or 503 with the reason; `/figures`: the numbers."""

    async def alive(_: Request) -> Response:
        return answer({"status": "alive"})

    async def ready(_: Request) -> Response:
        why = told.ready()
        return answer({"status": "ready"}) if why is None else answer({"status": "not ready", "why": why}, 503)

    async def figures(_: Request) -> Response:
        return answer(told.figures())

    routes: dict[str, Callable[[Request], object]] = {"/healthz": alive, "/readyz": ready, "/figures": figures}
    return Starlette(routes=[Route(path, route, methods=["GET", "HEAD"]) for path, route in routes.items()])


def answer(content: Mapping[str, object], status: int = 200) -> Response:
    """A JSON answer that nobody keeps."""
    return JSONResponse(dict(content), status, headers=NEVER)
