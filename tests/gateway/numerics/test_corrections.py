"""Corrections against worked numbers, and what must hold of any of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.numerics.columns import FAIL, GOOD, MISSING, READING, SUSPECT
from gateway.numerics.corrections import (
    BARKJOHN,
    KAPPA,
    LINEAR,
    METHODS,
    NEAR_S,
    CorrectionError,
    check,
    correct,
    nearest,
)

VALUES = st.floats(0, 500)


def readings(values: Any, *, every_s: int = 60, flag: int = GOOD, start_s: int = 0) -> NDArray[np.void]:
    """READING rows, one every `every_s`."""
    rows = np.zeros(len(values), READING)
    rows["time_s"] = start_s + every_s * np.arange(len(values))
    rows["value"], rows["flag"], rows["score"] = values, flag, np.nan
    return rows


@pytest.mark.parametrize(
    ("value", "humidity", "corrected"),
    [(0, 0, 5.75), (10, 50, 6.68), (35.5, 80, 17.456), (100, 20, 56.426), (5, 95, 0.181), (0, 100, -2.87)],
)
def test_barkjohn_by_hand(value: float, humidity: float, corrected: float) -> None:
    """0.524 cf_1 - 0.0862 RH + 5.75, below 0 where it comes out so."""
    told = correct(BARKJOHN, {}, readings([value]), readings([humidity]))

    assert told.value.tolist() == pytest.approx([corrected], abs=1e-9)


@pytest.mark.parametrize(
    ("humidity", "factor"),
    [(0, 1.0), (50, 1.2424242), (80, 1.9696970), (90, 3.1818182), (95, 5.6060606), (99, 5.6060606), (100, 5.6060606)],
)
def test_kappa_koehler_by_hand(humidity: float, factor: float) -> None:
    """1 + (0.4 / 1.65) a / (1 - a): particles of dry mass 20 weigh that many times more, and no more is believed above 95 %."""
    told = correct(KAPPA, {"kappa": 0.4, "density": 1.65}, readings([20 * factor]), readings([humidity]))

    assert told.value.tolist() == pytest.approx([20], rel=1e-6)
    assert told.flag.tolist() == [SUSPECT if humidity > 95 else GOOD]


@given(st.lists(VALUES, min_size=2, max_size=40), st.floats(0, 100), st.sampled_from(sorted(METHODS)))
def test_more_stays_more(values: list[float], humidity: float, method: str) -> None:
    """At one humidity every correction rises with the value: no two readings change places."""
    rows = readings(np.sort(values))
    known = {**METHODS[method].usual, **({"slope": 0.3, "offset": -4.0} if method == LINEAR else {})}

    told = correct(method, known, rows, readings(np.full(len(rows), humidity)))

    assert (np.diff(told.value) >= 0).all()


@given(st.lists(VALUES, min_size=1, max_size=40), st.integers(1, 39), st.sampled_from(sorted(METHODS)))
def test_a_block_does_not_know_where_it_was_cut(values: list[float], cut: int, method: str) -> None:
    """Two halves corrected are the whole corrected, to the bit, and what came in is as it was."""
    rows, damp = readings(values), readings(np.linspace(20, 100, 9), every_s=300)
    before = rows.tobytes()
    known = METHODS[method].usual

    whole = correct(method, known, rows, damp)
    parts = [correct(method, known, part, damp) for part in (rows[:cut], rows[cut:])]

    assert whole.value.tobytes() == b"".join(p.value.tobytes() for p in parts)
    assert whole.flag.tobytes() == b"".join(p.flag.tobytes() for p in parts)
    assert rows.tobytes() == before


def test_humidity_is_that_of_the_time() -> None:
    """The nearest reading within 15 minutes, the earlier of two; beyond, or where it failed, there is none."""
    damp = readings([10, 20, 30, 40], every_s=1000)
    damp["flag"][2], damp["value"][3] = FAIL, np.nan

    told = nearest(np.array([-NEAR_S, -NEAR_S - 1, 499, 500, 501, 1000 + NEAR_S, 1001 + NEAR_S]), damp)

    np.testing.assert_array_equal(told, [10, np.nan, 10, 10, 20, 20, np.nan])
    assert np.isnan(nearest(np.array([0]), damp[:0])).all()


def test_what_cannot_be_corrected_is_not() -> None:
    """Without humidity, and without a value, there is no corrected value and no flag; a line needs no humidity."""
    rows = readings([10.0, np.nan])
    rows["flag"] = [GOOD, MISSING]

    damp, line = correct(BARKJOHN, {}, rows, rows[:0]), correct(LINEAR, {"slope": 2.0, "offset": 1.0}, rows, rows[:0])

    assert np.isnan(damp.value).all()
    assert damp.flag.tolist() == [0, 0]
    np.testing.assert_array_equal(line.value, [21.0, np.nan])
    assert line.flag.tolist() == [GOOD, 0]


def test_humid_air_never_betters_a_flag() -> None:
    """A reading that failed still fails when the air is too humid to correct it well."""
    told = correct(KAPPA, METHODS[KAPPA].usual, readings([900.0], flag=FAIL), readings([99.0]))

    assert told.flag.tolist() == [FAIL]


@pytest.mark.parametrize(
    ("method", "numbers", "quantity", "aggregate", "said"),
    [
        ("magic", {}, "pm2_5", "mean", "there are linear"),
        (BARKJOHN, {}, "temperature", "mean", "not made for temperature"),
        (LINEAR, {}, "wind_direction", "circular", "not made for wind_direction"),
        (LINEAR, {"gain": 2}, "pm2_5", "mean", "has no number gain"),
        (LINEAR, {"slope": -1}, "pm2_5", "mean", "above 0"),
        (LINEAR, {"offset": float("nan")}, "pm2_5", "mean", "finite"),
    ],
)
def test_what_does_not_fit_is_refused(method: str, numbers: Any, quantity: str, aggregate: str, said: str) -> None:
    """A name, a number or a quantity that does not go with it: a sentence that says so."""
    with pytest.raises(CorrectionError, match=said):
        check(method, numbers, quantity=quantity, aggregate=aggregate)


def test_numbers_that_nobody_said_are_the_usual_ones() -> None:
    """What is recorded is whole, so that a later default changes nothing."""
    assert check(KAPPA, {"kappa": 0.3}, quantity="pm2_5", aggregate="mean") == {"kappa": 0.3, "density": 1.65}
