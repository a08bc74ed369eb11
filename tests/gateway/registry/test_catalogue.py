"""Many devices at once: the catalogue is read in a few queries, not in one a series."""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import event


def test_reading_costs_no_query_a_series(town: Any) -> None:
    """Series, periods and public spans of sixteen devices take a handful of queries."""
    for number in range(8):
        place = town.registry.add_place(town.pilot.id, f"place {number}", lat=48, lon=-1)
        town.add(f"air-{number}", place=place)
        town.registry.set_stage(f"air-{number}", "public", at_s=2000)
    asked: list[str] = []
    event.listen(town.registry._database._engine, "before_cursor_execute", lambda *a: asked.append(a[2]), named=False)

    series = town.registry.series()
    spans = [town.registry.public_spans(s.id) for s in series]

    assert len(series) == 16
    assert all(s == [(2000, None)] for s in spans)
    selects = [q for q in asked if "JOIN" in q or "registry_period" in q or "registry_series" in q]
    assert len(selects) <= 4


@pytest.mark.speed
def test_the_revision_is_cheap(town: Any) -> None:
    """Asking whether anything changed costs a small part of reading it all."""
    for number in range(50):
        place = town.registry.add_place(town.pilot.id, f"place {number}", lat=48, lon=-1)
        town.add(f"air-{number}", place=place)

    def cost(what: Any) -> float:
        took = []
        for _ in range(20):
            began = time.perf_counter()
            what()
            took.append(time.perf_counter() - began)
        return min(took)

    assert cost(town.registry.revision) * 2 < cost(town.registry.series)
