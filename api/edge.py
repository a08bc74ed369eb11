"""What every answer obeys, whatever route made it: methods, bounds, a deadline, CORS and security headers."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import problem_response
from api.settings import ApiSettings

METHODS = "GET, HEAD, OPTIONS"
WRITING = "GET, HEAD, POST, OPTIONS"
ATELIER = re.compile(r"/(?:(?:fr|en)/)?atelier(?:/.*)?", re.DOTALL)
"""What is nobody else's to read, and the only place where anything may be asked for."""
EXPOSED = "Link, ETag, Retry-After, Content-Disposition, Content-Length"
STANDING = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": EXPOSED,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
"""Headers of every answer. No referrer: the address of a preview is its key."""
CLOSED = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "serial=(self), camera=(), geolocation=(), microphone=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Headers of every answer of the atelier: its own script, a serial port where a person gives one, and no other page that reads it.

With `no-referrer` a browser says `Origin: null` of a form of ours, too, and nobody could enter by a link.
"""
PREFLIGHT = {
    "Allow": METHODS,
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "86400",
}


@dataclass(slots=True)
class _Outgoing:
    """The sending half of one exchange: adds the standing headers, drops the body of a HEAD."""

    send: Send
    head: bool
    stall_s: float
    standing: Mapping[str, str]
    started: bool = False
    closed: bool = False
    timer: asyncio.Timeout | None = field(default=None)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            if self.timer is not None:
                self.timer.reschedule(None)
            headers = MutableHeaders(scope=message)
            for name, value in self.standing.items():
                headers.setdefault(name, value)
        elif self.head and message["type"] == "http.response.body":
            if self.closed:
                return
            self.closed = True
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        try:
            async with asyncio.timeout(self.stall_s):
                await self.send(message)
        except TimeoutError:
            raise _StalledError from None


class _StalledError(Exception):
    """The client has taken nothing for too long."""


class Edge:
    """ASGI middleware: refuses what is too long, answers OPTIONS and HEAD, gives up after the deadline and on who stalls."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hand it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method = scope["method"]
        standing = CLOSED if in_the_atelier(scope) else STANDING
        outgoing = _Outgoing(send, head=method == "HEAD", stall_s=self.settings.stall_s, standing=standing)
        if (refusal := self._refusal(scope)) is not None:
            await refusal(scope, receive, outgoing)
            return
        if method == "HEAD":
            scope = {**scope, "method": "GET", "girouette.head": True}
        try:
            async with asyncio.timeout(self.settings.deadline_s) as outgoing.timer:
                await self.app(scope, receive, outgoing)
        except _StalledError:
            return
        except TimeoutError:
            if outgoing.started:
                raise
            outgoing.timer = None
            detail = f"no answer within {self.settings.deadline_s:g} s; ask for less, or try again later"
            await problem_response(503, detail, {"Retry-After": "10"})(scope, receive, outgoing)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        """The answer to what goes no further: a preflight, another method, too long an address or body."""
        closed = in_the_atelier(scope)
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers={"Allow": WRITING} if closed else PREFLIGHT)
        if scope["method"] not in {"GET", "HEAD"} and not (closed and scope["method"] == "POST"):
            return problem_response(405, "this API is read-only: GET, HEAD or OPTIONS", {"Allow": METHODS})
        length = len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"])
        if length > self.settings.max_url_bytes:
            limit = self.settings.max_url_bytes
            return problem_response(414, f"the address has {length} bytes, {limit} are taken; ask for less at a time")
        body = dict(scope["headers"]).get(b"content-length", b"0")
        if not body.isdigit() or int(body) > self.settings.max_body_bytes:
            return problem_response(413, "a body of this size is not taken; a GET needs none")
        return None


def in_the_atelier(scope: Scope) -> bool:
    """Is this address one of the atelier's?"""
    return ATELIER.fullmatch(scope["path"]) is not None
