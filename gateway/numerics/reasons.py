"""Why each test flagged a reading, with the numbers: made again from what is stored, so nothing need be kept for it.

rows = tail(series, time_s - memory_s(known), ...) up to the reading, and the one after it
for reason in explain(row, rows, known=known, quantity=quantity, lang="fr"):
    reason.test, reason.flag, reason.value, reason.threshold, reason.sentence

What the watch raised is told by the event that it saw: `by_events(reasons, time_s, events, quantity=quantity, lang="fr")`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from devices.quantity import Quantity
from devices.words import decimal, say
from gateway.numerics.change import change, kinds, off_middle
from gateway.numerics.columns import FAIL, SUSPECT
from gateway.numerics.flags import unpack_tests
from gateway.numerics.flat import levels, turned
from gateway.numerics.params import HOUR_S, MONTHS
from gateway.numerics.watch.events import KINDS, LONGEST_S
from gateway.numerics.watch.telling import told

RAISED_BY = {
    "neighbours": ("jump", "drift"),
    "anomaly": ("spike", "jump", "drift", "grown", "gone", "stuck"),
}
"""The tests that the watch raises, and the kinds of events that it raises them for."""
EVENT_MEMORY_S = LONGEST_S + 86_400
"""How long before a reading the event may have begun that raised its flag."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One test that flagged a reading."""

    test: str
    flag: int
    """3 or 4."""
    value: float
    """What was compared, in the quantity's unit (flat, stuck, clock: seconds; rate: unit a second); NaN where unknown.

    Of `neighbours` and `anomaly` the size of their event (of noise a factor, of a stuck sensor readings); without it the score.
    """
    threshold: float
    """With what; NaN where that is not known."""
    sentence: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A reading among others of its series."""

    row: np.void
    known: np.void
    before: NDArray[np.void]
    """READING rows before it, oldest first."""
    after: NDArray[np.void]
    quantity: Quantity
    lang: str
    flag: int

    def number(self, value: float, *, near: float | None = None) -> str:
        """A value with its unit, with as many decimals as `near` (or itself) needs."""
        digits = self.quantity.digits
        small = abs(value if near is None else near)
        if 0 < small < 1:
            digits = max(digits, 1 - math.floor(math.log10(small)))
        return f"{decimal(f'{value:.{digits}f}', self.lang)} {self.quantity.unit_text}"

    def limit(self, suspect: str, fail: str) -> float:
        """The threshold that gave the flag."""
        return float(self.known[fail if self.flag == FAIL else suspect])

    def say(self, key: str, **told: str) -> str:
        """The words of a reason."""
        return say(f"reasons.{key}", self.lang, **told)


def explain(row: np.void, rows: NDArray[np.void], *, known: np.void, quantity: Quantity, lang: str) -> list[Reason]:
    """The tests that flagged a READING row 3 or 4, in the order of TESTS.

    `rows` are READING rows of its series around it, oldest first: for whole numbers as far back as `memory_s` says, and the one
    after it; `known` is its PARAMS record. Where rows are missing the flag stands, and the number is NaN.
    """
    before, after = rows[rows["time_s"] < row["time_s"]], rows[rows["time_s"] > row["time_s"]]
    reasons = []
    for test, flag in unpack_tests(int(row["tests"])).items():
        if flag in {SUSPECT, FAIL}:
            asked = _Asked(row, known, before, after, quantity, lang, flag)
            value, threshold, sentence = _TOLD[test](asked)
            reasons.append(Reason(test, flag, value, threshold, sentence))
    return reasons


def by_events(
    reasons: Sequence[Reason], time_s: int, events: NDArray[np.void], *, quantity: Quantity, lang: str
) -> list[Reason]:
    """The same, what the watch raised with sentence, size and limit of the event that covers the reading's time.

    `events` are EVENT rows of its series, oldest first, that began up to EVENT_MEMORY_S before it; of several that cover it the last
    one counts. Where none does, because it began where nobody may look, the reason stays as it is.
    """
    found = []
    over = (events["end_s"] != 0) & (events["end_s"] <= time_s)
    going_on = events[(events["start_s"] <= time_s) & ~over]
    for reason in reasons:
        mine = going_on[np.isin(going_on["kind"], [KINDS.index(kind) for kind in RAISED_BY.get(reason.test, ())])]
        if len(mine):
            event = mine[-1]
            size, against = float(event["size"]), float(event["against"])
            reason = replace(reason, value=size, threshold=against, sentence=told(event, quantity, lang))  # noqa: PLW2901
        found.append(reason)
    return found


def memory_s(known: np.void) -> int:
    """How far back a test may look, in seconds."""
    flat_s = known["flat_fail_s"] if math.isfinite(known["flat_fail_s"]) else known["flat_suspect_s"]
    looks = [float(known["near_s"])]
    looks += [float(flat_s + known["flat_gap_s"])] if known["flat"] else []
    looks += [float(5 * known["attenuated_block_s"] + HOUR_S)] if known["attenuated"] else []
    return math.ceil(max(looks))


def lasting(time_s: float, lang: str) -> str:
    """A time as people say it.

    >>> lasting(10_800, "fr"), lasting(5400, "en"), lasting(200_000, "fr")
    ('3 h', '90 min', '2 j')
    """
    if time_s >= 2 * 86_400:
        return say("reasons.days", lang, n=f"{time_s / 86_400:.0f}")
    if time_s >= 2 * HOUR_S:
        return f"{decimal(f'{time_s / HOUR_S:.1f}'.removesuffix('.0'), lang)} h"
    return f"{time_s / 60:.0f} min" if time_s >= 120 else f"{time_s:.0f} s"


Told = tuple[float, float, str]
"""Value, threshold, sentence."""


def _gross(asked: _Asked) -> Told:
    value, side = float(asked.row["value"]), "fail" if asked.flag == FAIL else "suspect"
    low, high = float(asked.known[f"{side}_low"]), float(asked.known[f"{side}_high"])
    limit, key = (low, "below") if value < low else (high, "above")
    return value, limit, asked.say(key, value=asked.number(value), limit=asked.number(limit))


def _climatology(asked: _Asked) -> Told:
    value = float(asked.row["value"])
    month = int(asked.row["time_s"].astype("M8[s]").astype("M8[M]").astype(np.int64)) % MONTHS
    low, high = asked.known["climate"][month].tolist()
    limit, key = (low, "climate_below") if value < low else (high, "climate_above")
    return value, limit, asked.say(key, value=asked.number(value), limit=asked.number(limit))


def _rate(asked: _Asked) -> Told:
    limit = float(asked.known["rate_per_s"])
    if not len(asked.before):
        return math.nan, limit, say("flags.rate_suspect", asked.lang)
    last = asked.before[-1:]
    aggregate = np.array([asked.known["aggregate"]])
    moved = float(change(np.array([asked.row["value"]]), last["value"], aggregate)[0])
    step_s = int(asked.row["time_s"] - last["time_s"][0])
    told = asked.say(
        "rate", value=asked.number(moved), time=lasting(step_s, asked.lang), limit=asked.number(60 * limit)
    )
    return moved / step_s, limit, told


def _spike(asked: _Asked) -> Told:
    limit = asked.limit("spike_suspect", "spike_fail")
    if not (len(asked.before) and len(asked.after)):
        return math.nan, limit, say("flags.spike_suspect", asked.lang)
    of = kinds(np.array([asked.known["aggregate"]]))
    value = np.array([asked.row["value"]])
    off = float(off_middle(value, asked.before["value"][-1:], asked.after["value"][:1], of)[0])
    return off, limit, asked.say("spike", value=asked.number(off), limit=asked.number(limit))


def _flat(asked: _Asked) -> Told:
    return _still(asked, "flat")


def _stuck(asked: _Asked) -> Told:
    return _still(asked, "stuck")


def _still(asked: _Asked, key: str) -> Told:
    limit = asked.limit("flat_suspect_s", "flat_fail_s")
    time_s = np.append(asked.before["time_s"], asked.row["time_s"])
    value = np.append(asked.before["value"], asked.row["value"])
    first = _line(asked.known, time_s, value)
    lasts_s = float(time_s[-1] - time_s[first])
    count = int(np.isfinite(value[first:]).sum())
    told = asked.say(
        key, time=lasting(lasts_s, asked.lang), value=asked.number(float(asked.row["value"])), count=str(count),
        limit=lasting(limit, asked.lang),
    )  # fmt: skip
    return lasts_s, limit, told


def _line(known: np.void, time_s: NDArray[np.int64], value: NDArray[np.float64]) -> int:
    """Where the longest run up to the last reading begins that no silence parts and whose range is below the tolerance."""
    level = levels(value, np.array([known["flat_step"]]))
    there = np.flatnonzero(~np.isnan(level))
    way = turned(np.diff(level[there]), np.full(max(len(there) - 1, 0), known["flat_turn"]))
    rel = np.zeros(len(level))
    rel[there] = np.append(0, np.cumsum(way))
    rows = np.where(np.isnan(level), np.nan, rel)[::-1]
    high, low = np.fmax.accumulate(rows), np.fmin.accumulate(rows)
    moved = np.flatnonzero(high - low >= known["flat_levels"])
    silent = np.flatnonzero(np.diff(time_s)[::-1] > known["flat_gap_s"]) + 1
    size = min([len(rows), *(int(at[0]) for at in (moved, silent) if at.size)])
    return len(rows) - size


def _attenuated(asked: _Asked) -> Told:
    limit, span_s = asked.limit("attenuated_suspect", "attenuated_fail"), int(asked.known["attenuated_block_s"])
    end_s = int(asked.row["time_s"]) // span_s * span_s
    inside = asked.before[(asked.before["time_s"] >= end_s - 4 * span_s) & (asked.before["time_s"] < end_s)]
    enters = inside["value"][(inside["tests"] & 15 != FAIL) & np.isfinite(inside["value"])]
    if not len(enters):
        return math.nan, limit, say("flags.attenuated_suspect", asked.lang)
    width = float(enters.max() - enters.min())
    told = asked.say(
        "attenuated",
        value=asked.number(width, near=limit),
        time=lasting(4 * span_s, asked.lang),
        limit=asked.number(limit),
    )
    return width, limit, told


def _clock(asked: _Asked) -> Told:
    limit = float(asked.known["clock_s"])
    if len(asked.before) < 2:
        return math.nan, limit, say("flags.clock_suspect", asked.lang)
    within_s = float(asked.row["time_s"] - asked.before["time_s"][-2])
    told = asked.say("clock", time=lasting(within_s, asked.lang), limit=lasting(limit, asked.lang))
    return within_s, limit, told


def _neighbours(asked: _Asked) -> Told:
    return math.nan, math.nan, asked.say("neighbours")


def _anomaly(asked: _Asked) -> Told:
    score = float(asked.row["score"])
    if math.isnan(score):
        return score, math.nan, say("flags.anomaly_suspect", asked.lang)
    return score, math.nan, asked.say("anomaly", value=decimal(f"{score:.2f}", asked.lang))


_TOLD = {
    "gross": _gross, "rate": _rate, "spike": _spike, "flat": _flat, "attenuated": _attenuated, "climatology": _climatology,
    "neighbours": _neighbours, "stuck": _stuck, "clock": _clock, "anomaly": _anomaly,
}  # fmt: skip
