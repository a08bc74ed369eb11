"""One series as an answer: whole, or streamed in blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from api.table import SHORT_ROWS, slug
from gateway.numerics.columns import READING
from gateway.store.port import Batch

MANY = 25_000


@pytest.fixture
def long_city(own_city: Any) -> Any:
    """A city with a series of 25,000 readings, one a second, that grow by one."""
    rows = np.zeros(MANY, READING)
    rows["series"], rows["flag"] = own_city.series("Port", "rain"), 1
    rows["time_s"] = own_city.now_s + 3600 + np.arange(MANY)
    rows["value"] = np.arange(MANY)
    own_city.store.write(Batch(readings=rows))
    own_city.now_s += 3600 + MANY
    return own_city


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_a_long_series_is_streamed_whole(long_city: Any, asker: Any, ending: str) -> None:
    """Every row once, in order, over all blocks; asked again with its tag it is not sent again."""
    ask = asker(long_city.app())
    path = f"/api/series/{long_city.series('Port', 'rain')}.{ending}?from=2026-11-25T15:00:00Z"
    told = ask(path)

    if ending == "csv":
        values = [float(line.split(",")[1]) for line in told.text.splitlines()[1:]]
    else:
        values = [r["value"] for r in told.json()["readings"]]
    assert values == list(range(MANY))
    assert "content-length" not in told.headers
    assert ask(path, headers={"if-none-match": told.headers["etag"]}).status_code == 304
    head = ask(path, method="HEAD")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", told.headers["etag"])


def test_a_late_reading_changes_the_tag_of_a_long_series(long_city: Any, asker: Any) -> None:
    """One more row in the past, no newer one: who holds the old answer is sent the new one."""
    ask, series = asker(long_city.app()), long_city.series("Port", "rain")
    path = f"/api/series/{series}.csv"
    before = ask(path).headers["etag"]
    long_city.flag("Port", "rain", long_city.now_s - MANY - 1000, 1, 3.5)

    assert ask(path, headers={"if-none-match": before}).status_code == 200


def test_a_settled_stretch_is_kept_longer(long_city: Any, asker: Any) -> None:
    """What ended more than a day ago, for five minutes; what is live, for ten seconds."""
    long_city.now_s += 3 * 86_400
    ask, series = asker(long_city.app()), long_city.series("Port", "rain")

    assert "max-age=300" in ask(f"/api/series/{series}.csv?to=2026-11-25T12:00:00Z").headers["cache-control"]
    assert "max-age=10" in ask(f"/api/series/{series}.csv").headers["cache-control"]
    assert SHORT_ROWS < MANY


def test_file_names_are_plain() -> None:
    """Letters, digits, points and dashes, whatever a place is called."""
    assert slug("Étangs d’Apigné / 2") == "etangs-dapigne-2"
    assert slug("«»") == "x"
