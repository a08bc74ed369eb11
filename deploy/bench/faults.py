"""What the gateway finds of known faults: flags and events as they are made there, counted against a list of what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from numpy.typing import NDArray

from deploy.bench.folder import KINDS, Fault, Series
from devices.quantity import Quantity
from devices.recipe import Recipe
from gateway.admitted import FUTURE_S
from gateway.numerics.columns import SUSPECT, Columns
from gateway.numerics.params import no_params, params_row
from gateway.numerics.state import fresh
from gateway.numerics.stream import advance
from gateway.numerics.watch import EVENT, Site, Watch, nearest

SOON_S, DAY_S = 1800, 86_400
"""A fault counts as found when it is flagged, or told as an event, so soon after its start; a drift within a day."""
AFTER_S = 3600
"""What is seen so long after a fault belongs to it."""
MONTH_S = 30 * DAY_S
PIECE_S = 6 * 3600
"""Readings are taken in pieces of so long: nothing depends on it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the gateway made of the series, by their position."""

    flags: NDArray[np.void]
    """(series, time_s, flag), each reading once."""
    events: NDArray[np.void]
    """EVENT rows, each event once, with its end where it has one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How it did."""

    found: Mapping[str, tuple[int, int]]
    """Kind -> how many were found, of how many."""
    delays_s: Mapping[str, Sequence[int]]
    """Kind -> how long each found one took."""
    false_alarms: int
    sensor_months: float
    false_flags: int
    clean_readings: int

    @property
    def count(self) -> int:
        """Faults in all."""
        return sum(count for _, count in self.found.values())

    @property
    def share(self) -> float:
        """The share that was found; 1 of nothing."""
        return sum(found for found, _ in self.found.values()) / self.count if self.count else 1.0

    @property
    def alarms(self) -> float:
        """False alarms a sensor and month."""
        return self.false_alarms / self.sensor_months if self.sensor_months else 0.0

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
            "sensor_months": self.sensor_months,
        }


def watched(series: Sequence[Series], quantities: Mapping[str, Quantity], recipes: Mapping[str, Recipe]) -> Seen:
    """Every reading through flags, detector and watch, in the order in which it would have come."""
    params = no_params(len(series))
    for n, one in enumerate(series):
        params[n] = _params(one, quantities, recipes)
    state, watch = fresh(len(series)), Watch()
    watch.know(params, sites(series))
    flags, raised, events = [], [], []
    for columns in _pieces(series):
        step = advance(state, params, columns)
        flags.append(step.readings[["series", "time_s", "flag"]].copy())
        watch.take(step.readings)
        for found in watch.due():
            raised.append(found.raised)
            events.append(found.events)
    return Seen(_last_flags(flags, raised), _last_events(events))


def sites(series: Sequence[Series]) -> dict[int, Site]:
    """Where each series is; series at one point are at one place."""
    places = {place: n for n, place in enumerate(sorted({one.place for one in series}))}
    return {n: Site(one.quantity, places[one.place], *one.place) for n, one in enumerate(series)}


def arrivals(time_s: NDArray[np.int64], period_s: float) -> NDArray[np.int64]:
    """When each row came, told from times that may go back: what came before a step back had jumped ahead, or the rest is behind.

    >>> arrivals(np.array([0, 60, 7320, 7380, 240, 300]), 60).tolist()
    [0, 60, 120, 180, 240, 300]
    >>> arrivals(np.array([7200, 7260, 120, 180]), 60).tolist()
    [7200, 7260, 7320, 7380]
    """
    came_s, steps_s = time_s.copy(), np.diff(time_s, prepend=time_s[:1])
    leaps = [int(row) for row in np.flatnonzero(steps_s > 3 * period_s)]
    for back in np.flatnonzero(steps_s < 0).tolist():
        alike = [row for row in leaps if abs(steps_s[row] + steps_s[back] - 2 * period_s) <= 3 * period_s]
        before, after = ([row for row in alike if (row < back) == way] for way in (True, False))
        if before:
            came_s[before[-1] : back] -= steps_s[before[-1]] - int(period_s)
            leaps.remove(before[-1])
        else:
            came_s[back : after[0] if after else None] -= steps_s[back] - int(period_s)
            leaps = [row for row in leaps if row != (after[0] if after else None)]
    return np.maximum.accumulate(came_s) if len(came_s) else came_s


def counted(seen: Seen, series: Sequence[Series], faults: Sequence[Fault]) -> Outcome:
    """What was found, and what was seen where nothing happened."""
    number = {one.name: n for n, one in enumerate(series)}
    alerts = _alerts(seen)
    found = {kind: [0, 0] for kind in KINDS if kind != "event" and any(f.kind == kind for f in faults)}
    delays: dict[str, list[int]] = {kind: [] for kind in found}
    for fault in faults:
        if fault.kind == "event":
            continue
        found[fault.kind][1] += 1
        delay_s = _delay(alerts[number[fault.series]], fault)
        if delay_s is not None:
            found[fault.kind][0] += 1
            delays[fault.kind].append(delay_s)
    spans = _spans(series, faults)
    false_alarms = sum(not _inside(spans[int(e["series"])], e["told_s"]) for e in seen.events)
    clean = np.concatenate(
        [~_within(spans[n], seen.flags["time_s"][seen.flags["series"] == n]) for n in range(len(series))]
    )
    flagged = np.concatenate([seen.flags["flag"][seen.flags["series"] == n] >= SUSPECT for n in range(len(series))])
    months = sum(_clean_s(one, spans[n]) for n, one in enumerate(series)) / MONTH_S
    return Outcome(
        {kind: (pair[0], pair[1]) for kind, pair in found.items()}, delays, false_alarms, months,
        int((clean & flagged).sum()), int(clean.sum()),
    )  # fmt: skip


def _params(one: Series, quantities: Mapping[str, Quantity], recipes: Mapping[str, Recipe]) -> np.void:
    """PARAMS of a series as the gateway would have it: its quantity's thresholds, and its recipe's own."""
    quantity = quantities.get(one.quantity)
    if quantity is None:
        return params_row("mean", one.period_s, {})
    quality = dict(quantity.quality)
    recipe = recipes.get(one.recipe)
    for channel in recipe.channels if recipe else ():
        if channel.quantity == one.quantity:
            quality |= recipe.quality.get(channel.name, {}) if recipe else {}
            break
    return params_row(quantity.aggregate, one.period_s, {"flat_step": 10.0**-quantity.digits_wire} | quality)


def _pieces(series: Sequence[Series]) -> Iterator[Columns]:
    """All readings in the order of arrival."""
    came_s = np.concatenate([arrivals(one.time_s, one.period_s) for one in series])
    number = np.repeat(np.arange(len(series), dtype=np.int64), [len(one.time_s) for one in series])
    stamped_s = np.concatenate([one.time_s for one in series])
    order = np.argsort(came_s, kind="stable")
    order = order[(stamped_s <= came_s + FUTURE_S)[order]]  # as admission refuses them
    every = Columns(
        number[order],
        stamped_s[order],
        np.concatenate([one.value for one in series])[order],
    )
    piece = came_s[order] // PIECE_S
    for part in np.split(np.arange(len(order)), np.flatnonzero(np.diff(piece)) + 1):
        yield every.take(part)


def _last_flags(flags: list[NDArray[np.void]], raised: list[NDArray[np.void]]) -> NDArray[np.void]:
    """Each reading once, with its flag as it ended, by series and time."""
    rows = np.concatenate(flags)
    rows = rows[np.lexsort((np.arange(len(rows)), rows["time_s"], rows["series"]))]
    last = np.ones(len(rows), np.bool_)
    last[:-1] = (np.diff(rows["series"]) != 0) | (np.diff(rows["time_s"]) != 0)
    rows = rows[last]
    suspects = np.concatenate(raised)
    key = (rows["series"] << 40) | rows["time_s"]
    at = np.searchsorted(key, (suspects["series"] << 40) | suspects["time_s"])
    rows["flag"][at] = np.maximum(rows["flag"][at], SUSPECT)
    return rows


def _last_events(events: list[NDArray[np.void]]) -> NDArray[np.void]:
    """Each event once, with its end."""
    told = {(row["series"], row["start_s"], row["kind"]): row for some in events for row in some}
    return np.array([tuple(row) for row in told.values()], EVENT)


def _alerts(seen: Seen) -> dict[int, NDArray[np.int64]]:
    """For each series when something was seen."""
    flagged = seen.flags[seen.flags["flag"] >= SUSPECT]
    number = np.concatenate([flagged["series"], seen.events["series"]])
    at_s = np.concatenate([flagged["time_s"], seen.events["told_s"]])
    every = int(seen.flags["series"].max(initial=-1)) + 1
    return {n: np.sort(at_s[number == n]) for n in range(every)}


def _delay(alerts: NDArray[np.int64], fault: Fault) -> int | None:
    """How long until a fault was seen, None where that was too late."""
    at = np.searchsorted(alerts, fault.start_s)
    soon_s = DAY_S if fault.kind == "drift" else SOON_S
    if at == len(alerts) or alerts[at] > fault.start_s + soon_s:
        return None
    return int(alerts[at] - fault.start_s)


def _spans(series: Sequence[Series], faults: Sequence[Fault]) -> list[list[tuple[int, int]]]:
    """For each series when something was wrong or went on, an hour after included; a real event is its neighbours' too."""
    number = {one.name: n for n, one in enumerate(series)}
    near = nearest(sites(series), len(series))
    spans: list[list[tuple[int, int]]] = [[] for _ in series]
    for fault in faults:
        n = number[fault.series]
        shared = [int(other) for other in near[n] if other >= 0] if fault.kind == "event" else []
        for one in (n, *shared):
            spans[one].append((fault.start_s, fault.end_s + AFTER_S))
    return [sorted(some) for some in spans]


def _within(spans: Sequence[tuple[int, int]], time_s: NDArray[np.int64]) -> NDArray[np.bool_]:
    inside = np.zeros(len(time_s), np.bool_)
    for start_s, end_s in spans:
        inside |= (time_s >= start_s) & (time_s <= end_s)
    return inside


def _inside(spans: Sequence[tuple[int, int]], time_s: int) -> bool:
    return any(start_s <= time_s <= end_s for start_s, end_s in spans)


def _clean_s(one: Series, spans: Sequence[tuple[int, int]]) -> int:
    """How long a series ran with nothing wrong."""
    if not len(one.time_s):
        return 0
    at_s, end_s, total_s = int(one.time_s.min()), int(one.time_s.max()), 0
    for start_s, until_s in spans:
        total_s += max(0, min(start_s, end_s) - at_s)
        at_s = max(at_s, until_s)
    return total_s + max(0, end_s - at_s)
