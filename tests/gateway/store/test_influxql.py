"""Questions to InfluxDB and its refusals, in the words of the port."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from gateway.store.influxql import Influxql, refused, select
from gateway.store.port import FAR_S, StoreAway, StoreMismatch


def test_a_question_for_one_series_names_it() -> None:
    """One number is compared, several are one expression, and the end is not asked for."""
    one = select('"g"."raw"."obs"', ["value"], between=(60, 120), tags={"series": [3]})
    two = select('"g"."raw"."obs"', ["value", 'count("flag")'], between=(60, 120), tags={"series": [3, 14]})

    assert one == (
        'SELECT "value" FROM "g"."raw"."obs" WHERE time >= 60000000000 AND time < 120000000000 AND "series" = \'3\''
    )
    assert two.startswith('SELECT "value", count("flag") FROM')
    assert two.endswith('AND "series" =~ /^(3|14)$/')


def test_times_stay_within_what_influxdb_can_count() -> None:
    """Beyond 1677 and 2262 a time is the edge, not a number that wraps around."""
    asked = select('"g"', ["*"], between=(-FAR_S, FAR_S), tags={})

    assert asked == 'SELECT * FROM "g" WHERE time >= -9223372036000000000 AND time < 9223372036000000000'


def test_answers_carry_tags_and_rows_with_seconds(influx: Any) -> None:
    """Several statements are answered in order, with times in seconds and what is missing as nothing."""
    lines = b"m,series=3 a=1.5,n=9007199254740993i 60\nm,series=4 a=2.5 61"
    influx.forward("POST", "/write?db=girouette&rp=raw&precision=s", lines, {})
    door = Influxql(influx.url, token=influx.reader, timeout_s=5)
    source = '"girouette"."raw"."m"'

    tagged, none = door.ask(
        select(source, ["a", "n"], between=(0, 100), tags={}, then='GROUP BY "series"'),
        select(source, ["a", "n"], between=(0, 100), tags={"series": [5]}),
    )
    door.close()

    assert [one.tags for one in tagged] == [{"series": "3"}, {"series": "4"}]
    assert [one.values for one in tagged] == [[[60, 1.5, 9_007_199_254_740_993]], [[61, 2.5, None]]]
    assert none == []


def test_a_question_that_is_not_portable_is_no_fault_of_the_store(influx: Any) -> None:
    """What the server refuses to understand is raised with its own words."""
    door = Influxql(influx.url, token=influx.reader, timeout_s=5)

    with pytest.raises(StoreMismatch, match="portable subset"):
        door.ask("SHOW SERIES")
    door.close()


@pytest.mark.parametrize("token", ["", "secret\nof two lines"])
def test_a_token_that_fits_no_header_is_told_as_such(influx: Any, token: str) -> None:
    """Who forgot the token does not look for a server that is down; and what is wrong with it is not told in full."""
    door = Influxql(influx.url, token=token, timeout_s=5)

    with pytest.raises(StoreAway, match="GIROUETTE_INFLUX_TOKEN") as told:
        door.ask("SHOW DATABASES")
    door.close()
    assert "secret" not in "".join(traceback.format_exception(told.value))


@pytest.mark.parametrize(
    ("status", "message", "kind", "cure"),
    [
        (401, "unauthorized access", StoreAway, "GIROUETTE_INFLUX_TOKEN"),
        (200, "database not found: girouette", StoreAway, "make girouette/raw"),
        (404, 'bucket "girouette/m1" not found', StoreAway, "make girouette/raw"),
        (413, "", StoreAway, "client_max_body_size"),
        (500, "engine: write wal: no space left on device", StoreAway, "free some space"),
        (503, "hinted handoff queue not empty", StoreAway, "tried again"),
        (200, "timeout", StoreAway, "tried again"),
        (400, "field type conflict: value is string", StoreMismatch, "another program"),
        (422, "schema violated", StoreMismatch, "another program"),
    ],
)
def test_every_refusal_says_what_to_do(status: int, message: str, kind: type[Exception], cure: str) -> None:
    """Faults that pass are StoreAway, those that no retry mends are StoreMismatch; both name the place and the cure."""
    told = refused("http://there:8086", status, message)

    assert type(told) is kind
    assert cure in str(told)
    assert "http://there:8086" in str(told)
