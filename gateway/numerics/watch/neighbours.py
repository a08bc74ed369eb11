"""Who is near: series of the same quantity at other places, and what they say together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RADIUS_M = 5_000.0
"""Places farther apart are no neighbours: weather is common over more, streets over less, and each series learns how much."""
MOST = 8
"""So many neighbours at most, the nearest."""
EARTH_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where a series is measured, and what."""

    quantity: str
    place: int
    latitude: float
    """Degrees north."""
    longitude: float


def nearest(sites: Mapping[int, Site], count: int) -> NDArray[np.int64]:
    """(count, MOST) for each series id its neighbours, the nearest first, -1 where there are no more.

    Cost: all pairs of one quantity: 0.1 s for 1,000 series of one quantity.

    >>> home, next_door = Site("co2", 1, 48.1, -1.68), Site("co2", 2, 48.101, -1.68)
    >>> nearest({0: home, 1: next_door}, 2)[:, 0].tolist()
    [1, 0]
    """
    found = np.full((count, MOST), -1, np.int64)
    alike: dict[str, list[int]] = defaultdict(list)
    for series, site in sorted(sites.items()):
        alike[site.quantity].append(series)
    for ids in alike.values():
        _fill(found, ids, [sites[series] for series in ids])
    return found


def _fill(found: NDArray[np.int64], ids: list[int], sites: list[Site]) -> None:
    """The neighbours among the series of one quantity; rows go into `found`."""
    latitude = np.radians([site.latitude for site in sites])
    longitude = np.radians([site.longitude for site in sites])
    place = np.array([site.place for site in sites])
    number = np.array(ids, np.int64)
    for row, series in enumerate(ids):
        east = (longitude - longitude[row]) * math.cos(latitude[row])
        away_m = EARTH_M * np.hypot(latitude - latitude[row], east)
        near = np.flatnonzero((place != place[row]) & (away_m <= RADIUS_M))
        chosen = near[np.argsort(away_m[near], kind="stable")][:MOST]
        found[series, : len(chosen)] = number[chosen]


def middle(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The median of each row without its NaN, NaN where there is nothing else; and how many values it has.

    >>> middle(np.array([[3.0, np.nan, 1.0], [np.nan, np.nan, np.nan]]))[0].tolist()
    [2.0, nan]
    """
    ordered = np.sort(values, axis=1)
    count = np.isfinite(values).sum(axis=1)
    row = np.arange(len(values))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[1] - 1)
    return np.where(count > 0, (ordered[row, low] + ordered[row, high]) / 2, np.nan), count
