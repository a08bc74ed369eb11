"""What every answer obeys, on an application of three lines."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from api.edge import Edge
from api.settings import ApiSettings


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Says hello, or sleeps, or streams for ever."""
    path = Request(scope).url.path
    if path == "/slow":
        await asyncio.sleep(30)
    if path == "/stream":
        await StreamingResponse(iter([b"a", b"b", b"c"]))(scope, receive, send)
        return
    await PlainTextResponse("hello", headers={"X-Method": scope["method"]})(scope, receive, send)


@pytest.fixture
def client(asker: Callable[[Any], Any]) -> Any:
    """The application behind an edge that is soon impatient."""
    return asker(Edge(application, ApiSettings(deadline_s=0.05, stall_s=0.05)))


def test_every_answer_is_open_to_scripts_and_closed_to_frames(client: Any) -> None:
    """CORS for everybody, no sniffing, no framing, no referrer: the address of a preview is its key."""
    told = client("/").headers

    assert told["Access-Control-Allow-Origin"] == "*"
    assert {"ETag", "Link", "Retry-After"} <= {n.strip() for n in told["Access-Control-Expose-Headers"].split(",")}
    assert told["X-Content-Type-Options"] == "nosniff"
    assert told["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in told["Content-Security-Policy"]
    assert "script-src" not in told["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/stream"])
def test_head_is_get_without_its_body(client: Any, path: str) -> None:
    """The same headers, nothing after them."""
    head, get = client(path, "HEAD"), client(path)

    assert head.content == b""
    assert head.status_code == 200
    assert dict(head.headers) == dict(get.headers)


def test_preflights_are_answered_without_the_application(client: Any) -> None:
    """OPTIONS names the methods, whatever the address."""
    told = client(
        "/anything", "OPTIONS", headers={"Origin": "https://elsewhere", "Access-Control-Request-Method": "GET"}
    )

    assert told.status_code == 204
    assert "GET" in told.headers["Access-Control-Allow-Methods"]
    assert told.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_what_writes_is_refused(client: Any, method: str) -> None:
    """405 as a problem, with the methods that there are."""
    told = client("/", method)

    assert told.status_code == 405
    assert told.headers["content-type"] == "application/problem+json"
    assert told.headers["Allow"] == "GET, HEAD, OPTIONS"
    assert told.json()["status"] == 405


def test_what_is_too_long_goes_no_further(client: Any) -> None:
    """A long address is 414, a body 413, a length that is none 413."""
    assert client("/?" + "a" * 9000).status_code == 414
    assert client("/", content=b"x" * 70_000).status_code == 413
    assert client("/", headers={"Content-Length": "-1"}).status_code == 413


def test_who_waits_too_long_is_told_to_come_again(client: Any) -> None:
    """An answer that has not begun by the deadline is a 503 with Retry-After."""
    told = client("/slow")

    assert told.status_code == 503
    assert told.headers["Retry-After"]
    assert "0.05 s" in told.json()["detail"]


def exchange(edge: Edge, send: Callable[[Message], Awaitable[None]]) -> None:
    """One GET of a stream, sent to a client of our own."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/stream",
        "raw_path": b"/stream",
        "query_string": b"",
        "headers": [],
    }

    async def receive() -> Message:
        await asyncio.sleep(30)
        return {"type": "http.disconnect"}

    asyncio.run(edge(scope, receive, send))


def test_a_client_that_stalls_is_let_go() -> None:
    """Who takes nothing for a while holds no connection: the exchange ends, without an error in the log."""
    sent: list[str] = []

    async def stalls(message: Message) -> None:
        sent.append(message["type"])
        if message["type"] == "http.response.body":
            await asyncio.sleep(30)

    exchange(Edge(application, ApiSettings(stall_s=0.05)), stalls)

    assert sent == ["http.response.start", "http.response.body"]


def test_a_stream_may_take_longer_than_the_deadline() -> None:
    """The deadline is for the beginning of an answer: slow readers of long files are welcome."""
    bodies: list[bytes] = []

    async def slowly(message: Message) -> None:
        await asyncio.sleep(0.02)
        if message["type"] == "http.response.body":
            bodies.append(message["body"])

    exchange(Edge(application, ApiSettings(deadline_s=0.04, stall_s=5)), slowly)

    assert b"".join(bodies) == b"abc"


def test_other_scopes_pass_through() -> None:
    """The lifespan is none of its business."""
    seen = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(0)
        seen.append(scope["type"])

    asyncio.run(Edge(inner, ApiSettings())({"type": "lifespan"}, None, None))  # type: ignore[arg-type]

    assert seen == ["lifespan"]
