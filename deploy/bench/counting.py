"""What was found of known faults, and what was seen where nothing happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from deploy.bench.faults import Seen, sites
from deploy.bench.folder import FOREVER_S, KINDS, Fault, Series
from gateway.numerics.columns import FAIL, MISSING, SUSPECT
from gateway.numerics.watch import nearest

SOON_S, DAY_S = 1800, 86_400
"""A fault counts as found when it is flagged, or told as an event, so soon after its start; a drift within a day."""
AFTER_S = 3600
"""What is seen so long after a fault belongs to it, and flags less than this apart are one alarm."""
MONTH_S = 30 * DAY_S
GAP = 3
"""Between two readings so many periods count as observed at most: a gap is no time without alarms."""
Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Stuck:
    """How long it took to see that sensors of one quantity and period were stuck."""

    quantity: str
    period_s: float
    count: int
    unseen: int
    """Those that nothing was said of before they were over."""
    worst_delay_s: int | None
    """Of the others the longest time, beyond half an hour too."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it did."""

    found: Mapping[str, tuple[int, int]]
    """Kind -> how many were found, of how many."""
    delays_s: Mapping[str, Sequence[int]]
    """Kind -> how long each found one took."""
    false_events: int = 0
    false_bursts: int = 0
    """Flags outside faults that no event covers, an hour without any between two bursts."""
    tail_bursts: int = 0
    """Flags that only the event of a fault covers, which went on for more than the hour: in `strict`, not in `alarms`."""
    sensor_months: float = 0.0
    false_flags: int = 0
    clean_readings: int = 0
    exempt_s: int = 0
    """How long real events took series out of the count, those of neighbours included."""
    stuck: Sequence[Stuck] = ()

    @property
    def count(self) -> int:
        """Faults in all."""
        return sum(count for _, count in self.found.values())

    @property
    def share(self) -> float:
        """The share that was found; 1 of nothing."""
        return sum(found for found, _ in self.found.values()) / self.count if self.count else 1.0

    @property
    def false_alarms(self) -> int:
        """Events and bursts of flags outside faults."""
        return self.false_events + self.false_bursts

    @property
    def alarms(self) -> float:
        """False alarms a sensor and month."""
        return self.false_alarms / self.sensor_months if self.sensor_months else 0.0

    @property
    def strict(self) -> float:
        """False alarms a sensor and month where whatever is seen more than an hour after a fault is one."""
        return (self.false_alarms + self.tail_bursts) / self.sensor_months if self.sensor_months else 0.0

    @property
    def flags(self) -> float:
        """False flags per 10,000 clean readings."""
        return 1e4 * self.false_flags / self.clean_readings if self.clean_readings else 0.0

    def delay_s(self, kind: str | None = None) -> float | None:
        """The median delay of a kind, or of all; None where none was found."""
        delays = [delay for each, some in self.delays_s.items() for delay in some if kind in {None, each}]
        return float(median(delays)) if delays else None

    def told(self) -> dict[str, object]:
        """The figures by the names that scripts read."""
        return {
            "found_share": self.share,
            "by_kind": {
                kind: {"found": found, "count": count, "share": found / count, "median_delay_s": self.delay_s(kind)}
                for kind, (found, count) in self.found.items()
            },
            "false_alarms_per_sensor_month": self.alarms,
            "false_flags_per_10000": self.flags,
            "median_delay_s": self.delay_s(),
            "false_alarms": self.false_alarms,
            "false_events": self.false_events,
            "false_bursts": self.false_bursts,
            "tail_bursts": self.tail_bursts,
            "false_alarms_per_sensor_month_with_tails": self.strict,
            "sensor_months": self.sensor_months,
            "exempt_hours": self.exempt_s / 3600,
            "stuck": [asdict(one) for one in self.stuck],
        }


def counted(seen: Seen, series: Sequence[Series], faults: Sequence[Fault]) -> Outcome:
    """What was found, and what was seen where nothing happened."""
    number = {one.name: n for n, one in enumerate(series)}
    flags = [seen.flags[seen.flags["series"] == n] for n in range(len(series))]
    events = [seen.events[seen.events["series"] == n] for n in range(len(series))]
    alerts = [np.sort(np.append(f["came_s"][_bad(f)], e["told_s"])) for f, e in zip(flags, events, strict=True)]
    took = [(fault, _delay(alerts[number[fault.series]], fault)) for fault in faults if fault.kind != "event"]
    kinds = [kind for kind in KINDS if any(fault.kind == kind for fault, _ in took)]
    delays = {
        kind: [
            after_s
            for fault, after_s in took
            if fault.kind == kind and after_s is not None and after_s <= _soon_s(fault)
        ]
        for kind in kinds
    }
    found = {kind: (len(delays[kind]), sum(fault.kind == kind for fault, _ in took)) for kind in kinds}
    wrong, real = _spans(series, faults)
    quiet = (
        np.array([_outside(*one) for one in zip(series, flags, events, wrong, real, strict=True)]).sum(axis=0).tolist()
    )
    false_events, false_bursts, tail_bursts, false_flags, clean_readings, observed_s, exempt_s = quiet
    return Outcome(
        found, delays, false_events=false_events, false_bursts=false_bursts, tail_bursts=tail_bursts, sensor_months=observed_s / MONTH_S,
        false_flags=false_flags, clean_readings=clean_readings, exempt_s=exempt_s,
        stuck=list(_stuck(took, {one.name: one for one in series})),
    )  # fmt: skip


def _outside(
    one: Series, flags: NDArray[np.void], events: NDArray[np.void], wrong: Spans, real: Spans
) -> tuple[int, int, int, int, int, int, int]:
    """Of one series outside of faults and real events: events, bursts, bursts of a fault's event, flags, readings, seconds; and seconds of real events."""
    spans = [*wrong, *real]
    clean = flags[~_within(spans, flags["came_s"])]
    flagged_s = clean["came_s"][_bad(clean)]
    false = ~_within(spans, events["told_s"])
    alone = _bursts(flagged_s, events)
    observed_s = _observed_s(one, spans)
    return (
        int(false.sum()),
        alone,
        _bursts(flagged_s, events[false]) - alone,
        len(flagged_s),
        int((clean["flag"] != MISSING).sum()),
        observed_s,
        _observed_s(one, wrong) - observed_s,
    )


def _bad(flags: NDArray[np.void]) -> NDArray[np.bool_]:
    """(n,) is it suspect, or failed? A missing value, 9, is neither."""
    return np.isin(flags["flag"], (SUSPECT, FAIL))


def _delay(alerts: NDArray[np.int64], fault: Fault) -> int | None:
    """How long until something was seen of a fault, None where that was when it was over, and too late."""
    at = np.searchsorted(alerts, fault.start_s)
    last_s = max(fault.end_s + AFTER_S, fault.start_s + _soon_s(fault))
    return int(alerts[at] - fault.start_s) if at < len(alerts) and alerts[at] <= last_s else None


def _soon_s(fault: Fault) -> int:
    """How long after its start a fault counts as found."""
    return DAY_S if fault.kind == "drift" else SOON_S


def _bursts(flagged_s: NDArray[np.int64], events: NDArray[np.void]) -> int:
    """How many bursts of flags there are that no event covers, each an hour from the next at least."""
    at_s = np.sort(flagged_s)
    bursts = np.split(at_s, np.flatnonzero(np.diff(at_s) > AFTER_S) + 1) if len(at_s) else []
    until_s = np.where(events["end_s"] > 0, np.maximum(events["end_s"], events["told_s"]), FOREVER_S)
    return sum(
        not ((events["start_s"] - AFTER_S <= burst[-1]) & (burst[0] <= until_s + AFTER_S)).any() for burst in bursts
    )


def _spans(series: Sequence[Series], faults: Sequence[Fault]) -> tuple[list[Spans], list[Spans]]:
    """For each series when something was wrong, and when a real event went on that is its neighbours' too, an hour after included."""
    number = {one.name: n for n, one in enumerate(series)}
    near = nearest(sites(series), len(series))
    wrong: list[list[tuple[int, int]]] = [[] for _ in series]
    real: list[list[tuple[int, int]]] = [[] for _ in series]
    for fault in faults:
        n, span = number[fault.series], (fault.start_s, fault.end_s + AFTER_S)
        if fault.kind == "event":
            for one in (n, *near[n][near[n] >= 0].tolist()):
                real[one].append(span)
        else:
            wrong[n].append(span)
    return [*wrong], [*real]


def _within(spans: Spans, time_s: NDArray[np.int64]) -> NDArray[np.bool_]:
    inside = np.zeros(len(time_s), np.bool_)
    for start_s, end_s in spans:
        inside |= (time_s >= start_s) & (time_s <= end_s)
    return inside


def _observed_s(one: Series, spans: Spans) -> int:
    """How long a series was measured outside of some spans."""
    at_s = np.sort(one.time_s)
    at_s = at_s[~_within(spans, at_s)]
    return int(np.minimum(np.diff(at_s), GAP * one.period_s).sum() + one.period_s) if len(at_s) else 0


def _stuck(took: Sequence[tuple[Fault, int | None]], series: Mapping[str, Series]) -> Iterator[Stuck]:
    """By quantity and period."""
    of = [(series[fault.series], after_s) for fault, after_s in took if fault.kind == "stuck"]
    for quantity, period_s in sorted({(one.quantity, one.period_s) for one, _ in of}):
        some = [after_s for one, after_s in of if (one.quantity, one.period_s) == (quantity, period_s)]
        seen = [after_s for after_s in some if after_s is not None]
        yield Stuck(quantity, period_s, len(some), len(some) - len(seen), max(seen, default=None))
