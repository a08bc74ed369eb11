"""A signal that grows faint is told from the hours before, whatever the cuts."""

from __future__ import annotations

import numpy as np
import pytest

from gateway.numerics.columns import FAIL, GOOD, NOT_EVALUATED, SUSPECT, Columns
from gateway.numerics.flags import unpack_tests
from gateway.numerics.order import Run
from gateway.numerics.params import params_row
from gateway.numerics.slow import hour_begins, slow_words
from gateway.numerics.state import COLD, HOT, OPEN, fresh
from gateway.numerics.stream import advance

MIDNIGHT_S = 1_700_006_400
QUALITY = {"attenuated_suspect": 2, "attenuated_fail": 1, "attenuated_s": 4 * 3600, "fail_high": 50}


def told(values: np.ndarray, *, each: int, every_s: int = 600) -> list[int]:
    """The flag of the test at each reading, from midnight on."""
    known, state, flags = np.array([params_row("mean", every_s, QUALITY)]), fresh(1), []
    for n in range(0, len(values), each):
        part = values[n : n + each]
        times_s = MIDNIGHT_S + every_s * (n + np.arange(len(part)))
        step = advance(state, known, Columns(np.zeros(len(part), np.int64), times_s, part))
        flags += [unpack_tests(word)["attenuated"] for word in step.readings["tests"][step.new :]]
    return flags


def test_four_hours_must_be_there_before_it_is_told() -> None:
    """Then each hour is held against the four before it."""
    wide, narrow, still = np.tile([0.0, 3.0], 12), np.tile([0.0, 1.5], 12), np.tile([0.0, 0.5], 12)

    flags = told(np.concatenate([wide, narrow, still]), each=1)

    assert flags[:24] == [NOT_EVALUATED] * 24
    assert flags[24:42] == [GOOD] * 18
    assert flags[48:66] == [SUSPECT] * 18
    assert flags[71] == SUSPECT


@pytest.mark.parametrize("each", [2, 7, 50, 400])
def test_it_does_not_depend_on_cuts(each: int) -> None:
    """Two days that fall silent for some hours and have values that fail."""
    rng = np.random.default_rng(1)
    values = rng.normal(5, 1, 288) * np.repeat([1, 0.35, 0.01, 1], 72)
    values[rng.random(288) < 0.03] = 999.0
    values[rng.random(288) < 0.03] = np.nan

    assert told(values, each=each) == told(values, each=1)
    assert set(told(values, each=1)) == {1, 2, 3, 4, 9}


def test_a_block_without_readings_leaves_it_not_evaluated() -> None:
    """Until four blocks are there again."""
    still = told(np.full(60, 5.0), each=1)
    rows = np.zeros(1, HOT)
    cold, closed, known = np.zeros(1, COLD), np.zeros(1, OPEN), np.array([params_row("mean", 600, QUALITY)])
    cold["low"], cold["high"], cold["block"] = 5.0, 5.0, MIDNIGHT_S // 3600
    closed["start_s"], closed["min"], closed["max"] = MIDNIGHT_S, 5.0, 5.0

    hour_begins(rows, cold, known, closed, np.array([MIDNIGHT_S + 3600]))
    follows = int(rows["slow"][0])
    hour_begins(rows, cold, known, closed, np.array([MIDNIGHT_S + 7200]))

    assert still[-1] == FAIL
    assert (follows > 0, int(rows["slow"][0])) == (True, 0)


def test_series_that_do_not_ask_for_it_are_left_alone() -> None:
    """Nothing is added to their words."""
    state, known = fresh(1), np.array([params_row("mean", 600, {})])
    run = Run(np.zeros(2, np.int64), MIDNIGHT_S + np.array([0, 9000]), np.ones(2), np.zeros(1, np.int64))

    assert slow_words(state, known, run, np.ones(2, np.bool_)).tolist() == [0, 0]
    assert state.tobytes() == fresh(1).tobytes()
