"""What the demonstration may be asked for is read, or refused with a sentence."""

from __future__ import annotations

import pytest

from deploy.demo.options import DemoError, Kill, duration_s, kills


def test_durations_have_units() -> None:
    """Seconds are the unit where none is written."""
    assert [duration_s(t) for t in ("5", "90s", "10m", "1.5h", "30d")] == [5, 90, 600, 5400, 2_592_000]


@pytest.mark.parametrize("text", ["", "soon", "-3s", "3 weeks"])
def test_no_duration_is_refused(text: str) -> None:
    """The sentence shows how to write one."""
    with pytest.raises(DemoError, match="write 90s"):
        duration_s(text)


def test_kills_have_a_child_and_a_moment() -> None:
    """As `make soak` writes them."""
    assert kills("gateway@2m, broker@4m") == (Kill("gateway", 120.0), Kill("broker", 240.0))
    assert kills("") == ()


@pytest.mark.parametrize("text", ["gateway", "mayor@2m", "gateway@soon"])
def test_no_kill_is_refused(text: str) -> None:
    """Who can be killed is named."""
    with pytest.raises(DemoError):
        kills(text)
