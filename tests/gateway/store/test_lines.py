"""Lines are kept, and ranges deleted, on a real InfluxDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from gateway.store.lines import LINES, LineWriter, pieces
from gateway.store.port import StoreAway

BUCKET = "girouette/raw"


@pytest.fixture
def writer(influx: Any) -> Iterator[LineWriter]:
    """A writer to the test's InfluxDB."""
    made = LineWriter(influx.url, token=influx.token, org=influx.org, timeout_s=5)
    yield made
    made.close()


def times(influx: Any, series: int) -> list[int]:
    """The seconds of what is kept of a series."""
    found = influx.ask(f'SELECT v FROM "girouette"."raw"."m" WHERE "series" = \'{series}\'')
    return [row[0] // 10**9 for row in found[0]["values"]] if found else []


def test_more_lines_than_one_request_are_kept(influx: Any, writer: LineWriter) -> None:
    """Lines from any iterator are all there, at their seconds."""
    writer.write(BUCKET, (f"m,series=3 v={t}.5 {t}" for t in range(2 * LINES + 1)))

    assert times(influx, 3) == list(range(2 * LINES + 1))


def test_no_lines_are_no_request() -> None:
    """Nothing is sent where nothing is said: not even an absent server is missed."""
    writer = LineWriter("http://127.0.0.1:9", token="t", org="o", timeout_s=0.1)

    writer.write(BUCKET, [])
    writer.delete(BUCKET, 60, 60, '_measurement="m"')
    with pytest.raises(StoreAway, match="does not answer"):
        writer.write(BUCKET, ["m v=1 1"])


def test_a_deletion_is_half_open(influx: Any, writer: LineWriter) -> None:
    """The start goes and the end stays, in the series that is named only, before 1970 too."""
    writer.write(BUCKET, (f"m,series={s} v=1 {t}" for s in (3, 4) for t in (-1, 0, 10, 20, 21)))

    writer.delete(BUCKET, 10, 20, '_measurement="m" AND series="3"')
    assert times(influx, 3) == [-1, 0, 20, 21]
    writer.delete(BUCKET, -(1 << 40), 1 << 40, '_measurement="m" AND series="3"')
    assert times(influx, 3) == []
    assert times(influx, 4) == [-1, 0, 10, 20, 21]


def test_a_refusal_is_remembered_until_something_is_taken(influx: Any, writer: LineWriter) -> None:
    """`fault` is a sentence after a refused write and None after the next one that was taken."""
    with pytest.raises(StoreAway, match="lacks a bucket"):
        writer.write("girouette/none", ["m v=1 1"])
    assert "lacks a bucket" in str(writer.fault)

    writer.write(BUCKET, ["m v=1 1"])
    assert writer.fault is None


def test_pieces_are_all_of_it() -> None:
    """Pieces join to the whole; an even division leaves no empty one."""
    assert list(pieces(range(4), 2)) == [[0, 1], [2, 3]]
    assert list(pieces(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(pieces([], 2)) == []
