"""Readings and windows as text."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from api.catalogue import Catalogue, Shown
from api.formats import COLUMNS, EXCEL, CsvRows, JsonRows, cell, numbers, times
from devices.quantity import load_quantities
from gateway.numerics.columns import READING, WINDOW

FLOATS = st.floats(-1e6, 1e6) | st.sampled_from([math.nan, math.inf, 0.0, -0.0, 1e-9])


@pytest.fixture(scope="module")
def shown(city: Any) -> Shown:
    """A series of the city of which the first hour is generated."""
    view = Catalogue(city.registry, load_quantities()).view()
    return view.series(city.series("Quai ouest", "temperature"))


def readings(values: list[tuple[int, float, int]]) -> NDArray[np.void]:
    """Readings by time, value and flag."""
    rows = np.zeros(len(values), READING)
    for row, (time_s, value, flag) in zip(rows, values, strict=True):
        row["time_s"], row["value"], row["flag"] = time_s, value, flag
    return rows


def window(**fields: float) -> NDArray[np.void]:
    """One window."""
    row = np.zeros(1, WINDOW)
    for name, value in fields.items():
        row[name] = value
    return row


def parsed(text: str, mark: str = ",") -> list[dict[str, str]]:
    """A CSV as Python's own reader has it."""
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=mark))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 4_000_000_000), FLOATS, st.sampled_from([1, 2, 3, 4, 9])), max_size=20))
def test_any_reading_is_read_back_from_csv_and_json(shown: Shown, values: list[tuple[int, float, int]]) -> None:
    """Time, value and flag survive both forms exactly; what is not finite is empty, or null."""
    rows = readings(values)
    as_csv, as_json = CsvRows(shown, "raw"), JsonRows(shown, "raw", {}, (None, None))

    table = parsed(as_csv.head() + as_csv.text(rows) + as_csv.tail())
    told = json.loads(as_json.head() + as_json.text(rows) + as_json.tail())["readings"]

    expected = [(t, v if math.isfinite(v) else None, f) for t, v, f in values]
    when = [int(np.datetime64(r["time"].removesuffix("Z"), "s").astype(int)) for r in table]
    assert (
        list(
            zip(
                when,
                [float(r["value"]) if r["value"] else None for r in table],
                [int(r["flag"]) for r in table],
                strict=True,
            )
        )
        == expected
    )
    assert [(r["value"], r["flag"]) for r in told] == [(v, f) for _, v, f in expected]
    assert [r["time"] for r in told] == [r["time"] for r in table]


def test_every_row_says_where_it_comes_from(shown: Shown) -> None:
    """Unit, licence and attribution stand in each row, and whether it was generated."""
    until = shown.series.generated_until_s
    assert until is not None
    rows = CsvRows(shown, "raw")

    made, measured = parsed(rows.head() + rows.text(readings([(until - 1, 1.0, 1), (until, 2.0, 3)])))

    assert tuple(made) == COLUMNS
    assert (made["unit"], made["period_s"], made["completeness"], made["attribution"]) == (
        "Cel",
        "60",
        "",
        "Ville de Rennes",
    )
    assert made["licence"].startswith("https://www.etalab.gouv.fr/")
    assert (made["generated"], measured["generated"]) == ("1", "0")


def test_a_direction_tells_how_much_its_readings_agree(city: Any) -> None:
    """Vector strength, in windows as JSON: 1 where all are the same, null where there are none; readings have none."""
    view = Catalogue(city.registry, load_quantities()).view()
    wind = view.series(city.series("Gare", "wind_direction"))
    rows = np.concatenate([window(count=2, sum=1.0, sum2=1.0, value=45), window(count=0, value=math.nan)])

    told = JsonRows(wind, "h1", {}, (None, None))
    raw = JsonRows(wind, "raw", {}, (None, None))

    assert [r["strength"] for r in json.loads(told.head() + told.text(rows) + told.tail())["windows"]] == [0.707, None]
    assert "strength" not in raw.text(readings([(1, 90.0, 1)]))


def test_a_window_tells_how_complete_it_is(shown: Shown) -> None:
    """Value with a few digits more than people read, count, least, greatest and share."""
    row = window(start_s=1_795_615_200, value=10.123456, flag=3, completeness=0.98765, count=59, min=9.5, max=11)
    as_csv, as_json = CsvRows(shown, "h1"), JsonRows(shown, "h1", {"id": 1}, ("a", "b"))

    (told,) = parsed(as_csv.head() + as_csv.text(row))
    whole = json.loads(as_json.head() + as_json.text(row) + as_json.tail())

    assert {k: told[k] for k in ("time", "value", "flag", "period_s", "completeness", "count", "min", "max")} == {
        "time": "2026-11-25T14:00:00Z", "value": "10.1235", "flag": "3", "period_s": "3600", "completeness": "0.988",
        "count": "59", "min": "9.5", "max": "11.0",
    }  # fmt: skip
    assert whole["windows"] == [
        {
            "time": "2026-11-25T14:00:00Z",
            "value": 10.1235,
            "flag": 3,
            "completeness": 0.988,
            "count": 59,
            "min": 9.5,
            "max": 11.0,
        }
    ]
    assert (whole["series"], whole["tier"], whole["from"], whole["to"]) == ({"id": 1}, "h1", "a", "b")


def test_excel_opens_it_in_columns(shown: Shown) -> None:
    """A byte order mark, semicolons, decimal commas, and times that a spreadsheet takes for times."""
    raw, hour = CsvRows(shown, "raw", EXCEL), CsvRows(shown, "h1", EXCEL)

    text = raw.head() + raw.text(readings([(1_795_615_200, 21.5, 1)]))
    (told,) = parsed(text.removeprefix("\ufeff"), ";")
    (mean,) = parsed(
        (hour.head() + hour.text(window(start_s=1_795_615_200, value=1.5, completeness=0.5))).removeprefix("\ufeff"),
        ";",
    )

    assert text.startswith("\ufeff")
    assert (told["time_utc"], told["value"]) == ("2026-11-25 14:00:00", "21,5")
    assert (mean["value"], mean["completeness"]) == ("1,5", "0,5")


@pytest.mark.parametrize("text", ["=1+1", "+33", "-1", "@x", "\tx", "'x"])
def test_no_cell_is_a_formula(text: str) -> None:
    """What begins as a formula gets a quote before it."""
    assert cell(text).strip('"').startswith("'")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.sampled_from(",;"))
def test_any_text_is_one_cell(text: str, mark: str) -> None:
    """Marks, quotes and line ends inside a text never make a second cell."""
    (row,) = csv.reader(io.StringIO(f"{cell(text, mark)}{mark}x\r\n", newline=""), delimiter=mark)

    assert row[0].endswith(text)
    assert row[1:] == ["x"]


def test_attributions_cannot_break_a_row(shown: Shown) -> None:
    """An attribution with commas and a formula stays one cell."""
    hostile = replace(shown, pilot=replace(shown.pilot, attribution='=HYPERLINK("x"), the city'))
    rows = CsvRows(hostile, "raw")

    (told,) = parsed(rows.head() + rows.text(readings([(0, 1.0, 1)])))

    assert told["attribution"] == '\'=HYPERLINK("x"), the city'


def test_times_and_numbers_are_short() -> None:
    """ISO 8601 without a zone, to which the writer adds its own; numbers as Python reads them back."""
    assert times(np.array([0, 1_795_615_200])) == ["1970-01-01T00:00:00", "2026-11-25T14:00:00"]
    assert numbers(np.array([1.0, 0.1, np.nan])) == ["1.0", "0.1", ""]
