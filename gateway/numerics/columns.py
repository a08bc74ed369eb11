"""The columns that travel from admission to the store: what a reading and a window are, as numpy types."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

GOOD, NOT_EVALUATED, SUSPECT, FAIL, MISSING = 1, 2, 3, 4, 9
"""QARTOD primary flags (IOC Manuals and Guides 54:V3)."""

READING = np.dtype(
    [
        ("series", "i8"),
        ("time_s", "i8"),  # UTC, seconds since 1970
        ("value", "f8"),  # in the quantity's unit
        ("flag", "u1"),  # the worst of its tests, by QARTOD's precedence
        ("tests", "i8"),  # one nibble a test, see numerics/flags.py: TESTS
        ("score", "f4"),  # anomaly score in [0, 1], NaN where none was made
    ],
    align=True,
)
"""One reading as the store keeps it: six words of eight bytes."""

WINDOW = np.dtype(
    [
        ("series", "i8"),
        ("start_s", "i8"),  # half-open [start_s, start_s + width)
        ("count", "i8"),  # readings that enter the value
        ("seen", "i8"),  # readings in all, those that failed the gross range test included
        ("min", "f8"),
        ("max", "f8"),
        ("sum", "f8"),  # of values, sines, energies or increases: see numerics/windows.py
        ("sum2", "f8"),  # of cosines where the aggregate is circular, else 0
        ("first", "f8"),
        ("first_s", "i8"),
        ("last", "f8"),
        ("last_s", "i8"),
        ("expected", "f8"),  # readings that a complete window would have
        ("value", "f8"),  # by the quantity's aggregate
        ("completeness", "f8"),  # count / expected, capped at 1
        ("flag", "u1"),  # the worst flag inside
    ],
    align=True,
)
"""One window (m1, h1 or d1): mergeable, because it carries sums and not only the value. Sixteen words."""

TIERS = {"m1": 60, "h1": 3600}
"""Tier of windows that readings fill -> its width in seconds. The tier of readings is called `raw`."""
WIDTHS = {**TIERS, "d1": 86_400}
"""With the local days, which are merged from those: most have this width."""
LONGEST_S = {**TIERS, "d1": 90_000}
"""And a day in autumn has 25 hours."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Admitted readings of many series, in order of arrival: three arrays of one length."""

    series: NDArray[np.int64]
    time_s: NDArray[np.int64]
    value: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.series)

    def take(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Columns:
        """The rows chosen by a mask or an index."""
        return Columns(self.series[index], self.time_s[index], self.value[index])


def as_bytes(row: np.void) -> bytes:
    """What a row holds, and not what lies between its fields: equal rows are equal bytes, also of NaN.

    >>> as_bytes(np.array([(1, 60, np.nan, 2, 0, 0)], READING)[0])
    b'(1, 60, nan, 2, 0, 0.0)'
    """
    return repr(row.tolist()).encode()


def no_columns() -> Columns:
    """Columns of length zero."""
    return Columns(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
