"""What the numerics must know of a series: its aggregate, its period and its thresholds, one record a series."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from devices.quantity import Quantity

AGGREGATES = ("mean", "circular", "energetic", "sum", "counter", "last", "max", "timed_mean", "min")
"""How readings become one value; a PARAMS record holds the position in this tuple."""
MEAN, CIRCULAR, ENERGETIC, SUM, COUNTER, LAST, MAX, TIMED, MIN = range(9)

MONTHS = 12
CLIMATE = tuple(f"month_{n}_{side}" for n in range(1, MONTHS + 1) for side in ("low", "high"))
THRESHOLDS = (
    "fail_low", "fail_high", "suspect_low", "suspect_high", "rate_per_s", "spike_suspect", "spike_fail",
    "flat_tolerance", "flat_step", "flat_suspect_s", "flat_fail_s", "attenuated_suspect", "attenuated_fail", "attenuated_s",
    "clock_periods", "counter_wrap", *CLIMATE,
)  # fmt: skip
"""Names of thresholds, as in quantities.toml, in recipes and in a series' overrides."""

PARAMS = np.dtype(
    [
        ("fail_low", "f8"),  # thresholds of tests that are not made are infinite: nothing is beyond them
        ("suspect_low", "f8"),
        ("fail_high", "f8"),
        ("suspect_high", "f8"),
        ("rate_per_s", "f8"),
        ("spike_suspect", "f8"),
        ("spike_fail", "f8"),
        ("flat_step", "f8"),  # values are read in steps of this, see numerics/flat.py
        ("flat_levels", "f8"),  # so many steps, or more, are a move
        ("flat_turn", "f8"),  # steps in a full turn where the aggregate is circular, else 0
        ("flat_suspect_s", "f8"),
        ("flat_fail_s", "f8"),
        ("flat_gap_s", "f8"),  # a silence longer than this starts the flat line test anew
        ("near_s", "f8"),  # a reading farther away than this is no neighbour
        ("clock_s", "f8"),  # three readings within less than this: their clock is doubtful
        ("wrap", "f8"),  # where a counter starts anew by itself
        ("hz", "f8"),  # readings a second that a working board sends, from since_s on
        ("hz_before", "f8"),  # and before since_s
        ("since_s", "f8"),
        ("made", "i8"),  # the word of tests: 1 where a test is made, 2 where it is not
        ("flat_unit", "i8"),  # 1 << the shift of the nibble into which a flat line goes
        ("aggregate", "u1"),
        ("gross", "?"),  # is the test made?
        ("rate", "?"),
        ("spike", "?"),
        ("flat", "?"),
        ("attenuated", "?"),
        ("climatology", "?"),
        ("clock", "?"),
        ("attenuated_suspect", "f8"),
        ("attenuated_fail", "f8"),
        ("attenuated_block_s", "f8"),  # a quarter of the time that the test looks back
        ("climate", "f8", (MONTHS, 2)),  # the suspect span of each month
    ],
    align=True,
)
"""One record a series, every field of eight bytes or eight of one."""

HOT_PARAMS = np.dtype([(name, PARAMS[name]) for name in PARAMS.names or () if name != "climate"], align=True)
"""The fields before the months."""
_PLAIN = np.dtype(
    {"names": ["hot"], "formats": [f"V{HOT_PARAMS.itemsize}"], "offsets": [0], "itemsize": PARAMS.itemsize}
)

NEAR_S = 3600.0
"""Rate of change and spike compare readings that are at most so far apart, or four periods where those are longer."""
LEVELS = 6
"""A flat line's tolerance is at most so many steps: the memory of where values were has twice as many places."""
LEAST = 4
"""A flat line is at least so many periods long."""
HOUR_S = 3600
ATTENUATED_S = 86_400.0
"""The range of values is looked at over so long where nothing else is said."""
FINE = 2.0**-20
"""The step of readings that must repeat exactly to be a flat line: a millionth, exact in binary."""
GROSS, RATE, SPIKE, FLAT, ATTENUATED, CLIMATOLOGY, NEIGHBOURS, STUCK, CLOCK, ANOMALY = (4 * n for n in range(10))
"""Where the nibble of each test begins; their names are in numerics/flags.py: TESTS."""
NOTHING_MADE = 0x2222222222
"""The word of a reading of which no test was made."""


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
    _set_slow(row, quality)
    row["clock_s"] = quality.get("clock_periods", 0) * period_s
    row["clock"] = row["clock_s"] > 0
    row["wrap"] = quality.get("counter_wrap", math.inf)
    row["made"] = _made(row)
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


def series_row(quantity: Quantity, periods: Sequence[tuple[int, float]], quality: Mapping[str, float]) -> np.void:
    """The same of a series of a quantity, whose own thresholds `quality` stand above the quantity's."""
    step = {"flat_step": 10.0**-quantity.digits_wire}
    return dated_row(quantity.aggregate, periods, step | {**quantity.quality, **quality})


def dated(known: NDArray[np.void], at_s: int) -> NDArray[np.void]:
    """PARAMS as they held at a time: with the period before, where the newest one begins only then or later.

    >>> row = dated_row("mean", [(0, 60.0), (86400, 10.0)], {})
    >>> [round(float(dated(np.array([row]), at_s)["hz"][0]), 3) for at_s in (86400, 86401)]
    [0.017, 0.1]
    """
    earlier = known["since_s"] >= at_s
    if not earlier.any():
        return known
    then = known.copy()
    then["hz"] = np.where(earlier, known["hz_before"], known["hz"])
    return then


def no_params(count: int) -> NDArray[np.void]:
    """Records of `count` series of which nothing is known: means, and no test is made.

    >>> bool(no_params(1)["gross"][0]), float(no_params(1)["hz"][0])
    (False, 0.0)
    """
    return np.full(count, params_row("mean", 0, {}), PARAMS)


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
    """Flat line; half the shorter time, or two periods, is the longest silence that a flat line may hold.

    Times are whole periods, as many as fit, and four at least: so readings at their period are flagged as by a count of them. Where the tolerance
    has more than LEVELS steps, values are read in coarser ones.
    """
    fail = quality.get("flat_fail_s", math.inf)
    suspect = min(fail, quality.get("flat_suspect_s", math.inf))
    row["flat_suspect_s"], row["flat_fail_s"] = _whole(suspect, period_s), _whole(fail, period_s)
    row["flat_gap_s"] = max(suspect / 2, 2 * period_s)
    row["flat"] = math.isfinite(suspect)
    counter = row["aggregate"][0] == COUNTER
    row["flat_unit"] = 1 << (STUCK if counter else FLAT)
    tolerance = quality.get("flat_tolerance", 0.0)
    step = quality.get("flat_step", tolerance / 4) if tolerance > 0 else FINE
    step *= max(1, math.ceil(tolerance / step / LEVELS - 1e-9))
    row["flat_step"], row["flat_levels"] = step, max(1, math.ceil(tolerance / step - 1e-9))
    turn = round(360 / step)
    row["flat_turn"] = turn if row["aggregate"][0] == CIRCULAR and math.isclose(turn * step, 360) else 0


def _whole(time_s: float, period_s: float) -> float:
    """The whole periods that fit into a time, at least LEAST: a board that measures each half hour says nothing by two equal readings."""
    if not (math.isfinite(time_s) and period_s > 0):
        return time_s
    return max(LEAST, math.floor(time_s / period_s + 1e-9)) * period_s


def _set_slow(row: NDArray[np.void], quality: Mapping[str, float]) -> None:
    """Attenuated signal, over four blocks of whole hours; climatology."""
    fail = quality.get("attenuated_fail", -math.inf)
    row["attenuated_fail"] = fail
    row["attenuated_suspect"] = max(fail, quality.get("attenuated_suspect", -math.inf))
    row["attenuated"] = bool({"attenuated_suspect", "attenuated_fail"} & set(quality))
    row["attenuated_block_s"] = max(1, round(quality.get("attenuated_s", ATTENUATED_S) / 4 / HOUR_S)) * HOUR_S
    spans = [quality.get(name, math.inf * (1 if name.endswith("high") else -1)) for name in CLIMATE]
    row["climate"] = np.reshape(spans, (MONTHS, 2))
    row["climatology"] = bool(set(CLIMATE) & set(quality))


def _made(row: NDArray[np.void]) -> int:
    """The word of a reading that passes all tests that are made."""
    word = NOTHING_MADE
    flat = STUCK if row["aggregate"][0] == COUNTER else FLAT
    shifts = {"gross": GROSS, "rate": RATE, "spike": SPIKE, "flat": flat, "climatology": CLIMATOLOGY, "clock": CLOCK}
    for name in ("gross", "rate", "flat", "climatology", "clock"):
        word -= int(row[name][0]) << shifts[name]
    return word


def hot_rows(params: NDArray[np.void], ids: NDArray[np.int64]) -> NDArray[np.void]:
    """The HOT_PARAMS records of some series, moved as plain bytes."""
    return params.view(_PLAIN)["hot"][ids].view(HOT_PARAMS)
