"""Errors as RFC 9457 tells them: one JSON form for every refusal, with a sentence that says what to do.

Problem
|-- NotThere       404: no such thing, or not public
|-- Malformed      400: the request cannot be read
|-- TooMuch        400: it would not fit in bounded memory or time; ask for less
`-- NotOffered     501: legal, but not implemented here
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.responses import Response

MEDIA = "application/problem+json"


class Problem(Exception):  # noqa: N818 - it is called so in RFC 9457
    """A request that is answered with an error and a sentence."""

    status = 500

    def __init__(self, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})


class NotThere(Problem):
    """No such thing, or it is not public."""

    status = 404


class Malformed(Problem):
    """The request cannot be read."""

    status = 400


class NotOffered(Problem):
    """Legal, but not implemented here."""

    status = 501


class TooMuch(Problem):
    """It would not fit in bounded memory or time."""

    status = 400


def problem_body(status: int, detail: str) -> bytes:
    """The JSON of a problem; `code` and `message` repeat it for clients of other SensorThings servers."""
    title = HTTPStatus(status).phrase
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": status}
    return msgspec.json.encode({**told, "message": detail})


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """The answer that tells a problem; it is never cached."""
    return Response(
        problem_body(status, detail),
        status_code=status,
        media_type=MEDIA,
        headers={**(headers or {}), "Cache-Control": "no-store"},
    )
