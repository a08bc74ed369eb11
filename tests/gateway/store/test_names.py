"""What InfluxDB calls our rows, and the lines they become; read back, they are the same rows."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.numerics.columns import READING, WINDOW
from gateway.store import names

KEY = names.key(names.OBS, {"series": "3", "quantity": "temperature", "place": "Place de l'Été, nord"})


def answered(lines: list[str], tier: str) -> list[list[object]]:
    """What a server would answer that kept these lines: time, the fields, `none`; null where a field was left out."""
    rows = []
    for line in lines:
        _, said, time = re.split(r"(?<!\\) ", line)
        kept = dict(part.split("=") for part in said.split(","))
        row: list[object] = [int(time)]
        for name in (*names.fields(tier), names.NONE):
            text = kept.get(name)
            row.append(None if text is None else int(text[:-1]) if text.endswith("i") else float(text))
        rows.append(row)
    return rows


def same(found: NDArray[np.void], expected: NDArray[np.void]) -> bool:
    """Are the rows equal in every field, NaN equal to NaN?"""
    return all(
        np.array_equal(found[n], expected[n], equal_nan=expected.dtype[n].kind == "f")
        for n in expected.dtype.names or ()
    )


def test_a_bucket_is_a_database_and_a_policy() -> None:
    """Every tier has a bucket whose name InfluxQL finds without a mapping."""
    assert set(names.BUCKETS) == {"raw", "m1", "h1", "d1"}
    assert all(bucket == f"{names.DATABASE}/{tier}" for tier, bucket in names.BUCKETS.items())
    assert names.source("h1", names.STATE) == '"girouette"."h1"."state"'


def test_no_name_is_both_a_tag_and_a_field() -> None:
    """InfluxDB 3 refuses a table whose tag and field share a name."""
    for tier in names.BUCKETS:
        assert not set(names.TAGS) & {*names.fields(tier), names.NONE}


def test_every_column_of_a_row_is_a_field() -> None:
    """Nothing of a row is lost but the series, which is a tag, and the time."""
    assert {*names.fields("raw"), "series", "time_s"} == set(READING.names or ())
    assert {*names.fields("m1"), "series", "start_s"} == set(WINDOW.names or ())


def test_a_reading_is_one_line() -> None:
    """The line of a whole reading and of one without a score, letter by letter."""
    rows = np.array([(3, 60, 21.5, 1, 0x1111, 0.25), (3, 61, -0.1, 3, 0, np.nan)], READING)

    assert list(names.lines(rows, "raw", {3: "obs,series=3"})) == [
        "obs,series=3 value=21.5,flag=1i,tests=4369i,score=0.25,none=0i 60",
        "obs,series=3 value=-0.1,flag=3i,tests=0i,none=2i 61",
    ]


def test_no_rows_are_no_lines() -> None:
    """An empty batch says nothing and reads back as nothing."""
    assert list(names.lines(np.empty(0, READING), "raw", {})) == []
    assert names.rows_of("m1", 3, []).dtype == WINDOW


def test_readings_come_back_from_their_lines() -> None:
    """Values and scores survive the text exactly, whatever their size."""
    values = [0.1 + 0.2, 1e-300, -1.7976931348623157e308, 5e-324, -0.0, np.nan]
    scores = [np.float32(1 / 3), 1, 0, np.float32(1e-20), np.nan, np.nan]
    rows = np.array(
        [(3, t, v, 4, 0x7FFF_FFFF_FFFF, s) for t, (v, s) in enumerate(zip(values, scores, strict=True))], READING
    )

    lines = sorted(names.lines(rows, "raw", {3: KEY}), key=lambda line: int(line.rsplit(" ", 1)[1]))

    assert same(names.rows_of("raw", 3, answered(lines, "raw")), rows)


def test_a_window_comes_back_from_its_line() -> None:
    """A window with and one without numbers survives, integers as integers."""
    rows = np.zeros(2, WINDOW)
    rows["series"], rows["start_s"], rows["count"], rows["first_s"] = 3, [0, 60], 2**53, 7
    for name in names.reals("m1"):
        rows[name] = [0.1, np.nan]

    lines = sorted(names.lines(rows, "m1", {3: KEY}), key=lambda line: int(line.rsplit(" ", 1)[1]))

    assert same(names.rows_of("m1", 3, answered(lines, "m1")), rows)


def test_what_an_earlier_line_said_is_not_believed() -> None:
    """A number that still stands under its set bit is no number."""
    found = names.rows_of("raw", 3, [[60, 21.5, 1, 0, 0.25, 2], [61, 21.5, 1, 0, 0.25, 1]])

    assert np.isnan(found["score"][0])
    assert found["value"][0] == 21.5
    assert np.isnan(found["value"][1])
    assert found["score"][1] == 0.25


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Mairie, côté nord", "Mairie\\,\\ côté\\ nord"),
        ("a=b", "a\\=b"),
        ("C:\\", "C:/"),
        ("two\nlines\ttabbed", "two\\ lines\\ tabbed"),
        ('"quoted"', '"quoted"'),
    ],
)
def test_a_tags_text_cannot_break_its_line(said: str, written: str) -> None:
    """Separators are escaped; what the protocol cannot hold becomes a slash or a space."""
    assert names.escaped(said) == written


def test_a_key_is_sorted_and_leaves_empty_tags_out() -> None:
    """The same tags make the same key whatever their order, and a tag without a value is none."""
    assert names.key("fleet", {"pilot": "p", "device": "d", "stage": ""}) == "fleet,device=d,pilot=p"
    assert names.key("gateway", {}) == "gateway"
