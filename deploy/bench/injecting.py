"""What a fault does to the readings of a series: one function a kind, sizes in units that an operator would see."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Rows = tuple[NDArray[np.int64], Values]
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A series of n readings and where the fault is."""

    time_s: NDArray[np.int64]
    value: Values
    inside: NDArray[np.bool_]
    start_s: int
    unit: float
    """A difference that an operator would see."""
    digits: int
    chance: np.random.Generator

    def hours(self) -> Values:
        """Since the start, of the readings inside."""
        since: Values = (self.time_s[self.inside] - self.start_s) / HOUR_S
        return since

    def size(self, low: float, high: float) -> float:
        """So many units, up or down."""
        return float(self.chance.uniform(low, high) * self.chance.choice((-1.0, 1.0)) * self.unit)

    def noise(self) -> float:
        """How far readings are from the middle of their neighbours, on the mean of the day before."""
        before = self.value[(self.time_s >= self.start_s - 86_400) & (self.time_s < self.start_s)]
        bent = np.abs(before[1:-1] - (before[:-2] + before[2:]) / 2)
        return float(bent.mean()) if len(bent) else 0.0

    def put(self, value: Values) -> Rows:
        """The same times with other values inside."""
        made = self.value.copy()
        made[self.inside] = np.round(value, self.digits)
        return self.time_s, made


@dataclass(frozen=True, slots=True)
class Injected:
    """A kind of fault."""

    to: Callable[[Scene], Rows]
    lasts_s: tuple[float, float]
    slow_only: bool = False

    def fits(self, quantity: str, slow: Collection[str]) -> bool:
        """Can it be seen in this quantity?"""
        return not self.slow_only or quantity in slow


def stuck(scene: Scene) -> Rows:
    """The last value again and again, but none at which the series rests anyway."""
    before = scene.value[scene.time_s < scene.start_s]
    before = before[before > before.min(initial=np.inf)]
    return scene.put(np.full(int(scene.inside.sum()), before[-1] if len(before) else 0.0))


def drift(scene: Scene) -> Rows:
    """Away by 1.5 to 4 units a day."""
    return scene.put(scene.value[scene.inside] + scene.size(1.5, 4) * scene.hours() / 24)


def offset(scene: Scene) -> Rows:
    """Beside by 1 to 3 units."""
    return scene.put(scene.value[scene.inside] + scene.size(1, 3))


def spike(scene: Scene) -> Rows:
    """Single readings, about one in ten and the first one, 2 to 6 units off."""
    value = scene.value[scene.inside].copy()
    hit = scene.chance.random(len(value)) < 0.1
    hit[:1] = True
    value[hit] += [scene.size(2, 6) for _ in range(int(hit.sum()))]
    return scene.put(value)


def dropout(scene: Scene) -> Rows:
    """No reading, or one in five."""
    share = float(scene.chance.choice((0.0, 0.2)))
    kept = ~scene.inside | (scene.chance.random(len(scene.value)) < share)
    return scene.time_s[kept], scene.value[kept]


def saturation(scene: Scene) -> Rows:
    """At its ceiling: what is above, and nine tenths of the first hour are, reads the same."""
    value = scene.value[scene.inside]
    first = value[scene.hours() < 1]
    return scene.put(np.minimum(value, np.quantile(first, 0.1)) if len(first) else value)


def noise(scene: Scene) -> Rows:
    """Noise 5 to 15 times what it was, or a quarter of a unit at least."""
    grown = max(scene.noise() * scene.chance.uniform(5, 15), 0.25 * scene.unit)
    return scene.put(scene.value[scene.inside] + grown * scene.chance.standard_normal(int(scene.inside.sum())))


def clock_jump(scene: Scene) -> Rows:
    """Times that are wrong by 1 to 12 hours, early or late."""
    time_s = scene.time_s.copy()
    time_s[scene.inside] += int(scene.chance.uniform(1, 12) * HOUR_S) * int(scene.chance.choice((-1, 1)))
    return time_s, scene.value


def bag(scene: Scene) -> Rows:
    """A climate of its own: a tenth of what changes outside arrives, and a tenth of the noise."""
    value = scene.value[scene.inside]
    first = value[:1].mean() if len(value) else 0.0
    return scene.put(first + 0.1 * (value - first))


def heater(scene: Scene) -> Rows:
    """Warmer, and drier, by 2 to 5 units within half an hour."""
    up = abs(scene.size(2, 5))
    return scene.put(scene.value[scene.inside] + up * (1 - np.exp(-scene.hours() / 0.2)))


def battery_sag(scene: Scene) -> Rows:
    """Down by 2 to 5 units within an hour, noisier, and more and more readings are lost."""
    hours = scene.hours()
    gone = np.minimum(hours, 1.0)
    noisy = (scene.noise() * 3 + 0.1 * scene.unit) * gone * scene.chance.standard_normal(len(hours))
    time_s, value = scene.put(scene.value[scene.inside] - abs(scene.size(2, 5)) * gone + noisy)
    kept = np.ones(len(value), np.bool_)
    kept[scene.inside] = scene.chance.random(len(hours)) > 0.6 * gone
    return time_s[kept], value[kept]


def event(scene: Scene) -> Rows:
    """Up by 3 units and back again, as it is at all places."""
    hours = scene.hours()
    share = hours / max(float(hours.max(initial=0.0)), 1e-9)
    return scene.put(scene.value[scene.inside] + 3 * scene.unit * np.sin(np.pi * share) ** 2)


INJECT = {
    "stuck": Injected(stuck, (2 * HOUR_S, 12 * HOUR_S)),
    "drift": Injected(drift, (30 * HOUR_S, 60 * HOUR_S)),
    "offset": Injected(offset, (3 * HOUR_S, 24 * HOUR_S)),
    "spike": Injected(spike, (1 * HOUR_S, 3 * HOUR_S)),
    "dropout": Injected(dropout, (1 * HOUR_S, 12 * HOUR_S)),
    "saturation": Injected(saturation, (2 * HOUR_S, 6 * HOUR_S)),
    "noise": Injected(noise, (2 * HOUR_S, 12 * HOUR_S)),
    "clock_jump": Injected(clock_jump, (6 * HOUR_S, 24 * HOUR_S)),
    "bag": Injected(bag, (4 * HOUR_S, 12 * HOUR_S), slow_only=True),
    "heater": Injected(heater, (2 * HOUR_S, 6 * HOUR_S), slow_only=True),
    "battery_sag": Injected(battery_sag, (4 * HOUR_S, 12 * HOUR_S)),
    "event": Injected(event, (2 * HOUR_S, 6 * HOUR_S)),
}
