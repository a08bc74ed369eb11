"""What the numerics must know of a series: its aggregate, its period and its thresholds, one record a series."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

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
        ("near_s", "f8"),  # a reading farther away than this is no neighbour
        ("hz", "f8"),  # readings a second that a working board sends, from since_s on
        ("hz_before", "f8"),  # and before since_s
        ("since_s", "f8"),
        ("aggregate", "u1"),
        ("gross", "?"),  # is the test evaluated?
        ("rate", "?"),
        ("spike", "?"),
        ("flat", "?"),
    ],
    align=True,
)
"""One record a series. All zeros is a series of which nothing is known: a mean, and no test evaluated."""

NEAR_S = 3600.0
"""Rate of change and spike compare readings that are at most so far apart, or four periods where those are longer."""


class ParamsError(ValueError):
    """A series asks for an aggregate or a threshold that does not exist."""


def params_row(
    aggregate: str, period_s: float, quality: Mapping[str, float], *, since_s: float = 0, before_s: float | None = None
) -> np.void:
    """The record of a series; a test whose thresholds are missing is not evaluated.

    A reading is expected every `period_s` from `since_s` on, and every `before_s` (the same where None) until then.
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
    row["near_s"] = max(NEAR_S, 4 * period_s)
    row["hz"] = _hz(period_s)
    row["hz_before"] = _hz(period_s if before_s is None else before_s)
    row["since_s"] = since_s
    _set_range(row, quality)
    _set_change(row, quality)
    _set_flat(row, quality, period_s)
    record: np.void = row[0]
    return record


def dated_row(aggregate: str, periods: Sequence[tuple[int, float]], quality: Mapping[str, float]) -> np.void:
    """The same from the registry's dated periods, (from_s, period_s) oldest first: the last two count.

    >>> row = dated_row("mean", [(0, 60.0), (86400, 10.0)], {})
    >>> [round(float(row[name]), 3) for name in ("hz_before", "hz", "since_s")]
    [0.017, 0.1, 86400.0]
    """
    if not periods:
        return params_row(aggregate, 0, quality)
    since_s, period_s = periods[-1]
    before_s = periods[-2][1] if len(periods) > 1 else None
    return params_row(aggregate, period_s, quality, since_s=since_s, before_s=before_s)


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


def _hz(period_s: float) -> float:
    """Readings a second; 0 where no period is known."""
    return 1 / period_s if period_s > 0 else 0.0


def _set_flat(row: NDArray[np.void], quality: Mapping[str, float], period_s: float) -> None:
    """Flat line; half the shorter time, or two periods, is the longest silence that a flat line may hold."""
    fail = quality.get("flat_fail_s", math.inf)
    suspect = min(fail, quality.get("flat_suspect_s", math.inf))
    row["flat_tolerance"] = quality.get("flat_tolerance", 0.0)
    row["flat_suspect_s"], row["flat_fail_s"] = suspect, fail
    row["flat_gap_s"] = max(suspect / 2, 2 * period_s)
    row["flat"] = math.isfinite(suspect)
