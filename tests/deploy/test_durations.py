"""Durations as people write them."""

from __future__ import annotations

import pytest

from deploy.commands.durations import seconds
from deploy.faults import USAGE, CommandError


@pytest.mark.parametrize(
    ("written", "value"),
    [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("30d", 2_592_000), ("30 J", 2_592_000), ("0", 0)],
)
def test_a_duration_is_read(written: str, value: float) -> None:
    """A number with a unit, in either language, is seconds."""
    assert seconds(written) == value


@pytest.mark.parametrize("written", ["", "soon", "-5s", "5 weeks", "1e9s", "nan"])
def test_what_is_no_duration_is_refused(written: str) -> None:
    """The sentence shows how one is written, and the exit code is that of a wrong line."""
    with pytest.raises(CommandError, match="write 90s, 10m, 2h or 30d") as refused:
        seconds(written)

    assert refused.value.code == USAGE
