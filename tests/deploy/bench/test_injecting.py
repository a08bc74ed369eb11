"""What a fault does to readings."""

from __future__ import annotations

import numpy as np
import pytest

from deploy.bench.folder import KINDS
from deploy.bench.injecting import INJECT, Scene

START_S = 172_800


def scene(kind: str) -> tuple[Scene, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Three days of a temperature, and a fault that begins on the third."""
    chance = np.random.default_rng(4)
    time_s = np.arange(0, 3 * 86_400, 60)
    value = (15 + 5 * np.sin(time_s / 13_751) + 0.05 * chance.standard_normal(len(time_s))).round(2)
    inside = (time_s >= START_S) & (time_s < START_S + INJECT[kind].lasts_s[0])
    return Scene(time_s, value, inside, START_S, 1.5, 2, chance), value


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_changes_what_is_inside_and_nothing_else(kind: str) -> None:
    """Before and after it the readings are as they were, inside something is another."""
    made, value = scene(kind)
    time_s, after = INJECT[kind].to(made)
    before = dict(zip(made.time_s[~made.inside].tolist(), value[~made.inside].tolist(), strict=True))
    rest = dict(zip(time_s.tolist(), after.tolist(), strict=True))

    if kind != "clock_jump":
        assert {at: rest[at] for at in before} == before
    assert not np.array_equal(after, value) or not np.array_equal(time_s, made.time_s)


def test_a_fault_has_the_size_that_it_says() -> None:
    """An offset is one to three units, a stuck value does not move, and a bag takes nine tenths of what moves."""
    made, value = scene("offset")
    off = (INJECT["offset"].to(made)[1] - value)[made.inside]
    assert 1.5 - 0.02 <= abs(off.mean()) <= 4.5 + 0.02
    assert np.ptp(INJECT["stuck"].to(made)[1][made.inside]) == 0
    made, value = scene("bag")
    assert np.ptp(INJECT["bag"].to(made)[1][made.inside]) <= np.ptp(value[made.inside]) / 9
