"""What programs read is what the schemas promise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema
import pytest

from api import schemas

ADDRESSES = {
    "/api/latest.geojson": schemas.GEOJSON,
    "/api/places": schemas.PLACES,
    "/api/series": schemas.ALL_SERIES,
    "/api/quantities": schemas.QUANTITIES,
    "/api/series/1.json": schemas.ROWS,
    "/api/series/1.json?tier=m1": schemas.ROWS,
    "/api/series/1.json?tier=h1": schemas.ROWS,
    "/api/series/1.json?tier=h1&percentiles=10,90": schemas.ROWS,
    "/api/series/1/readings/2026-11-25T10:00:00Z/quality": schemas.QUALITY,
    "/api/series/1/events.json": schemas.EVENTS,
}


def checked(schema: Mapping[str, Any]) -> jsonschema.Draft202012Validator:
    """The schema as a validator that checks formats too."""
    return jsonschema.Draft202012Validator(dict(schema), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_answer_is_as_its_schema_says(ask: Any, address: str) -> None:
    """Every field that is promised is there and of its kind."""
    assert [e.message for e in checked(ADDRESSES[address]).iter_errors(ask.json(address))] == []


@pytest.mark.parametrize("address", ["/api/series/999.csv", "/api/series/1.csv?tier=y1", "/v1.1/Nothing", "/nowhere"])
def test_a_refusal_is_as_its_schema_says(ask: Any, address: str) -> None:
    """Problems have one form."""
    assert [e.message for e in checked(schemas.REFUSAL).iter_errors(ask(address).json())] == []


def test_schemas_refuse_what_they_do_not_promise() -> None:
    """A schema that lets everything pass would prove nothing."""
    for schema in (schemas.GEOJSON, schemas.PLACES, schemas.ALL_SERIES, schemas.QUANTITIES, schemas.ROWS):
        assert not checked(schema).is_valid({})
        jsonschema.Draft202012Validator.check_schema(dict(schema))
    answered = schemas.json_answer("All", schemas.PLACES)
    assert answered[200]["content"]["application/json"]["schema"] is schemas.PLACES
    assert set(answered) == {200, 304}
