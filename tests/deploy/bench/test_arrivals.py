"""When rows came: late ones and wrong clocks delay nothing that comes after them."""

from __future__ import annotations

import numpy as np
import pytest

from deploy.bench.arrivals import arrivals

DAY_S = 86_400


def test_a_clock_that_was_wrong_does_not_delay_what_came() -> None:
    """Rows of a clock that ran ahead, or behind, came when the rows around them say."""
    right = np.arange(0, 3000, 60)
    for wrong_s in (7200, -7200):
        times = right.copy()
        times[20:30] += wrong_s

        assert arrivals(times, 60).tolist() == right.tolist()


def test_rows_that_are_a_little_late_delay_nothing_after_them() -> None:
    """Neighbours that changed places come together; the rows after them come when they say."""
    right = np.arange(0, 6000, 60)
    times = right.copy()
    for row in range(5, 90, 6):
        times[[row, row + 1]] = times[[row + 1, row]]

    late = arrivals(times, 60) - right
    assert late.max() == 60
    assert late[-5:].tolist() == [0] * 5


def test_a_row_that_is_very_late_delays_nothing_after_it() -> None:
    """One row, or a pile of them that was kept and ends elsewhere than it began, came between the rows around it."""
    right = np.arange(0, 12_000, 60)
    one = np.insert(np.delete(right, 50), 80, right[50])
    pile = np.concatenate([right[:50], right[100:110], right[50:100], right[110:]])

    assert arrivals(one, 60)[80] in range(right[79], right[82])
    assert arrivals(one, 60)[81:].tolist() == right[81:].tolist()
    assert (arrivals(pile, 60)[60:110] <= right[110]).all()
    assert arrivals(pile, 60)[110:].tolist() == right[110:].tolist()


@pytest.mark.parametrize("wrong_s", [7200, -7200])
@pytest.mark.parametrize("gap", [slice(90, 100), slice(100, 110), slice(290, 300), slice(300, 310)])
def test_a_gap_beside_a_wrong_clock_delays_nothing_after_it(wrong_s: int, gap: slice) -> None:
    """Ten rows that are missing at either end of the jump move what lies inside it by their time at most."""
    right = np.arange(0, 60_000, 60)
    times = right.copy()
    times[100:300] += wrong_s
    times, right, inside = (np.delete(some, gap) for some in (times, right, times != right))
    off_s = np.abs(arrivals(times, 60) - right)

    assert off_s[~inside].max() == 0
    assert off_s[inside].max() <= 600


def test_a_dropout_is_no_wrong_clock() -> None:
    """A clock that was set back by as much as a dropout took, an hour or days before, is told from it: nothing comes before its stamp."""
    right = np.arange(0, 8 * DAY_S, 60)
    for dropout, off_s in ((1440, 30), (6000, 0), (6000, 60)):
        times = right.copy()
        times[7000:7600] -= 7200 - off_s
        times, came = (np.delete(some, slice(dropout, dropout + 120)) for some in (times, right))

        assert arrivals(times, 60).tolist() == came.tolist()


def test_a_clock_that_stays_behind_is_not_taken_for_the_end_of_a_dropout() -> None:
    """A step back that nothing undoes delays rows until stamps are new again, and a dropout days before stays one."""
    right = np.arange(0, 4 * DAY_S, 60)
    times = right.copy()
    times[4000:] -= 7200
    times = np.delete(times, slice(1000, 1120))

    came = arrivals(times, 60)
    assert (came >= times).all()
    assert came[-1] == times[-1]
