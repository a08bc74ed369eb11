"""Every refusal in one form: problem+json for programs, a page in their language for people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.atelier.port import WorkshopError
from api.atelier.refused import refuse
from api.edge import STANDING
from api.problems import Problem, problem_response
from api.web.routes import Pages
from gateway.registry import RegistryError
from gateway.store.port import StoreError

PAGES = ("/fr", "/en", "/apercu/", "/preview/")
PROGRAMS = ("/api/", "/v1.1/", "/healthz", "/readyz", "/openapi.json", "/static/")
RETRY = {"Retry-After": "10"}
Handler = Callable[[Request, Exception], Awaitable[Response]]
log = structlog.get_logger("api")


def refuse_in_one_form(app: FastAPI, pages: Pages) -> None:
    """Afterwards whatever a route raises is answered with a problem, or with a page where a person asks."""

    def answered(told: Callable[[Exception], tuple[int, str, dict[str, str]]]) -> Handler:
        async def handle(request: Request, error: Exception) -> Response:
            status, detail, more = told(error)
            if for_people(request):
                return pages.error(request, status, more)
            return problem_response(status, detail, more)

        return handle

    app.add_exception_handler(WorkshopError, refuse)
    app.add_exception_handler(Problem, answered(_of_ours))
    app.add_exception_handler(RequestValidationError, answered(_of_parameters))
    app.add_exception_handler(HTTPException, answered(_of_the_router))
    app.add_exception_handler(StoreError, answered(_of_the_store))
    app.add_exception_handler(RegistryError, answered(_of_the_registry))
    app.add_exception_handler(Exception, answered(_of_nobody))


def for_people(request: Request) -> bool:
    """Does a browser ask, for something that is not made for programs?"""
    path, accepted = request.url.path, request.headers.get("accept", "*/*")
    if path.startswith(PROGRAMS) or path in {"/api", "/v1.1"}:
        return False
    return "text/html" in accepted or (path.startswith(PAGES) and "*/*" in accepted)


def _of_ours(error: Exception) -> tuple[int, str, dict[str, str]]:
    assert isinstance(error, Problem)
    return error.status, error.detail, error.headers


def _of_parameters(error: Exception) -> tuple[int, str, dict[str, str]]:
    assert isinstance(error, RequestValidationError)
    wrong = (f"{e['loc'][-1]}: {str(e['msg'])[:1].lower()}{str(e['msg'])[1:]}" for e in error.errors())
    return 400, "; ".join(wrong), {}


def _of_the_router(error: Exception) -> tuple[int, str, dict[str, str]]:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.NOT_FOUND:
        return 404, "there is nothing at this address; /openapi.json lists what there is", {}
    return error.status_code, error.detail, dict(error.headers or {})


def _of_the_store(error: Exception) -> tuple[int, str, dict[str, str]]:
    log.warning("store away", error=str(error))
    return 503, "the store of the readings does not answer now; try again later", RETRY


def _of_the_registry(error: Exception) -> tuple[int, str, dict[str, str]]:
    log.warning("registry away", error=str(error))
    return 503, "the registry of places and series does not answer now; try again later", RETRY


def _of_nobody(_: Exception) -> tuple[int, str, dict[str, str]]:
    """Starlette answers this outside every middleware, and raises it again for the log: hence the standing headers."""
    return 500, "something broke here; it is in our log, and trying again later may help", dict(STANDING)
