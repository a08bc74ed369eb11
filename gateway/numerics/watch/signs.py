"""What is measured of each slot, each sign held against its own past: nothing is tuned to a series or a quantity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.params import CIRCULAR
from gateway.numerics.state import NEVER_S
from gateway.numerics.watch.memory import (
    COMMON,
    DRIFT,
    GONE,
    GROWN,
    HOURS,
    JUMP,
    LEVEL,
    OF_LEVEL,
    OF_NOISE,
    OF_STUCK,
    RAMP,
    RING,
    SHORT,
    SIGNS,
    SPIKE,
    STEP,
)
from gateway.numerics.watch.neighbours import middle
from gateway.numerics.watch.slots import SLOT_S, Slot

DAY = 86_400 // SLOT_S
"""Slots of a day."""
SCALES = np.array([8.0, 7.0, 7.0, 7.0, 7.0, 7.0, 12.0, 12.0, 8.0])
"""A sign fires when it is so many times its mean size..."""
RECORDS = np.array([1.6, 1.4, 1.4, 1.4, 1.5, 1.5, 1.4, 1.4, 2.0])
"""...and so many times the greatest of its past."""
GRAINS = np.array([4.0, 3.0, 3.0, 3.0, 3.0, 3.0, 0.0, 0.0, 3.0])
"""And so many times the smallest change that the series can tell."""
LEAST = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 3.0, 0.0])
"""And so much at least: of thirty readings, noise that grew by three quarters."""
WARM = np.array([0.5, 1.0, 1.0, 1.0, 3.0, 3.0, 1.0, 1.0, 2.0]) * DAY
"""Slots with a sign that must be known before it fires."""
FADE = 0.5 ** (1 / 5)
"""What is left of a record after a day: it halves in five."""
FORGET = FADE ** (1 / DAY)
SLOW = np.isin(np.arange(len(SIGNS)), (LEVEL, DRIFT))
"""Signs whose past is what was until the day before yesterday: what drifts would else be learnt while it does."""
LONG = 5.0 * DAY
"""Slots over which means are taken at most."""
LASTS, CLIPS = np.where(SLOW, 7.0 * DAY, LONG), np.where(SLOW, 2.5, 5.0)
"""The same for the mean size of a sign, and so many times that size is the most that it learns of one slot."""
DAY_S = 86_400
SLOW_S = 6 * 3600
"""Drift is looked for in what is smoothed so long."""
SILENT_S = 3600.0
"""After such a silence, or three periods, a level has nothing to be compared with but its neighbours."""
TINY = 1e-12
BRIEF = 4
"""Moments of noise that must be counted before it is judged."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a slot says of s series."""

    signs: NDArray[np.float64]
    """(s, SIGNS), NaN where one was not made."""
    limits: NDArray[np.float64]
    """(s, SIGNS) beyond which it fires; infinite while too little is known."""
    compared: NDArray[np.int64]
    """(s,) neighbours that said something."""
    agreeing: NDArray[np.int64]
    """(s,) of these, those that moved the same way, by half at least."""
    moved: NDArray[np.float64]
    """(s,) by how much the levels themselves moved in half an hour."""
    rougher: NDArray[np.float64]
    """(s,) the factor by which noise grew."""
    weight: NDArray[np.float64]
    """(s,) what one power of e of it is in the signs of noise."""

    @property
    def fires(self) -> NDArray[np.bool_]:
        """(s, SIGNS) where a sign is beyond its limit."""
        return np.abs(self.signs) > self.limits


def look(memory: NDArray[np.void], known: NDArray[np.void], near: NDArray[np.int64], slot: Slot, end_s: int) -> Seen:
    """Measure the signs of a slot over all series; rings and noise in `memory` follow, what is learnt for long does not.

    `near` (s, n) are the neighbours, -1 where there is none. Cost: about 1 ms, or 1 us a series where there are many.
    """
    signs = np.full((len(memory), len(SIGNS)), np.nan)
    signs[:, SPIKE] = slot.spike
    rougher, weight = _noise(memory, slot, signs)
    here = slot.present
    _forget_rings(memory, known, here, end_s)
    memory["level"] = np.where(here, slot.level, memory["level"])
    memory["level_s"] = np.where(here, end_s, memory["level_s"])
    gap, compared = apart(memory, known, near, end_s)
    memory["bias"] = np.where(here & np.isnan(memory["bias"]), gap, memory["bias"])
    memory["norm"] = np.where(here & np.isnan(memory["norm"]), slot.level, memory["norm"])
    left = gap - memory["bias"] - hourly(memory["hours"], end_s)
    circular = known["aggregate"] == CIRCULAR
    left = np.where(circular, _turned(left), left)
    some = here & np.isfinite(left)
    _push(memory["ring"], left, some)
    _push(memory["own"], slot.level, here)
    pace = np.minimum(1.0, np.maximum(SLOT_S, _period_s(known)) / SLOW_S)
    memory["slow"] = np.where(some, memory["slow"] + pace * (np.nan_to_num(left) - memory["slow"]), memory["slow"])
    limit = limits(memory)
    _levels(memory, signs, some, limit[:, DRIFT])
    own = _moved(memory["own"], circular)
    signs[:, COMMON] = np.where(here & (compared > 1), own - signs[:, STEP], np.nan)
    return Seen(signs, limit, compared, _agreeing(own, near), own, rougher, weight)


def limits(memory: NDArray[np.void]) -> NDArray[np.float64]:
    """(s, SIGNS) what each sign has to exceed."""
    grain = np.nan_to_num(memory["grain"])[:, None] * GRAINS
    record = np.maximum(memory["record"], np.where(SLOW, 0.0, np.maximum(memory["yesterday"], memory["today"])))
    least = np.maximum(np.maximum(SCALES * memory["scale"], RECORDS * record), np.maximum(grain, LEAST))
    return np.where(memory["heard"] >= WARM, least, np.inf)


def apart(
    memory: NDArray[np.void], known: NDArray[np.void], near: NDArray[np.int64], end_s: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(s,) how far each level is from what its neighbours say, and how many say something.

    Neighbours count without their own bias, and not while something is wrong with them. Where a series has no neighbours at
    all it is the level itself; where they are silent it is NaN.
    """
    lasts_s = np.maximum(SLOT_S, 1.5 * _period_s(known))
    open_ = memory["start_s"] > NEVER_S
    sound = ~(open_[:, OF_LEVEL] | open_[:, OF_STUCK] | open_[:, OF_NOISE]) & (memory["level_s"] + lasts_s > end_s)
    told = np.where(sound, memory["level"] - np.nan_to_num(memory["bias"]), np.nan)
    differences = np.where(near >= 0, told[near], np.nan) - memory["level"][:, None]
    circular = known["aggregate"] == CIRCULAR
    if circular.any():
        differences[circular] = _turned(differences[circular])
    median, count = middle(differences)
    alone = near[:, 0] < 0
    return np.where(alone, memory["level"], -median), count


def learn(memory: NDArray[np.void], seen: Seen, slot: Slot, *, end_s: int, calm: NDArray[np.bool_]) -> None:
    """Take the slot into the past, where it is `calm` (s,)."""
    made = np.isfinite(seen.signs) & calm[:, None]
    made[:, JUMP : DRIFT + 1] &= (memory["learnt"] > DAY / 4)[:, None]
    size = np.abs(np.nan_to_num(seen.signs))
    heard, scale = memory["heard"], memory["scale"]
    kept = np.minimum(size, seen.limits)
    clipped = np.where(heard > WARM / 2, np.minimum(kept, CLIPS * scale + TINY), kept)
    memory["scale"] = np.where(made, scale + (clipped - scale) / np.minimum(heard + 1, LASTS), scale)
    memory["today"] = np.where(made, np.maximum(memory["today"], kept), memory["today"])
    memory["heard"] = heard + made
    if end_s % DAY_S == 0:
        memory["record"] = np.maximum(memory["record"] * FADE, memory["yesterday"])
        memory["yesterday"], memory["today"] = memory["today"], 0.0
        memory["earlier"][:, 1], memory["earlier"][:, 0] = memory["earlier"][:, 0], memory["bias"]
    _learn_level(memory, calm & slot.present, end_s)
    some = made[:, GROWN]
    change = np.where(some, np.log(np.where(some, seen.rougher, 1.0)), 0.0)
    memory["base"] += change / np.minimum(memory["heard"][:, GROWN] + 1, LONG)
    memory["grain"] = np.fmin(memory["grain"], slot.grain)


def hourly(hours: NDArray[np.float64], end_s: int) -> NDArray[np.float64]:
    """(s,) the course of the day (s, HOURS) at the middle of the slot that ends then, between the middles of its hours."""
    at = (end_s - SLOT_S / 2) / 3600 - 0.5
    low = int(np.floor(at))
    share = at - low
    between: NDArray[np.float64] = (1 - share) * hours[:, low % HOURS] + share * hours[:, (low + 1) % HOURS]
    return between


def _learn_level(memory: NDArray[np.void], some: NDArray[np.bool_], end_s: int) -> None:
    """Bias and hours follow what is left; the newer a series, the faster."""
    left, learnt = memory["ring"][:, 0], memory["learnt"]
    some = some & np.isfinite(left)
    fast = np.maximum(1 / LONG, 1 / (learnt + 1))
    memory["bias"] = np.where(some, memory["bias"] + fast * left, memory["bias"])
    memory["norm"] = np.where(some, memory["norm"] + fast * (memory["level"] - memory["norm"]), memory["norm"])
    hour = int((end_s - SLOT_S / 2) // 3600) % HOURS
    pace = np.where(learnt < DAY / 4, 0.0, np.maximum(0.01, 1 / (1 + learnt / HOURS)))
    memory["hours"][:, hour] += np.where(some, pace * left, 0.0)
    memory["learnt"] = learnt + some


def _noise(
    memory: NDArray[np.void], slot: Slot, signs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Noise grown or gone: the logarithm of how rough the last half hour was, against the usual, in its own uncertainty.

    Returns (s,) the factor by which it grew, and how many uncertainties one power of e is.
    """
    for name, new in (("rough", slot.rough), ("roughs", slot.roughs)):
        ring = memory[name]
        ring[:, 1:] = ring[:, :-1]
        ring[:, 0] = new
    many = memory["roughs"].sum(axis=1)
    mean = memory["rough"].sum(axis=1) / np.maximum(many, 1)
    grain = np.nan_to_num(memory["grain"])
    there = slot.present & (many >= BRIEF) & (grain > 0)
    rough = np.log(np.where(there, mean + grain / 4, 1.0))
    memory["base"] = np.where(there & np.isnan(memory["base"]), rough, memory["base"])
    change = np.where(there, rough - memory["base"], np.nan)
    weight = np.sqrt(many)
    signs[:, GROWN], signs[:, GONE] = np.maximum(change, 0.0) * weight, np.maximum(-change, 0.0) * weight
    return np.exp(change), weight


def _forget_rings(memory: NDArray[np.void], known: NDArray[np.void], here: NDArray[np.bool_], end_s: int) -> None:
    """After a long silence changes are looked for anew."""
    back = here & (end_s - memory["level_s"] > np.maximum(SILENT_S, 3 * _period_s(known)))
    for name in ("ring", "own"):
        memory[name][back] = np.nan
    memory["slow"][back] = 0.0


def _levels(
    memory: NDArray[np.void], signs: NDArray[np.float64], some: NDArray[np.bool_], limit: NDArray[np.float64]
) -> None:
    """The signs of a level that is not where it was, over ten minutes, half an hour, an hour, and hours.

    What was off for hours and is no more is forgotten: beyond its limit the slow one follows at once.
    """
    ring = memory["ring"]
    made = {
        JUMP: ring[:, 0] - ring[:, 2:5].mean(axis=1),
        STEP: ring[:, :2].mean(axis=1) - ring[:, 4:10].mean(axis=1),
        RAMP: ring[:, :3].mean(axis=1) - ring[:, 9:].mean(axis=1),
        LEVEL: ring[:, :3].mean(axis=1),
    }
    slow, now = memory["slow"], made[LEVEL]
    over = some & (np.abs(slow) > limit) & ~((slow * now > 0) & (np.abs(now) >= np.abs(slow) / 2))
    made[DRIFT] = memory["slow"] = np.where(over, np.nan_to_num(now), slow)
    for sign, value in made.items():
        signs[:, sign] = np.where(some, value, np.nan)


def _moved(own: NDArray[np.float64], circular: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(s,) by how much the levels themselves moved in half an hour."""
    moved: NDArray[np.float64] = own[:, :2].mean(axis=1) - own[:, 4:10].mean(axis=1)
    return np.where(circular, _turned(moved), moved)


def _agreeing(own: NDArray[np.float64], near: NDArray[np.int64]) -> NDArray[np.int64]:
    """(s,) neighbours that moved the same way, half as much at least."""
    theirs = np.where(near >= 0, own[near], np.nan)
    alike: NDArray[np.int64] = (theirs * np.sign(own)[:, None] >= np.abs(own)[:, None] / 2).sum(axis=1)
    return alike


def _push(ring: NDArray[np.float64], new: NDArray[np.float64], some: NDArray[np.bool_]) -> None:
    """A new value at the head of some rings."""
    moved = ring[some]
    moved[:, 1:] = moved[:, :-1]
    moved[:, 0] = new[some]
    ring[some] = moved


def _period_s(known: NDArray[np.void]) -> NDArray[np.float64]:
    """The period of each series, 0 where none is known."""
    return np.where(known["hz"] > 0, 1 / np.where(known["hz"] > 0, known["hz"], 1.0), 0.0)


def _turned(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same turn the short way round."""
    return (degrees + 180.0) % 360.0 - 180.0


__all__ = ["RING", "SHORT", "Seen", "apart", "hourly", "learn", "limits", "look"]
