"""A folder of series with known faults, made from the recipes' signals: one town, its weather common to all places.

A value is its recipe's signal at that place, plus weather that all places share, plus what is the place's own (both wander over
hours), plus the sensor's offset and noise, rounded as a board writes it; nothing rests at a bound.
One reading in two hundred is lost. The first days are
without fault, and so are four days in five: they are there for the false alarms.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deploy.bench.folder import KINDS, Fault, FolderError, Series
from deploy.bench.injecting import INJECT, Scene
from deploy.history import Past, signal_at
from devices.quantity import Quantity
from devices.recipe import Recipe

BEGIN_S = 1_777_593_600
"""2026-05-01."""
TOWN = ("air", "noise", "weather")
"""The recipes whose sensors stand there."""
DAYS = 40
QUIET_S = 5 * 86_400
"""Nothing happens before: a series gets to know itself and its neighbours."""
APART_S = 5 * 86_400
"""On the mean a series has a fault so often."""
PLACES = 5
"""Places of each recipe: neighbours of one another, some hundred metres apart."""
CENTRE = (48.117, -1.678)
LOST = 0.005
Values = NDArray[np.float64]

VISIBLE: Mapping[str, float] = {
    "temperature": 1.5, "humidity": 8.0, "pressure": 2.0, "pm2_5": 10.0, "pm10": 12.0, "noise_level": 10.0, "wind_speed": 3.0,
}  # fmt: skip
"""For each quantity a difference that an operator would see in the curve, in its unit; faults are 1 to 4 times so large."""
SLOW = ("temperature", "humidity", "pressure")
"""Quantities whose curve is smooth: a bag over the sensor shows in them."""
WANDER = {
    "temperature": 0.8,
    "humidity": 4.0,
    "pressure": 1.0,
    "pm2_5": 3.0,
    "pm10": 4.0,
    "noise_level": 1.0,
    "wind_speed": 0.7,
}
"""How far the weather wanders from the signal, in the quantity's unit (standard deviation); a tenth of it is the place's own."""
PERIODS_S = (60, 60, 60, 120, 300)
"""The period of each place."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made."""

    series: int
    readings: int
    faults: int


def make(
    folder: Path, seed: int, recipes: Mapping[str, Recipe], *, quantities: Mapping[str, Quantity], days: int = DAYS
) -> Made:
    """Fill an empty or new folder; the same seed makes the same bytes. Raises FolderError where it is not empty."""
    if folder.exists() and any(folder.iterdir()):
        raise FolderError("full", folder=folder)
    chance = np.random.default_rng(seed)
    clean = list(_town([recipes[slug] for slug in TOWN], quantities, chance, days))
    faults = _plan(clean, chance, days)
    (folder / "series").mkdir(parents=True)
    series = [_with_faults(one, [f for f in faults if f.series == one.name], chance) for one in clean]
    _write(folder, series, faults)
    return Made(len(series), sum(len(one.time_s) for one in series), len(faults))


def _town(
    recipes: Sequence[Recipe], quantities: Mapping[str, Quantity], chance: np.random.Generator, days: int
) -> Iterator[Series]:
    """The series of all places without faults."""
    end_s = BEGIN_S + days * 86_400
    minutes = np.arange(BEGIN_S, end_s, 60)
    for recipe in recipes:
        channels = [c for c in recipe.channels if c.quantity in VISIBLE]
        weather = {c.name: _wander(chance, len(minutes), 180.0) for c in channels}
        for place in range(PLACES if channels else 0):
            where = tuple(np.round(np.array(CENTRE) + chance.uniform(-0.004, 0.004, 2), 5).tolist())
            time_s = np.arange(BEGIN_S + int(chance.integers(60)), end_s, PERIODS_S[place])
            for channel in channels:
                common = np.interp(time_s, minutes, weather[channel.name])
                quantity = quantities[channel.quantity]
                yield _one(
                    (recipe, channel.name, quantity), (place, where), time_s=time_s, common=common, chance=chance
                )


def _one(
    what: tuple[Recipe, str, Quantity], place: tuple[int, tuple[float, float]], *,
    time_s: NDArray[np.int64], common: Values, chance: np.random.Generator,
) -> Series:  # fmt: skip
    """One series without faults; some readings are lost."""
    recipe, channel, quantity = what
    slug, name = quantity.slug, f"{recipe.slug}-{place[0] + 1}"
    past = Past(0, name, channel, place[1][1], recipe.signals[channel], quantity.aggregate, quantity.digits_wire, {})
    own = np.interp(time_s, time_s[::20], _wander(chance, len(time_s[::20]), 3600 / (20 * PERIODS_S[place[0]])))
    clean = (
        signal_at(past, time_s) + WANDER[slug] * (common + 0.1 * own) + 0.3 * VISIBLE[slug] * chance.standard_normal()
    )
    low, high = past.number("low", -np.inf), past.number("high", np.inf)
    value = _within(clean, low, high, 0.2 * VISIBLE[slug]) + past.number("noise") * chance.standard_normal(len(time_s))
    value = np.where(value < low, 2 * low - value, np.where(value > high, 2 * high - value, value))
    kept = chance.random(len(time_s)) > LOST
    period_s = float(PERIODS_S[place[0]])
    return Series(
        f"{name}.{channel}",
        slug,
        period_s,
        recipe.slug,
        place[1],
        time_s[kept],
        value[kept].round(quantity.digits_wire),
    )


def _within(value: Values, low: float, high: float, soft: float) -> Values:
    """Values that come near a bound, within some `soft`, bend away from it instead of resting there."""
    if np.isfinite(low):
        value = low + soft * np.logaddexp(0, (value - low) / soft)
    return high - soft * np.logaddexp(0, (high - value) / soft) if np.isfinite(high) else value


def _wander(chance: np.random.Generator, count: int, memory: float) -> Values:
    """A wandering of standard deviation 1 that forgets within `memory` steps."""
    keep = np.exp(-1 / memory)
    push = np.sqrt(1 - keep**2) * chance.standard_normal(count)
    made, at = np.empty(count), float(chance.standard_normal())
    for n, step in enumerate(push.tolist()):
        at = keep * at + step
        made[n] = at
    return made


def _plan(series: Sequence[Series], chance: np.random.Generator, days: int) -> list[Fault]:
    """What happens when: of each kind about as often, never two at once in one series, a real event to all of a quantity."""
    faults: list[Fault] = []
    kinds = [kind for kind in KINDS if kind != "event"]
    turn = int(chance.integers(len(kinds)))
    for one in series:
        at_s = BEGIN_S + QUIET_S + int(chance.uniform(0, APART_S))
        while at_s < BEGIN_S + days * 86_400 - 3 * 86_400:
            kind, turn = kinds[turn % len(kinds)], turn + 1
            if INJECT[kind].fits(one.quantity, SLOW):
                start_s = _when(kind, at_s)
                last_s = int(chance.uniform(*INJECT[kind].lasts_s))
                faults.append(Fault(one.name, kind, start_s, start_s + last_s))
                at_s = start_s + last_s
            at_s += int(chance.uniform(0.5, 1.5) * APART_S) if INJECT[kind].fits(one.quantity, SLOW) else 0
    return faults + list(_real_events(series, faults, chance, days))


def _when(kind: str, at_s: int) -> int:
    """A bag shows while the curve moves: between 8 and 10 h, or 18 and 20 h."""
    if kind != "bag":
        return at_s
    return at_s // 86_400 * 86_400 + (8 if at_s % 2 else 18) * 3600 + at_s % 7200


def _real_events(
    series: Sequence[Series], faults: Sequence[Fault], chance: np.random.Generator, days: int
) -> Iterator[Fault]:
    """One or two a quantity, in a time when none of its series has a fault."""
    for quantity in sorted({one.quantity for one in series}):
        some = [one for one in series if one.quantity == quantity]
        busy = [f for f in faults if f.series in {one.name for one in some}]
        for _ in range(2):
            start_s = BEGIN_S + QUIET_S + int(chance.uniform(0, (days - 8) * 86_400))
            end_s = start_s + int(chance.uniform(2, 6) * 3600)
            if all(end_s + 7200 < f.start_s or f.end_s + 7200 < start_s for f in busy):
                yield from (Fault(one.name, "event", start_s, end_s) for one in some)
                busy.append(Fault(some[0].name, "event", start_s, end_s))


def _with_faults(one: Series, faults: Sequence[Fault], chance: np.random.Generator) -> Series:
    """The series as it would have come."""
    for fault in sorted(faults, key=lambda f: f.start_s):
        inside = (one.time_s >= fault.start_s) & (one.time_s < fault.end_s)
        digits = 2 if one.quantity in {"temperature", "pressure", "wind_speed"} else 1
        scene = Scene(one.time_s, one.value, inside, fault.start_s, VISIBLE[one.quantity], digits, chance)
        time_s, value = INJECT[fault.kind].to(scene)
        one = replace(one, time_s=time_s, value=value)
    return one


def _write(folder: Path, series: Sequence[Series], faults: Sequence[Fault]) -> None:
    """The folder, in the form that `deploy.bench.folder` reads."""
    rows = [
        {"id": s.name, "quantity": s.quantity, "period_s": s.period_s, "recipe": s.recipe, "place": list(s.place)}
        for s in series
    ]
    happened = [
        {"id": f.series, "kind": f.kind, "start": _stamp(f.start_s), "end": _stamp(f.end_s)}
        for f in sorted(faults, key=lambda f: (f.start_s, f.series))
    ]
    for name, told in (("series.json", rows), ("faults.json", happened)):
        (folder / name).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    for one in series:
        stamps = np.datetime_as_string(one.time_s.astype("datetime64[s]"))
        lines = [f"{stamp}Z,{value!r}" for stamp, value in zip(stamps.tolist(), one.value.tolist(), strict=True)]
        (folder / "series" / f"{one.name}.csv").write_text("\n".join(["time,value", *lines, ""]), encoding="utf-8")


def _stamp(time_s: int) -> str:
    return f"{np.datetime64(time_s, 's')}Z"
