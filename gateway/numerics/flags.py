"""Quality flags after QARTOD, for a stream: what each test says of a reading, and the worst of it.

References:
    IOC Manuals and Guides 54, volume 3 (2013): the primary flags. IOOS QARTOD manuals (2020), tests 3 to 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics import params
from gateway.numerics.change import Kinds, changed, kinds, off_middle
from gateway.numerics.columns import FAIL, GOOD, MISSING, NOT_EVALUATED, SUSPECT
from gateway.numerics.flat import stand_still, stood_still
from gateway.numerics.order import Run
from gateway.numerics.params import (
    ANOMALY,
    ATTENUATED,
    CLIMATOLOGY,
    CLOCK,
    MONTHS,
    NEIGHBOURS,
    RATE,
    SPIKE,
)

TESTS = ("gross", "rate", "spike", "flat", "attenuated", "climatology", "neighbours", "stuck", "clock", "anomaly")
"""The tests, in the order of their nibbles in READING.tests, the lowest first. A nibble 0 is of a reading older than the test."""
GROSS = params.GROSS
"""Where the nibble of the gross range test begins."""
RAISED = 15 << NEIGHBOURS | 15 << ANOMALY
"""The nibbles that others set when a reading is older: a rework keeps them."""

PRECEDENCE = (MISSING, NOT_EVALUATED, GOOD, SUSPECT, FAIL)
"""The later in this row, the worse: the primary flag is the worst of the tests."""

RANK = np.zeros(16, np.uint8)
"""Flag -> its position in PRECEDENCE."""
RANK[list(PRECEDENCE)] = range(len(PRECEDENCE))
_ALL_MISSING = sum(MISSING << 4 * n for n in range(len(TESTS)))


_ONES = sum(1 << 4 * n for n in range(len(TESTS)))


@dataclass(frozen=True, slots=True)
class Judged:
    """What the tests say of a run of n readings over m series."""

    tests: NDArray[np.int64]
    """(n,) the spike test of a series' last reading waits for its successor: it is not evaluated."""
    flag: NDArray[np.uint8]
    """(n,)"""
    settled: NDArray[np.int64]
    """(m,) tests of the reading before each series' first, its spike test decided now."""
    settled_flag: NDArray[np.uint8]
    """(m,)"""
    decided: NDArray[np.bool_]
    """(m,) is that another result than before."""
    value: NDArray[np.float64]
    """(n,) the values, NaN where one is missing."""
    enters: NDArray[np.bool_]
    """(n,) does the value enter windows: it is there, and did not fail the gross range test."""
    before: NDArray[np.float64]
    """(n,) the value that stands before each reading, NaN where it is missing or too far away."""
    of: Kinds
    """Kinds of the n readings."""
    step_s: NDArray[np.int64]
    """(n,) seconds since the reading before."""


def pack_tests(**flags: int) -> int:
    """Flags as one word of nibbles; tests that are not named were not evaluated.

    >>> hex(pack_tests(gross=GOOD, rate=SUSPECT, flat=FAIL))
    '0x2222224231'
    """
    return sum(flags.get(name, NOT_EVALUATED) << 4 * n for n, name in enumerate(TESTS))


def unpack_tests(tests: int) -> dict[str, int]:
    """The flag of each test.

    >>> unpack_tests(0x4231)["flat"], unpack_tests(0x4231)["clock"]
    (4, 2)
    """
    return {name: int(tests) >> 4 * n & 15 or NOT_EVALUATED for n, name in enumerate(TESTS)}


def primary(tests: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The primary flag: the worst of the tests by PRECEDENCE.

    >>> primary(np.array([0x2222, 0x2221, 0x3421, 0x9999999999, 0x3222222221])).tolist()
    [2, 1, 4, 9, 3]
    """
    flag = np.full(tests.shape, GOOD, np.uint8)
    bad = tests >> 1
    bad &= tests
    bad &= _ONES  # 3 alone has both its lower bits set, 4 alone the third, 9 alone the highest
    bad |= tests & 12 * _ONES
    odd = bad > 0
    odd |= (tests & _ONES) == 0
    if (some := odd.nonzero()[0]).size:
        word = tests[some]
        half = word >> 1
        good = word & ~(half >> 2) & _ONES
        found = np.where(good > 0, GOOD, np.where(word & 2 * _ONES, NOT_EVALUATED, MISSING))
        found[(word & half & _ONES) > 0] = SUSPECT
        found[(word & 4 * _ONES) > 0] = FAIL
        flag[some] = found
    return flag


def judge(
    seen: NDArray[np.void], was: NDArray[np.void], known: NDArray[np.void], *, run: Run, slow: NDArray[np.int64]
) -> Judged:
    """Run the tests over the readings of a run; what a flat line remembers goes on. `slow` (n,) is what numerics/slow.py adds.

    `was` and `known` are the STATE (or HOT) and PARAMS records of the run's series, in its order; `seen` the COLD records of all
    series, which are used where each has one reading.
    """
    there = np.isfinite(run.value)
    whole = bool(there.all())
    value = run.value if whole else np.where(there, run.value, np.nan)
    sound = run if whole else Run(run.series, run.time_s, value, run.starts)
    step_s = run.time_s - run.shifted(run.time_s, was["last_s"])
    before = run.shifted(value, was["value"]).copy()
    if (far := (step_s > run.spread(known["near_s"])).nonzero()[0]).size:
        before[far] = np.nan
    of = kinds(run.spread(known["aggregate"]))
    told = spike(off_middle(before, run.shifted(before, was["before"]), value, of), run, known)
    gross = gross_range(value, run, known)
    tests = run.spread(known["made"]) + slow
    tests += gross
    tests += rate_of_change(changed(value, before, of, run.spread(known["wrap"])), step_s, run, known)
    silent = step_s > run.spread(known["flat_gap_s"])
    if run.single:
        since_s = stand_still(was, seen, known, run=sound, silent=silent)
    else:
        since_s = stood_still(was, known, sound, silent)
    tests += flat_line(since_s, run, known)
    if known["clock"].any():
        tests += clock_doubt(run, was, known)
    if not run.single:
        tests[:-1] += told[1:]
        tests[run.ends[:-1]] -= told[run.starts[1:]]
    enters = gross < FAIL - GOOD
    if not whole:
        tests[~there] = _ALL_MISSING
        enters &= there
    first = told if run.single else told[run.starts]
    settled = was["tests"] + first
    flag = was["flag"].astype(np.uint8)
    some = ((first > 0) | (flag == NOT_EVALUATED)).nonzero()[0]
    if some.size:
        flag[some] = primary(settled[some])  # a good spike test makes a good reading no better
    return Judged(tests, primary(tests), settled, flag, first != 0, value, enters, before, of, step_s)


def gross_range(value: NDArray[np.float64], run: Run, known: NDArray[np.void]) -> NDArray[np.int64]:
    """What the test adds to the word: 2 outside the suspect span, 3 outside the fail span (QARTOD test 4)."""
    suspect = value < run.spread(known["suspect_low"])
    suspect |= value > run.spread(known["suspect_high"])
    added = np.zeros(len(value), np.int64)
    if (some := suspect.nonzero()[0]).size:
        value, low, high = value[some], run.spread(known["fail_low"])[some], run.spread(known["fail_high"])[some]
        added[some] = SUSPECT - GOOD + ((value < low) | (value > high))
    return added


def climatology(
    value: NDArray[np.float64], time_s: NDArray[np.int64], climate: NDArray[np.float64], of: NDArray[np.int64]
) -> NDArray[np.int64]:
    """What the test adds: 2 outside the span of the month, UTC (QARTOD test 5).

    `climate` (s, 12, 2) are spans by month, `of` (n,) says whose are a reading's.
    """
    first, last = _months(np.array([time_s.min(), time_s.max()])).tolist()
    if first == last:
        span = climate.view("c16")[:, first % MONTHS, 0][of]  # two numbers as one are moved in one go
        low, high = span.real, span.imag
    else:
        low, high = climate[of, _months(time_s) % MONTHS].T
    outside = value < low
    outside |= value > high
    return outside * np.int64((SUSPECT - GOOD) << CLIMATOLOGY)


def _months(time_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """Months since January 1970, UTC."""
    months: NDArray[np.int64] = time_s.astype("M8[s]").astype("M8[M]").astype(np.int64)
    return months


def rate_of_change(
    moved: NDArray[np.float64], step_s: NDArray[np.int64], run: Run, known: NDArray[np.void]
) -> NDArray[np.int64]:
    """What the test adds: 2 where the value moved faster than `rate_per_s` since the reading before (QARTOD test 7).

    1, that is, not evaluated, where it is not known how far it moved.
    """
    speed = moved / step_s
    np.abs(speed, out=speed)
    added: NDArray[np.int64] = (speed > run.spread(known["rate_per_s"])) * np.int64((SUSPECT - GOOD) << RATE)
    if (unknown := np.isnan(moved).nonzero()[0]).size:
        added[unknown] = run.spread(known["rate"])[unknown] * np.int64((NOT_EVALUATED - GOOD) << RATE)
    return added


def spike(off: NDArray[np.float64], run: Run, known: NDArray[np.void]) -> NDArray[np.int64]:
    """What the test adds where it was not evaluated yet: a reading lies too far `off` the middle of its neighbours (QARTOD test 6)."""
    added: NDArray[np.int64] = run.spread(known["spike"]) * np.int64((GOOD - NOT_EVALUATED) << SPIKE)
    if (unknown := np.isnan(off).nonzero()[0]).size:
        added[unknown] = 0
    if (some := (off > run.spread(known["spike_suspect"])).nonzero()[0]).size:
        grade = SUSPECT - GOOD + (off[some] > run.spread(known["spike_fail"])[some])
        added[some] += grade << SPIKE
    return added


def flat_line(since_s: NDArray[np.int64], run: Run, known: NDArray[np.void]) -> NDArray[np.int64]:
    """What the test adds: 2 or 3 where a value has not moved for too long (QARTOD test 8); to `stuck` where it counts."""
    still_s = run.time_s - since_s
    added = np.zeros(len(still_s), np.int64)
    if (some := (still_s >= run.spread(known["flat_suspect_s"])).nonzero()[0]).size:
        grade = SUSPECT - GOOD + (still_s[some] >= run.spread(known["flat_fail_s"])[some])
        added[some] = grade * run.spread(known["flat_unit"])[some]
    return added


def clock_doubt(run: Run, was: NDArray[np.void], known: NDArray[np.void]) -> NDArray[np.int64]:
    """What the test adds: 2 where three readings came within `clock_s`, little more than one period.

    That is two rows of readings through one another, as when a clock was set back; one reading too early is a restart.
    """
    earlier_s = run.shifted(run.shifted(run.time_s, was["last_s"]), was["earlier_s"])
    close: NDArray[np.bool_] = run.time_s - earlier_s < run.spread(known["clock_s"])
    return close.astype(np.int64) * ((SUSPECT - GOOD) << CLOCK)


def attenuated_signal(width: NDArray[np.float64], known: NDArray[np.void]) -> NDArray[np.int64]:
    """What the test adds to the word by the range of the last blocks of hours, NaN where one is empty (QARTOD test 10, range)."""
    grade = _graded(width < known["attenuated_suspect"], width < known["attenuated_fail"])
    made = known["attenuated"] & ~np.isnan(width)
    added: NDArray[np.int64] = np.where(made, (grade + (GOOD - NOT_EVALUATED)) << ATTENUATED, 0)
    return added


def _graded(suspect: NDArray[np.bool_], fail: NDArray[np.bool_]) -> NDArray[np.int64]:
    """0, 2 where suspect, 3 where it fails too (what fails is suspect)."""
    grade = suspect * np.int64(SUSPECT - GOOD)
    grade += fail
    return grade
