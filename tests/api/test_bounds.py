"""From when to when."""

from __future__ import annotations

import pytest

from api.bounds import Bounds, read_bounds
from api.catalogue import FOR_EVER_S
from api.problems import Malformed


def test_no_bound_is_everything() -> None:
    """From the beginning, for ever."""
    assert read_bounds(None, None) == Bounds(0, FOR_EVER_S)
    assert Bounds().written() == (None, None)


@pytest.mark.parametrize(
    ("start", "end", "bounds"),
    [
        ("2026-11-25", None, Bounds(1_795_564_800)),
        ("2026-11-25T01:00:00+01:00", "2026-11-25T00:00:10Z", Bounds(1_795_564_800, 1_795_564_810)),
        ("2026-11-25T01:00:00 01:00", None, Bounds(1_795_564_800)),
        ("2026-11-25T00:00:00.5Z", None, Bounds(1_795_564_801)),
        ("0001-01-01", "9999-12-31", Bounds(0, 253_402_214_400)),
    ],
)
def test_moments_are_read(start: str, end: str | None, bounds: Bounds) -> None:
    """Days, times, offsets, parts of seconds; before 1970 is the beginning."""
    assert read_bounds(start, end) == bounds


@pytest.mark.parametrize(
    ("start", "end", "name"),
    [("yesterday", None, "from"), (None, "2026-02-30", "to"), ("", None, "from"), ("1795564800", None, "from")],
)
def test_what_is_no_time_is_refused_by_name(start: str | None, end: str | None, name: str) -> None:
    """The sentence says which of the two, and how a time is written."""
    with pytest.raises(Malformed, match=f"{name}: "):
        read_bounds(start, end)


@pytest.mark.parametrize(
    ("start", "end"), [("2026-11-25", "2026-11-25"), ("2026-11-25", "2026-11-24"), (None, "1969-01-01")]
)
def test_the_end_comes_after_the_start(start: str | None, end: str) -> None:
    """An empty stretch is a mistake, and said to be one."""
    with pytest.raises(Malformed, match="must come after"):
        read_bounds(start, end)
