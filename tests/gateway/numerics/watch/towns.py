"""Small towns for the watch: places of one quantity with one weather, and what goes wrong in one of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import READING
from gateway.numerics.params import params_row
from gateway.numerics.watch import Found, Site, Watch

BEGIN_S = 1_795_564_800
"""Midnight."""
DAY_S = 86_400


def town(days: float, *, places: int = 4, period_s: int = 60, seed: int = 1) -> NDArray[np.float64]:
    """(readings, places) temperatures with a day, a common weather and a noise of their own."""
    chance = np.random.default_rng(seed)
    at = np.arange(int(days * DAY_S / period_s)) * period_s
    weather = 15 + 5 * np.cos(2 * np.pi * (at / DAY_S - 0.6)) + 2 * np.sin(2 * np.pi * at / (61 * 3600))
    noise = 0.05 * chance.standard_normal((len(at), places))
    return np.asarray((weather[:, None] + 0.3 * np.arange(places) + noise).round(2))


def rows(values: NDArray[np.float64], *, period_s: int = 60) -> NDArray[np.void]:
    """READING rows of all places in the order of time."""
    count, places = values.shape
    made = np.zeros(count * places, READING)
    made["series"] = np.tile(np.arange(places), count)
    made["time_s"] = BEGIN_S + np.repeat(np.arange(count) * period_s, places)
    made["value"] = values.ravel()
    made["tests"] = 0x1111
    made["flag"] = 1
    made["score"] = np.nan
    return made


def watcher(places: int = 4, *, period_s: int = 60, apart: float = 0.002) -> Watch:
    """A watch over places some hundred metres apart."""
    watch = Watch()
    known = np.array([params_row("mean", period_s, {"fail_low": -45, "fail_high": 60})] * places)
    watch.know(known, {n: Site("temperature", n, 48.0 + apart * n, -1.68) for n in range(places)})
    return watch


def everything(watch: Watch, readings: NDArray[np.void]) -> list[Found]:
    """What a watch finds in readings that come at once."""
    watch.take(readings)
    return list(watch.due())


def events(found: list[Found]) -> NDArray[np.void]:
    """All EVENT rows of what was found."""
    return np.concatenate([one.events for one in found])
