"""The InfluxDB of the tests is a real one, and as strict as the versions that it stands for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest


def test_lines_go_in_and_come_out(influx: Any) -> None:
    """What is written by the path of 2.x is answered by InfluxQL, and survives a kill."""
    asked = {"org": influx.org, "bucket": "girouette/m1", "precision": "s"}
    key = {"Authorization": f"Token {influx.token}"}

    wrote = httpx.post(f"{influx.url}/api/v2/write", params=asked, headers=key, content="obs,series=3 value=1.5 60")
    influx.kill()
    influx.start()
    question = {"q": 'SELECT value FROM "girouette"."m1"."obs"', "db": "girouette", "epoch": "s"}
    answer = httpx.get(f"{influx.url}/query", params=question, headers={"Authorization": f"Token {influx.reader}"})

    assert wrote.status_code == 204
    assert answer.json()["results"][0]["series"][0]["values"] == [[60, 1.5]]


def test_a_killed_one_answers_nobody(influx: Any) -> None:
    """Nothing listens while it is dead."""
    influx.kill()

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{influx.url}/ping")


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("SHOW SERIES", 400),
        ('SHOW TAG VALUES FROM "obs" WITH KEY = "place"', 400),
        ("DELETE FROM obs", 400),
        ("SELECT value INTO x FROM obs", 400),
        ("SELECT 'into' FROM obs", 200),
    ],
)
def test_what_is_not_portable_is_refused(influx: Any, question: str, status: int) -> None:
    """Statements that 2.x or 3.x do not know fail here too."""
    key = {"Authorization": f"Token {influx.token}"}

    assert (
        httpx.get(f"{influx.url}/query", params={"q": question, "db": "girouette"}, headers=key).status_code == status
    )


def test_strangers_are_refused(influx: Any, free_port: Callable[[], int]) -> None:
    """Without the token nothing is read or written, and the reader's writes nothing."""
    asked = {"org": influx.org, "bucket": "girouette/raw"}

    assert httpx.get(f"{influx.url}/query", params={"q": "SHOW MEASUREMENTS"}).status_code == 401
    for key in ({}, {"Authorization": f"Token {influx.reader}"}):
        assert httpx.post(f"{influx.url}/api/v2/write", params=asked, headers=key, content="a b=1").status_code == 401


def test_a_deletion_stays_in_its_bucket(influx: Any) -> None:
    """One bucket, measurement, series and time range is deleted; the same points of other buckets stay as they were."""
    key = {"Authorization": f"Token {influx.token}"}
    line = 'obs,series=3,place=a\\ b value=1.5,tests=7i,blob="x\\"y" 60\nobs,series=4 value=2 60'
    for tier in ("raw", "h1"):
        asked = {"org": influx.org, "bucket": f"girouette/{tier}", "precision": "s"}
        httpx.post(f"{influx.url}/api/v2/write", params=asked, headers=key, content=line)
    before = influx.ask('SELECT * FROM "girouette"."h1"."obs" GROUP BY *')

    ranged = {
        "start": "1970-01-01T00:00:00Z",
        "stop": "1970-01-01T00:02:00Z",
        "predicate": '_measurement="obs" AND series="3"',
    }
    asked = {"org": influx.org, "bucket": "girouette/raw"}
    gone = httpx.post(f"{influx.url}/api/v2/delete", params=asked, headers=key, json=ranged)

    assert gone.status_code == 204
    assert [s["tags"]["series"] for s in influx.ask('SELECT * FROM "girouette"."raw"."obs" GROUP BY *')] == ["4"]
    assert influx.ask('SELECT * FROM "girouette"."h1"."obs" GROUP BY *') == before
