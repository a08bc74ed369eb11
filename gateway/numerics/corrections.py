"""Corrections: what a sensor says, brought nearer to what a better one would say. Raw values stay; these are made beside them.

| name | corrected value | version |
|---|---|---|
| `linear` | slope * value + offset | the number of the calibration |
| `barkjohn-2021` | 0.524 value - 0.0862 RH + 5.75, in ug/m3 and % | 1 |
| `kappa-koehler-2018` | value / (1 + (kappa / density) / (100 / RH - 1)), RH at most 95 | 1 |

All are pure functions of the value, of the humidity at its time and of what the registry keeps: taken back, nothing is left of them.

References:
    Barkjohn, Gantt and Clements 2021, Atmos. Meas. Tech. 14, 4617: PM2.5 of Plantower sensors (cf_1), hourly and daily means, USA.
    Crilley et al. 2018, Atmos. Meas. Tech. 11, 709: growth of particles in humid air, by the kappa-Koehler theory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from devices.refusal import SpokenError
from gateway.numerics.columns import FAIL, SUSPECT
from gateway.numerics.flags import RANK

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LINEAR, BARKJOHN, KAPPA = "linear", "barkjohn-2021", "kappa-koehler-2018"
HUMID = 95.0
"""Per cent: above, the growth of particles cannot be told from a low-cost humidity, and what is corrected is suspect."""
NEAR_S = 900
"""Humidity that was measured longer before or after says nothing of a reading."""
KAPPA_USUAL, DENSITY = 0.2, 1.65
"""Of PM2.5 in towns (0.15 to 0.29: Huang et al. 2024, Atmos. Meas. Tech. 17, 6073), and of dry particles in g/cm3."""
AGGREGATES = ("mean", "energetic", "last", "max", "min")
"""Kinds of windows that may be corrected: directions and amounts are not."""


class CorrectionError(SpokenError):
    """A correction cannot be made of this; the sentence says why."""

    words = "corrections"


@dataclass(frozen=True, slots=True)
class Method:
    """One way to correct."""

    version: int
    """0 where each calibration is its own version."""
    humid: bool
    """Does it need the humidity?"""
    usual: Mapping[str, float]
    """Its numbers, with what they are where nobody says otherwise."""
    quantities: tuple[str, ...]
    """For which quantities it was made; empty for any."""
    compute: Callable[[Floats, Floats, Mapping[str, float]], Floats]
    """(values, humidities in %, numbers) -> corrected values."""


def linear(value: Floats, _: Floats, known: Mapping[str, float]) -> Floats:
    """Slope and offset.

    >>> linear(np.array([10.0]), np.array([np.nan]), {"slope": 0.5, "offset": 1.0}).tolist()
    [6.0]
    """
    return known["slope"] * value + known["offset"]


def barkjohn(value: Floats, humidity: Floats, _: Mapping[str, float]) -> Floats:
    """PM2.5 of a Plantower sensor as the US EPA corrects it: as published, so below 0 in clean humid air.

    >>> barkjohn(np.array([20.0]), np.array([50.0]), {}).round(2).tolist()
    [11.92]
    """
    return 0.524 * value - 0.0862 * humidity + 5.75


def kappa_koehler(value: Floats, humidity: Floats, known: Mapping[str, float]) -> Floats:
    """PM2.5 without the water that particles take up in humid air; the humidity counts as 95 % where it is more.

    >>> kappa_koehler(np.array([20.0]), np.array([50.0]), {"kappa": 0.33, "density": 1.65}).round(2).tolist()
    [16.67]
    """
    activity = np.clip(humidity, 0.0, HUMID) / 100
    return value / (1 + known["kappa"] / known["density"] * activity / (1 - activity))


METHODS: Mapping[str, Method] = MappingProxyType(
    {
        LINEAR: Method(0, humid=False, usual=MappingProxyType({"slope": 1.0, "offset": 0.0}), quantities=(), compute=linear),
        BARKJOHN: Method(1, humid=True, usual=MappingProxyType({}), quantities=("pm2_5",), compute=barkjohn),
        KAPPA: Method(
            1,
            humid=True,
            usual=MappingProxyType({"kappa": KAPPA_USUAL, "density": DENSITY}),
            quantities=("pm1", "pm2_5"),
            compute=kappa_koehler,
        ),
    }
)  # fmt: skip
"""Every correction by its name."""


def check(method: str, numbers: Mapping[str, float], *, quantity: str, aggregate: str) -> dict[str, float]:
    """All numbers of a correction, those that nobody said included.

    Raises CorrectionError for one that cannot be, or that was not made for this quantity.
    """
    if method not in METHODS:
        raise CorrectionError("no_method", name=method, choices=", ".join(METHODS))
    known = METHODS[method]
    if aggregate not in AGGREGATES or (known.quantities and quantity not in known.quantities):
        raise CorrectionError("other_quantity", name=method, quantity=quantity)
    if unknown := sorted(set(numbers) - set(known.usual)):
        raise CorrectionError("no_number", name=method, number=unknown[0])
    whole = {name: float(value) for name, value in {**known.usual, **numbers}.items()}
    for name, value in whole.items():
        if not math.isfinite(value) or (name != "offset" and value <= 0):
            raise CorrectionError("bad_number", number=name, value=value)
    return whole


@dataclass(frozen=True, slots=True)
class Corrected:
    """What was made of n readings; NaN and flag 0 where a reading is not corrected."""

    value: Floats
    flag: NDArray[np.uint8]


def correct(method: str, numbers: Mapping[str, float], rows: NDArray[np.void], humidity: NDArray[np.void]) -> Corrected:
    """READING rows of one series corrected; `humidity` are those of its place, around their times, oldest first.

    Not corrected is what has no value, and where humidity is needed what has none within 15 minutes. Above 95 % a reading is
    suspect. Cost: 50 ns a reading, 240 ns with humidity.
    """
    known = METHODS[method]
    damp = nearest(rows["time_s"], humidity) if known.humid else np.full(len(rows), np.nan)
    value = known.compute(rows["value"], damp, numbers)
    flag = rows["flag"].astype(np.uint8)
    flag = np.where((damp > HUMID) & (RANK[flag] < RANK[SUSPECT]), SUSPECT, flag)
    there = np.isfinite(value)
    return Corrected(np.where(there, value, np.nan), np.where(there, flag, 0).astype(np.uint8))


def nearest(time_s: Ints, humidity: NDArray[np.void]) -> Floats:
    """The value of the reading nearest in time, the earlier of two as near; NaN where none lies within NEAR_S.

    Readings that failed or are missing are passed over.
    """
    sound = humidity[np.isfinite(humidity["value"]) & (humidity["flag"] < FAIL)]
    if not len(sound):
        return np.full(len(time_s), np.nan)
    after = np.searchsorted(sound["time_s"], time_s)
    right, left = np.minimum(after, len(sound) - 1), np.maximum(after - 1, 0)
    past, coming = np.abs(time_s - sound["time_s"][left]), np.abs(sound["time_s"][right] - time_s)
    pick = np.where(past <= coming, left, right)
    return np.where(np.minimum(past, coming) <= NEAR_S, sound["value"][pick], np.nan)
