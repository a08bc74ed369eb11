"""Curves of braille: the shape of the readings, whatever they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy.workshop.curves import DOTS, EMPTY, between, curve, levels_of


def test_a_curve_rises_falls_and_is_joined() -> None:
    """Eight dots high in two lines; dots lead from one value to the next."""
    assert curve([0, 7], width=1) == ["⢸", "⡸"]
    assert curve([0, 7, 0, 7], width=2) == ["⢸⣾", "⡸⡿"]
    assert curve([5, 5, 5], width=2) == ["⠀⠀", "⠉⠁"]
    assert curve([], width=3, height=1) == ["⠀⠀⠀"]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_every_value_has_its_dot(values: list[float]) -> None:
    """The newest values, each in a column of its own, at its level."""
    lines = curve(values, width=10, height=3)
    shown = values[-20:]
    assert [len(line) for line in lines] == [10, 10, 10]
    for column, level in enumerate(levels_of(shown, 12)):
        sign = ord(lines[2 - level // 4][column // 2]) - EMPTY
        assert sign & DOTS[column % 2][level % 4]
    empty = range(len(shown), 20)
    assert not any(ord(line[c // 2]) - EMPTY & sum(DOTS[c % 2]) for line in lines for c in empty)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_between_keeps_every_value(values: list[float]) -> None:
    """One more for each two."""
    assert between(values)[::2] == values
    assert len(between(values)) == 2 * len(values) - 1
