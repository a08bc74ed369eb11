"""Ids of Observations."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from api.sensorthings.model import MAX_SERIES, TIME_BITS, observation_id, observation_of


@given(st.integers(0, MAX_SERIES - 1), st.integers(0, (1 << TIME_BITS) - 1))
def test_an_id_names_its_reading_and_no_other(series: int, time_s: int) -> None:
    """Series and time come back, and the id is exact as a double, which is all that JavaScript has."""
    number = observation_id(series, time_s)

    assert observation_of(number) == (series, time_s)
    assert 0 <= number < 1 << 53
