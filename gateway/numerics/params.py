"""What the numerics must know of a series: its aggregate, its period and its thresholds, one record a series."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

AGGREGATES = ("mean", "circular", "energetic", "sum", "counter", "last", "max")
"""How readings become one value; a PARAMS record holds the position in this tuple."""
MEAN, CIRCULAR, ENERGETIC, SUM, COUNTER, LAST, MAX = range(7)

THRESHOLDS = (
    "fail_low", "fail_high", "suspect_low", "suspect_high", "rate_per_s", "spike_suspect", "spike_fail",
    "flat_tolerance", "flat_suspect_s", "flat_fail_s",
)  # fmt: skip
"""Names of thresholds, as in quantities.toml, in recipes and in a series' overrides."""

PARAMS = np.dtype(
    [
        ("fail_low", "f8"),
        ("fail_high", "f8"),
        ("suspect_low", "f8"),
        ("suspect_high", "f8"),
        ("rate_per_s", "f8"),
        ("spike_suspect", "f8"),
        ("spike_fail", "f8"),
        ("flat_tolerance", "f8"),
        ("flat_suspect_s", "f8"),
        ("flat_fail_s", "f8"),
        ("flat_gap_s", "f8"),  # a silence longer than this starts the flat line test anew
        ("expected_hz", "f8"),  # readings a second that a working board sends
        ("pace", "f8"),  # how fast the anomaly score forgets, a share a reading
        ("aggregate", "u1"),
        ("gross", "?"),  # is the test evaluated?
        ("rate", "?"),
        ("spike", "?"),
        ("flat", "?"),
    ],
    align=True,
)
"""One record a series. All zeros is a series of which nothing is known: a mean, and no test evaluated."""

MEMORY_S = 4 * 3600.0
"""The anomaly score compares with about this long a past."""


class ParamsError(ValueError):
    """A series asks for an aggregate or a threshold that does not exist."""


def params_row(aggregate: str, period_s: float, quality: Mapping[str, float]) -> np.void:
    """The record of a series; a test whose thresholds are missing is not evaluated.

    Raises ParamsError for an unknown aggregate or threshold.

    >>> row = params_row("mean", 60, {"fail_low": -40, "fail_high": 60})
    >>> bool(row["gross"]), bool(row["rate"]), float(row["suspect_low"])
    (True, False, -40.0)
    """
    if aggregate not in AGGREGATES:
        raise ParamsError(f"no aggregate is called {aggregate!r}; there are {', '.join(AGGREGATES)}")
    if unknown := sorted(set(quality) - set(THRESHOLDS)):
        raise ParamsError(f"no threshold is called {unknown[0]!r}; there are {', '.join(THRESHOLDS)}")
    row = np.zeros(1, PARAMS)
    row["aggregate"] = AGGREGATES.index(aggregate)
    row["expected_hz"] = 1 / period_s if period_s > 0 else 0.0
    row["pace"] = min(max(period_s / MEMORY_S, 1 / 1024), 1 / 16)
    _set_range(row, quality)
    _set_change(row, quality)
    _set_flat(row, quality)
    return row[0]


def no_params(count: int) -> NDArray[np.void]:
    """Records of `count` series of which nothing is known."""
    return np.zeros(count, PARAMS)


def _set_range(row: NDArray[np.void], quality: Mapping[str, float]) -> None:
    """Gross range; the suspect span is kept inside the fail span, so that what fails is suspect too."""
    low, high = quality.get("fail_low", -math.inf), quality.get("fail_high", math.inf)
    row["fail_low"], row["fail_high"] = low, high
    row["suspect_low"] = max(low, quality.get("suspect_low", -math.inf))
    row["suspect_high"] = min(high, quality.get("suspect_high", math.inf))
    row["gross"] = bool({"fail_low", "fail_high", "suspect_low", "suspect_high"} & set(quality))


def _set_change(row: NDArray[np.void], quality: Mapping[str, float]) -> None:
    """Rate of change, and spike (suspect at the latest where it fails)."""
    row["rate"] = "rate_per_s" in quality
    row["rate_per_s"] = quality.get("rate_per_s", math.inf)
    fail = quality.get("spike_fail", math.inf)
    row["spike_fail"] = fail
    row["spike_suspect"] = min(fail, quality.get("spike_suspect", math.inf))
    row["spike"] = bool({"spike_suspect", "spike_fail"} & set(quality))


def _set_flat(row: NDArray[np.void], quality: Mapping[str, float]) -> None:
    """Flat line; half the shorter time is the longest silence that a flat line may hold."""
    fail = quality.get("flat_fail_s", math.inf)
    suspect = min(fail, quality.get("flat_suspect_s", math.inf))
    row["flat_tolerance"] = quality.get("flat_tolerance", 0.0)
    row["flat_suspect_s"], row["flat_fail_s"] = suspect, fail
    row["flat_gap_s"] = suspect / 2
    row["flat"] = math.isfinite(suspect)
