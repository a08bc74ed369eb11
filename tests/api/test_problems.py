"""Errors as RFC 9457 tells them."""

from __future__ import annotations

import json

from api.problems import Malformed, NotOffered, NotThere, Problem, TooMuch, problem_response


def test_a_problem_says_what_is_wrong() -> None:
    """Title and status by HTTP, the sentence as detail, repeated for clients of other SensorThings servers; never cached."""
    answer = problem_response(404, "there is no series 9", {"Retry-After": "10"})

    told = json.loads(bytes(answer.body))
    assert told == {
        "type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no series 9",
        "code": 404, "message": "there is no series 9",
    }  # fmt: skip
    assert answer.media_type == "application/problem+json"
    assert (answer.headers["cache-control"], answer.headers["retry-after"]) == ("no-store", "10")


def test_each_kind_has_its_status() -> None:
    """And keeps its sentence and headers."""
    kinds = {NotThere: 404, Malformed: 400, TooMuch: 400, NotOffered: 501}

    for kind, status in kinds.items():
        error = kind("why", headers={"A": "b"})
        assert isinstance(error, Problem)
        assert (error.status, error.detail, str(error), error.headers) == (status, "why", "why", {"A": "b"})
