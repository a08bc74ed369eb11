"""Observations straight from the store: pages join up, counts agree, and nothing unbounded is begun."""

from __future__ import annotations

from typing import Any

import pytest

from api.problems import TooMuch
from api.sensorthings.observations import Budget


def walked(ask: Any, path: str) -> list[dict[str, Any]]:
    """All pages of an answer, by their links."""
    rows: list[dict[str, Any]] = []
    following: str | None = path
    while following is not None:
        page = ask.json(following)
        rows += page["value"]
        following = page.get("@iot.nextLink")
    return rows


@pytest.mark.parametrize("order", ["", "&$orderby=phenomenonTime desc", "&$orderby=phenomenonTime asc,id"])
@pytest.mark.parametrize("top", [7, 100, 1000])
def test_pages_join_up(ask: Any, order: str, top: int) -> None:
    """Over several series, at any size of page: each reading once, in the order of time."""
    narrow = "$filter=phenomenonTime ge 2026-11-25T13:30:00Z"
    rows = walked(ask, f"/v1.1/Observations?{narrow}&$top={top}{order}")

    times = [r["phenomenonTime"] for r in rows]
    assert len({r["@iot.id"] for r in rows}) == len(rows)
    assert len(rows) == ask.json(f"/v1.1/Observations?{narrow}&$count=true&$top=0")["@iot.count"] == 7 * 30
    assert times == sorted(times, reverse="desc" in order)


def test_an_order_by_value_is_sorted_whole(city: Any, ask: Any) -> None:
    """Over all pages, missing values first as OData has it."""
    number = city.series("Quai ouest", "temperature")
    rows = walked(ask, f"/v1.1/Datastreams({number})/Observations?$orderby=result&$top=50")

    values = [r["result"] for r in rows]
    assert len(rows) == 360
    assert values[0] is None
    assert values[1:] == sorted(values[1:])


def test_skip_passes_over(city: Any, ask: Any) -> None:
    """As many as are asked, before the page begins."""
    path = f"/v1.1/Datastreams({city.series('Port', 'rain')})/Observations"
    whole = ask.json(f"{path}?$top=10")["value"]

    assert ask.json(f"{path}?$top=5&$skip=3")["value"] == whole[3:8]


def test_a_token_that_nobody_gave_is_refused(ask: Any) -> None:
    """400, not another page."""
    told = ask("/v1.1/Observations?$skiptoken=yesterday")

    assert told.status_code == 400
    assert "nextLink" in told.json()["detail"]


def test_a_budget_is_kept() -> None:
    """What would read without end is refused with what to do."""
    budget = Budget(10, "narrow it")
    budget.take(10)

    with pytest.raises(TooMuch, match="narrow it"):
        budget.take(1)
