"""CSV files of others, by the names of their columns."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from deploy.bench.table import TableError, rows, seconds, value


def read(folder: Path, text: str) -> list[tuple[str, int, float]]:
    """The rows of a file."""
    file = folder / "x.csv"
    file.write_text(text, encoding="utf-8", newline="")
    return list(rows(file))


@pytest.mark.parametrize(
    "text",
    [
        "time,value\n1970-01-01T00:01:00Z,21.5\n",
        "\ufefftime,value\r\n1970-01-01T00:01:00Z,21.5\r\n",
        "value,time\n21.5,1970-01-01T00:01:00Z\n\n",
        '"time","unit","value"\n"1970-01-01T00:01:00Z","°C, dry","21.5"\n',
        " Timestamp , Value ,flag\n1970-01-01T00:01:00Z, 21.5 ,\n,,\n",
    ],
)
def test_columns_are_found_by_their_names(tmp_path: Path, text: str) -> None:
    """In any order, others among them, in quotes, in any case; empty lines are none."""
    assert read(tmp_path, text) == [("1970-01-01T00:01:00Z", 60, 21.5)]


@pytest.mark.parametrize("word", ["", "NA", "nan", "NaN", "null", "N/A", "inf", "-"])
def test_a_missing_value_has_many_names(tmp_path: Path, word: str) -> None:
    """They are all no number."""
    assert math.isnan(value(word))
    assert math.isnan(read(tmp_path, f"time,value\n1970-01-01,{word}\n")[0][2])


@pytest.mark.parametrize(
    "stamp",
    [
        "1970-01-01T01:01:00+01:00",
        "1970-01-01 01:01:00.9+0100",
        "1969-12-31T23:01:00-01:00",
        "1970-01-01 00:01",
        " 19700101T000100Z",
    ],
)
def test_stamps_may_name_a_zone(stamp: str) -> None:
    """Without one they are in UTC; parts of a second are left out."""
    assert seconds(stamp) == 60


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", 1),
        ("when,what\n1970-01-01,1\n", 1),
        ("time,value\n1970-01-01,1\n\nyesterday,1\n", 4),
        ("time,value\n1970-01-01,warm\n", 2),
        ('time,note,value\n1970-01-01,"two\nlines",1\n1970-01-01,,"1,5"\n', 4),
        ("value,time\n1\n", 2),
    ],
)
def test_a_row_that_is_none_is_named_by_its_line(tmp_path: Path, text: str, line: int) -> None:
    """The head is line 1; a row of several lines is named by its last."""
    with pytest.raises(TableError) as refused:
        read(tmp_path, text)

    assert refused.value.line == line
