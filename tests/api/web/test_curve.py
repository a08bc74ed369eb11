"""From windows to what a plot draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from api.web.curve import Curve, curve, flagged_runs, together
from gateway.numerics.columns import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT, WINDOW


def windows(*rows: tuple[int, float, int], count: int = 1) -> NDArray[np.void]:
    """Windows of a minute by start, value and flag."""
    made = np.zeros(len(rows), WINDOW)
    for at, (start, value, flag) in enumerate(rows):
        made[at]["start_s"], made[at]["value"], made[at]["flag"] = start, value, flag
        made[at]["min"], made[at]["max"], made[at]["count"] = value - 1, value + 1, count
    return made


def drawn(rows: NDArray[np.void], aggregate: str = "mean") -> Curve:
    """The curve of minutes in steps of four."""
    return curve(rows, width_s=60, step_s=240, aggregate=aggregate)


def test_minutes_become_steps() -> None:
    """A point a step, in its middle, with the mean and the least and greatest of its minutes."""
    made = drawn(windows((0, 10, GOOD), (60, 20, GOOD), (240, 5, GOOD)))

    assert made.time_s.tolist() == [120, 360]
    assert made.value.tolist() == [15, 5]
    assert made.low.tolist() == [9, 4]
    assert made.high.tolist() == [21, 6]
    assert made.breaks == ()


def test_a_silence_breaks_the_stroke() -> None:
    """No line is drawn over what nobody measured."""
    assert drawn(windows((0, 1, GOOD), (240, 1, GOOD), (1200, 1, GOOD))).breaks == (2,)


def test_what_is_a_gap_depends_on_what_was_expected_then() -> None:
    """A reading in ten minutes was expected at first, then one a minute: only the later silence is a gap."""
    rows = windows(
        *((600 * n, 1, GOOD) for n in range(5)), *((2400 + 60 * n, 1, GOOD) for n in range(1, 9)), (3480, 1, GOOD)
    )
    rows["expected"] = np.where(rows["start_s"] < 2400, 0.1, 1.0)

    made = drawn(rows)

    assert [made.time_s[at] - 120 for at in made.breaks] == [3360]


def test_nothing_is_an_empty_curve() -> None:
    """No window, or none with a value."""
    assert len(drawn(windows())) == 0
    assert len(drawn(windows((0, np.nan, MISSING)))) == 0


@pytest.mark.parametrize(
    ("aggregate", "value"),
    [
        ("mean", (10 * 1 + 20 * 3) / 4),
        ("sum", 30.0),
        ("counter", 30.0),
        ("max", 20.0),
        ("min", 10.0),
        ("last", 20.0),
        ("energetic", 10 * np.log10((10**1 * 1 + 10**2 * 3) / 4)),
    ],
)
def test_each_quantity_by_its_own_aggregate(aggregate: str, value: float) -> None:
    """Weighted means, sums, the newest, the loudest, the mean of energies."""
    rows = np.concatenate([windows((0, 10, GOOD)), windows((60, 20, GOOD), count=3)])

    assert together(rows, np.zeros(1, np.intp), aggregate).tolist() == [pytest.approx(value)]


def test_directions_are_put_together_as_vectors() -> None:
    """350 and 20 degrees are 5, not 185."""
    assert together(windows((0, 350, GOOD), (60, 20, GOOD)), np.zeros(1, np.intp), "circular")[0] == pytest.approx(5)


def test_the_worst_flag_of_a_step_is_kept_and_runs_are_joined() -> None:
    """Suspect and failed stretches are told; not evaluated and missing are neither."""
    flags = [GOOD, NOT_EVALUATED, SUSPECT, SUSPECT, FAIL, MISSING, SUSPECT]
    made = drawn(windows(*((240 * i, 1.0, flag) for i, flag in enumerate(flags))))

    assert made.flag.tolist() == [1, 2, 3, 3, 4, 0, 3]
    assert flagged_runs(made) == [(480, 960, SUSPECT), (960, 1200, FAIL), (1440, 1680, SUSPECT)]


@given(st.lists(st.tuples(st.integers(0, 1440), st.floats(-50, 50)), min_size=1, max_size=60, unique_by=lambda r: r[0]))
def test_a_mean_lies_between_least_and_greatest(rows: list[tuple[int, float]]) -> None:
    """Whatever minutes there are, each point lies in its band and steps grow."""
    made = drawn(windows(*((60 * minute, value, GOOD) for minute, value in sorted(rows))))

    assert np.all(made.low <= made.value)
    assert np.all(made.value <= made.high)
    assert np.all(np.diff(made.time_s) > 0)


@given(st.integers(0, 1439), st.floats(50, 1000), st.booleans())
def test_no_peak_is_lost(minute: int, height: float, falls: bool) -> None:
    """One minute of a day, however short beside a step, bounds the band where it is."""
    values = np.zeros(1440)
    values[minute] = -height if falls else height
    made = drawn(windows(*((60 * n, value, GOOD) for n, value in enumerate(values.tolist()))))
    edge = made.low if falls else made.high

    assert len(made) == 360
    assert np.flatnonzero(np.abs(edge) > 40).tolist() == [minute // 4]
