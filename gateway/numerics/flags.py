"""Quality flags after QARTOD: gross range, rate of change, spike and flat line, for a stream.

References:
    IOC Manuals and Guides 54, volume 3 (2013): the primary flags. IOOS QARTOD manuals (2020), tests 3, 6, 7 and 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.change import change, off_middle
from gateway.numerics.columns import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from gateway.numerics.order import Run

TESTS = ("gross", "rate", "spike", "flat")
"""The tests, in the order of their nibbles in READING.tests, the lowest first."""
GROSS, RATE, SPIKE, FLAT = (4 * n for n in range(len(TESTS)))

PRECEDENCE = (MISSING, NOT_EVALUATED, GOOD, SUSPECT, FAIL)
"""The later in this row, the worse: the primary flag is the worst of the tests."""

RANK = np.zeros(16, np.uint8)
"""Flag -> its position in PRECEDENCE."""
RANK[list(PRECEDENCE)] = range(len(PRECEDENCE))


def _primaries() -> NDArray[np.uint8]:
    """The primary flag of every word of four nibbles."""
    words = np.arange(1 << 16)
    worst = np.max([RANK[(words >> shift) & 15] for shift in (GROSS, RATE, SPIKE, FLAT)], axis=0)
    primaries: NDArray[np.uint8] = np.array(PRECEDENCE, np.uint8)[worst]
    return primaries


_PRIMARY = _primaries()


@dataclass(frozen=True, slots=True)
class Judged:
    """What the tests say of a run of n readings over m series."""

    tests: NDArray[np.int64]
    """(n,) the spike test of a series' last reading waits for its successor: it is not evaluated."""
    settled: NDArray[np.int64]
    """(m,) tests of the reading before each series' first, its spike test decided now."""
    decided: NDArray[np.bool_]
    """(m,) is that another result than before."""
    value: NDArray[np.float64]
    """(n,) the values, NaN where one is missing."""
    enters: NDArray[np.bool_]
    """(n,) does the value enter windows: it is there, and did not fail the gross range test."""
    moved: NDArray[np.float64]
    """(n,) change since the reading before, NaN where that one does not enter windows or is too far away."""
    before: NDArray[np.float64]
    """(n,) the value that stands before each reading, NaN where it is missing or too far away."""
    cell: NDArray[np.float64]
    """(2, n) see `flat_line`."""
    since_s: NDArray[np.int64]
    """(2, n) see `flat_line`."""


def pack_tests(gross: int, rate: int, spike: int, flat: int) -> int:
    """Four flags as one word of nibbles.

    >>> hex(pack_tests(GOOD, SUSPECT, NOT_EVALUATED, FAIL))
    '0x4231'
    """
    return gross << GROSS | rate << RATE | spike << SPIKE | flat << FLAT


def unpack_tests(tests: int) -> dict[str, int]:
    """The flag of each test.

    >>> unpack_tests(0x4231)
    {'gross': 1, 'rate': 3, 'spike': 2, 'flat': 4}
    """
    return {name: int(tests) >> 4 * n & 15 for n, name in enumerate(TESTS)}


def primary(tests: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The primary flag: the worst of the tests by PRECEDENCE.

    >>> primary(np.array([0x2222, 0x2221, 0x3421, 0x9999])).tolist()
    [2, 1, 4, 9]
    """
    return _PRIMARY[tests]


def judge(was: NDArray[np.void], known: NDArray[np.void], run: Run) -> Judged:
    """Run the four tests over the readings of a run.

    `was` and `known` are the STATE and PARAMS records of the run's series, in its order.
    """
    group, there = run.group, np.isfinite(run.value)
    value = run.value if there.all() else np.where(there, run.value, np.nan)
    step_s = run.time_s - run.shifted(run.time_s, was["last_s"])
    near = step_s <= known["near_s"][group]
    before = np.where(near, run.shifted(value, was["value"]), np.nan)
    moved = change(value, before, known["aggregate"][group])
    gross = gross_range(value, known, group)
    cell, since_s = flat_since(was, known, Run(run.series, run.time_s, value, run.starts), step_s)
    spike, settled = _spikes(was, known, run, value, before)
    rate = rate_of_change(moved, step_s, known, group)
    flat = flat_line(run.time_s - since_s.min(axis=0), known, group)
    tests = (gross | rate << 4).astype(np.int64) | (spike | flat << 4).astype(np.int64) << SPIKE
    tests[~there] = pack_tests(MISSING, MISSING, MISSING, MISSING)
    enters = there & (gross != FAIL)
    sound = run.shifted(enters, was["tests"] >> GROSS & 15 != FAIL)
    return Judged(
        tests, settled, settled != was["tests"], value, enters, np.where(sound, moved, np.nan), before, cell, since_s
    )


def gross_range(value: NDArray[np.float64], known: NDArray[np.void], group: NDArray[np.int64]) -> NDArray[np.uint8]:
    """3 outside the suspect span, 4 outside the fail span (QARTOD test 3)."""
    suspect = (value < known["suspect_low"][group]) | (value > known["suspect_high"][group])
    fail = (value < known["fail_low"][group]) | (value > known["fail_high"][group])
    return _graded(suspect, fail, known["gross"][group])


def rate_of_change(
    moved: NDArray[np.float64], step_s: NDArray[np.int64], known: NDArray[np.void], group: NDArray[np.int64]
) -> NDArray[np.uint8]:
    """3 where the value moved faster than `rate_per_s` since the reading before (QARTOD test 7)."""
    fast = np.abs(moved / step_s) > known["rate_per_s"][group]
    return _graded(fast, np.False_, known["rate"][group] & ~np.isnan(moved))


def spike(off: NDArray[np.float64], known: NDArray[np.void], group: NDArray[np.int64]) -> NDArray[np.uint8]:
    """3 or 4 where a reading lies too far `off` the middle of its two neighbours (QARTOD test 6)."""
    suspect, fail = off > known["spike_suspect"][group], off > known["spike_fail"][group]
    return _graded(suspect, fail, known["spike"][group] & ~np.isnan(off))


def flat_line(flat_s: NDArray[np.int64], known: NDArray[np.void], group: NDArray[np.int64]) -> NDArray[np.uint8]:
    """3 or 4 where the value has not moved for too long, 1 already while the past is shorter (QARTOD test 8)."""
    return _graded(
        flat_s >= known["flat_suspect_s"][group], flat_s >= known["flat_fail_s"][group], known["flat"][group]
    )


def flat_since(
    was: NDArray[np.void], known: NDArray[np.void], run: Run, step_s: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """For each reading its cell in two grids, and since when the series has been in that cell; both (2, n).

    Cells are twice the tolerance wide and the grids half a cell apart, so that readings within one tolerance share a
    cell of one grid, and readings that share a cell lie within two. A silence, or a missing value, begins anew.
    """
    group = run.group
    width = 2 * known["flat_tolerance"][group]
    silent = step_s > known["flat_gap_s"][group]
    scaled = np.divide(run.value, width, out=run.value.copy(), where=width > 0)
    cell, since_s = np.empty((2, len(run))), np.empty((2, len(run)), np.int64)
    for grid in range(2):
        cell[grid] = np.where(width > 0, np.floor(scaled + grid / 2), run.value)
        moved = silent | (cell[grid] != run.shifted(cell[grid], was["cell"][:, grid]))
        from_s = run.time_s.copy()
        stays = run.starts[~moved[run.starts]]
        from_s[stays] = was["since_s"][group[stays], grid]
        moved[run.starts] = True
        since_s[grid] = from_s[np.maximum.accumulate(np.where(moved, np.arange(len(run)), 0))]
    return cell, since_s


def _spikes(
    was: NDArray[np.void],
    known: NDArray[np.void],
    run: Run,
    value: NDArray[np.float64],
    before: NDArray[np.float64],
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """The spike test of each reading but the last of each series, and the tests of the readings before the first.

    Each reading decides on the one `before` it (n,), whose own neighbour before stands one row higher.
    """
    off = off_middle(before, run.shifted(before, was["before"]), value, known["aggregate"][run.group])
    decided = spike(off, known, run.group)
    ahead = np.full(len(run), NOT_EVALUATED, np.uint8)
    ahead[:-1] = decided[1:]
    ahead[run.ends] = NOT_EVALUATED
    first = decided[run.starts].astype(np.int64)
    settled = was["tests"] & ~(15 << SPIKE) | first << SPIKE
    return ahead, np.where(first == NOT_EVALUATED, was["tests"], settled)


def _graded(
    suspect: NDArray[np.bool_], fail: NDArray[np.bool_] | np.bool_, made: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """1, 3 where suspect, 4 where it fails too (what fails is suspect); 2 where the test was not made."""
    grade = GOOD + (SUSPECT - GOOD) * suspect.astype(np.uint8) + (FAIL - SUSPECT) * (suspect & fail).astype(np.uint8)
    return np.where(made, grade, NOT_EVALUATED).astype(np.uint8)
