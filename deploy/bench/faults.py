"""A folder's readings through the gateway: flags and events as they are made there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deploy.bench.arrivals import arrivals
from deploy.bench.folder import Series
from devices.quantity import Quantity
from devices.recipe import Recipe
from gateway.admitted import FUTURE_S
from gateway.numerics.columns import READING, SUSPECT, Columns
from gateway.numerics.params import no_params, params_row
from gateway.numerics.state import fresh
from gateway.numerics.stream import advance
from gateway.numerics.watch import EVENT, SLOT_S, Site, Watch
from gateway.numerics.watch.watch import RAISED

FLAG = np.dtype([("series", "i8"), ("came_s", "i8"), ("flag", "u1")])
"""The flag of a reading, as it ended, and when the reading came: where a clock is wrong that is not its stamp."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the gateway made of the series, by their position."""

    flags: NDArray[np.void]
    """FLAG rows, each reading once."""
    events: NDArray[np.void]
    """EVENT rows, each event once, with its end where it has one."""


def watched(series: Sequence[Series], quantities: Mapping[str, Quantity], recipes: Mapping[str, Recipe]) -> Seen:
    """Every reading through flags, detector and watch, in the order in which it would have come."""
    params = no_params(len(series))
    for n, one in enumerate(series):
        params[n] = _params(one, quantities, recipes)
    state, watch = fresh(len(series)), Watch()
    watch.know(params, sites(series))
    rows, raised, events = [np.empty(0, READING)], [np.empty(0, RAISED)], [np.empty(0, EVENT)]
    every, came_s = _readings(series)
    piece = came_s // SLOT_S  # so short that what comes late is late for the watch too
    for part in np.split(np.arange(len(piece)), np.flatnonzero(np.diff(piece)) + 1):
        step = advance(state, params, every.take(part))
        rows.append(step.readings.copy())
        watch.take(step.readings)
        for found in watch.due():
            raised.append(found.raised)
            events.append(found.events)
    return Seen(_last_flags(np.concatenate(rows), np.concatenate(raised), (every, came_s)), _last_events(events))


def sites(series: Sequence[Series]) -> dict[int, Site]:
    """Where each series is; series at one point are at one place."""
    places = {place: n for n, place in enumerate(sorted({one.place for one in series}))}
    return {n: Site(one.quantity, places[one.place], *one.place) for n, one in enumerate(series)}


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


def _readings(series: Sequence[Series]) -> tuple[Columns, NDArray[np.int64]]:
    """All readings in the order of arrival, and when they came; a row that comes again changes nothing and is left out."""
    once = [_once(one.time_s, one.value) for one in series]
    stamps = [one.time_s[kept] for one, kept in zip(series, once, strict=True)]
    came_s = np.concatenate([arrivals(at_s, one.period_s) for at_s, one in zip(stamps, series, strict=True)])
    number = np.repeat(np.arange(len(series), dtype=np.int64), [len(at_s) for at_s in stamps])
    stamped_s = np.concatenate(stamps)
    value = np.concatenate([one.value[kept] for one, kept in zip(series, once, strict=True)])
    order = np.argsort(came_s, kind="stable")
    order = order[(stamped_s <= came_s + FUTURE_S)[order]]  # as admission refuses them
    return Columns(number[order], stamped_s[order], value[order]), came_s[order]


def _once(time_s: NDArray[np.int64], value: NDArray[np.float64]) -> NDArray[np.int64]:
    """The rows that do not repeat an earlier one's stamp and value."""
    _, first = np.unique(np.stack([time_s, value.view(np.int64)]), axis=1, return_index=True)
    kept: NDArray[np.int64] = np.sort(first)
    return kept


def _last_flags(
    rows: NDArray[np.void], raised: NDArray[np.void], came: tuple[Columns, NDArray[np.int64]]
) -> NDArray[np.void]:
    """Each reading once, with its flag as it ended and the last time that it came, by series and time."""
    key, last = _last(_key(rows["series"], rows["time_s"]))
    flags = np.zeros(len(key), FLAG)
    flags["series"], flags["flag"] = rows["series"][last], rows["flag"][last]
    at = np.searchsorted(key, _key(raised["series"], raised["time_s"]))
    flags["flag"][at] = np.maximum(flags["flag"][at], SUSPECT)
    every, came_s = came
    sent, last = _last(_key(every.series, every.time_s))
    flags["came_s"] = came_s[last[np.searchsorted(sent, key)]]
    return flags


def _key(series: NDArray[np.int64], time_s: NDArray[np.int64]) -> NDArray[np.int64]:
    """One number for a series and second, rising with both."""
    return (series << 40) + time_s


def _last(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each key once, rising, and the last row that has it."""
    once, back = np.unique(key[::-1], return_index=True)
    return once, len(key) - 1 - back


def _last_events(events: list[NDArray[np.void]]) -> NDArray[np.void]:
    """Each event once, with its end."""
    told = {(row["series"], row["start_s"], row["kind"]): row for some in events for row in some}
    return np.array([tuple(row) for row in told.values()], EVENT)
