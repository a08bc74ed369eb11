"""The OpenAPI document holds: whatever it allows, and what it does not, is answered as it says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.slow
def test_any_request_is_answered_as_described(city: Any) -> None:
    """No 500, and no status, content type or body that the document does not name, for every operation of it."""
    described = schemathesis.openapi.from_asgi("/openapi.json", city.app())
    operations = [found.ok() for found in described.get_all_operations()]

    for operation in operations:

        @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
        @given(operation.as_strategy())
        def asked(case: Any) -> None:
            case.call_and_validate(checks=CHECKS)

        asked()
    assert len(operations) >= 9
