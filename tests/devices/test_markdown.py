"""Tables in Markdown."""

from __future__ import annotations

from devices.markdown import markdown


def test_the_first_row_is_the_head() -> None:
    """A line of dashes parts it from the rows, which may be none."""
    assert markdown([["a", "b"], ["1", "2"]]) == "| a | b |\n|---|---|\n| 1 | 2 |\n"
    assert markdown([["a"]]) == "| a |\n|---|\n"
