"""Files of reference stations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deploy.faults import CommandError
from deploy.reference import read_reference, seconds_of


def test_a_file_is_read_whatever_spreadsheet_wrote_it(tmp_path: Path) -> None:
    """Commas or semicolons, decimal commas, other columns, empty values, any order, a moment that comes twice."""
    one, other = tmp_path / "a.csv", tmp_path / "b.csv"
    one.write_text("time,site,value\n2026-11-25T01:00:00Z,x,2.5\n2026-11-25,x,1\n2026-11-25,x,9\n\n", encoding="utf-8")
    other.write_text("\ufeffValue;Time\r\n1,5;2026-11-25T01:00:00+01:00\r\n;2026-11-25 01:00\r\n", encoding="utf-8")

    times, values = read_reference(one)
    assert (times.tolist(), values.tolist()) == ([1_795_564_800, 1_795_568_400], [1.0, 2.5])
    times, values = read_reference(other)
    assert times.tolist() == [1_795_564_800, 1_795_568_400]
    np.testing.assert_array_equal(values, [1.5, np.nan])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "column time"),
        ("date,value\n", "there are date, value"),
        ("time,value\n2026-11-25,1\nsoon,2\n", "line 3"),
        ("time,value\n2026-11-25,high\n", "line 2"),
        ("time,value\n2026-11-25\n", "line 2"),
    ],
)
def test_what_is_no_reference_is_refused_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    """A sentence that says where."""
    path = tmp_path / "reference.csv"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(CommandError, match=said):
        read_reference(path)


def test_a_moment_without_a_zone_is_utc() -> None:
    """Never the zone of the machine."""
    assert seconds_of("2026-11-25T12:00:00") == seconds_of("2026-11-25T13:00:00+01:00") == 1_795_608_000
