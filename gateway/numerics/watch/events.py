"""Signs and scores of a slot become events: what begins, what goes on, what is over."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.state import NEVER_S
from gateway.numerics.watch.memory import (
    COMMON,
    DRIFT,
    FAMILIES,
    GONE,
    GROWN,
    JUMP,
    LEVEL,
    OF_COMMON,
    OF_LEVEL,
    OF_NOISE,
    OF_SILENCE,
    OF_SPIKE,
    OF_STUCK,
    OF_UNUSUAL,
    RAMP,
    SHORT,
    SPIKE,
    STEP,
)
from gateway.numerics.watch.signs import FORGET, Seen
from gateway.numerics.watch.slots import SLOT_S, Slot

KINDS = ("spike", "jump", "drift", "grown", "gone", "stuck", "silence", "gaps", "crowded", "unusual", "shared")
"""What an event says, in words in devices/words/events.toml; EVENT.kind is the position in this tuple."""
(
    A_SPIKE, A_JUMP, A_DRIFT, NOISE_GROWN, NOISE_GONE, A_STUCK, A_SILENCE, GAPS, CROWDED, UNUSUAL, SHARED,
) = range(len(KINDS))  # fmt: skip

EVENT = np.dtype(
    [
        ("series", "i8"),
        ("start_s", "i8"),  # since when
        ("told_s", "i8"),  # when it could first be known
        ("end_s", "i8"),  # when it was last seen, 0 while it lasts
        ("kind", "u1"),
        ("size", "f8"),  # how large: in the quantity's unit, as a factor of noise, readings or seconds
        ("against", "f8"),  # what it had to exceed
        ("compared", "u1"),  # neighbours that were asked
        ("agreeing", "u1"),  # neighbours that saw it too
    ]
)
"""One event of a series; (series, start_s, kind) is what replaces what."""

CLEARLY = 2.0
"""Of two places that drift apart, it is the one that is so many times farther from its own mean than the other."""
CLOSE_S = 1800
"""An event is over when it has not shown for so long."""
LONGEST_S = 7 * 86_400
"""What lasts longer has become normal: it ends, and the series is learnt anew from there."""
ODDS, LOSS_ODDS = 1e-6, 1e-8
"""A row of repetitions, or of readings that do not come, is no chance below this."""
KNOWN = 60
"""Readings that must have come before repetitions are judged."""
ALONE = 0.7
"""Something is wrong with a series, not with a neighbour of it, if it is off by so much of what they are off, at least."""
ALARM = 0.6
"""A detector's score from here on is an event by itself: well above the alarm of its own, which is rung twice a month."""
HOLD = 0.7
"""A level is off until it is so much of the limit again."""
STRONG, RAISES_S = 2.0, 86_400
"""An event raises the flags of readings in which it is so many times as large as it had to be, for a day at most."""


@dataclass(frozen=True, slots=True)
class Fired:
    """What shows in a slot, all (s, FAMILIES)."""

    fires: NDArray[np.bool_]
    kind: NDArray[np.int64]
    size: NDArray[np.float64]
    against: NDArray[np.float64]
    start_s: NDArray[np.int64]

    def put(
        self, family: int, fires: NDArray[np.bool_], kind: NDArray[np.int64] | int, *,
        size: NDArray[np.float64], against: NDArray[np.float64],
    ) -> None:  # fmt: skip
        """What shows of one family."""
        self.fires[:, family], self.kind[:, family] = fires, kind
        self.size[:, family], self.against[:, family] = size, against


def judge(
    memory: NDArray[np.void], known: NDArray[np.void], near: NDArray[np.int64], *,
    seen: Seen, slot: Slot, end_s: int, alarm: NDArray[np.float64],
) -> Fired:  # fmt: skip
    """What shows of each family in a slot; `alarm` (s,) is the highest score of the detector in it, NaN where there is none."""
    shape = (len(memory), len(FAMILIES))
    start_s = np.full(shape, end_s - SLOT_S, np.int64)
    fired = Fired(np.zeros(shape, np.bool_), np.zeros(shape, np.int64), np.zeros(shape), np.zeros(shape), start_s)
    fires, signs, limits = seen.fires, seen.signs, seen.limits
    fired.put(OF_SPIKE, fires[:, SPIKE], A_SPIKE, size=signs[:, SPIKE], against=limits[:, SPIKE])
    _put_level(fired, memory, seen, near)
    grown, gone = fires[:, GROWN], fires[:, GONE]
    against = np.exp(np.where(gone, limits[:, GONE], limits[:, GROWN]) / np.maximum(seen.weight, 1))
    size = np.nan_to_num(np.where(gone, 1 / seen.rougher, seen.rougher))
    fired.put(
        OF_NOISE,
        grown | gone,
        np.where(gone, NOISE_GONE, NOISE_GROWN),
        size=size,
        against=against,
    )
    fired.put(OF_COMMON, fires[:, COMMON], SHARED, size=signs[:, COMMON], against=limits[:, COMMON])
    _put_stuck(fired, memory, known, slot)
    _put_silence(fired, memory, known, slot, end_s)
    fired.put(OF_UNUSUAL, alarm >= ALARM, UNUSUAL, size=np.nan_to_num(alarm), against=np.full(len(memory), ALARM))
    return fired


def follow(
    memory: NDArray[np.void], fired: Fired, seen: Seen, *, near: NDArray[np.int64], end_s: int
) -> NDArray[np.void]:
    """Events of `memory` begin, go on or end; the EVENT rows that begin or end now, by series.

    While it lasts an event has no end; what lasted too long is over, and its series is learnt anew.
    """
    open_ = memory["start_s"] > NEVER_S
    begins = fired.fires & ~open_
    goes_on = fired.fires & open_
    for name, value in (
        ("start_s", fired.start_s),
        ("told_s", end_s),
        ("kind", fired.kind),
        ("against", fired.against),
    ):
        memory[name] = np.where(begins, value, memory[name])
    _go_back(memory, begins[:, OF_LEVEL] & (fired.kind[:, OF_LEVEL] == A_DRIFT))
    larger = begins | goes_on & (np.abs(fired.size) > np.abs(memory["size"]))
    memory["size"] = np.where(larger, fired.size, memory["size"])
    lasts = fired.fires.copy()
    lasts[:, OF_LEVEL] |= _still_off(memory, seen)
    memory["until_s"] = np.where(lasts, end_s, memory["until_s"])
    memory["compared"] = np.where(begins, seen.compared[:, None], memory["compared"])
    memory["agreeing"] = np.where(begins, _agreeing(memory, fired, seen, near), memory["agreeing"])
    long = open_ & (end_s - memory["told_s"] >= LONGEST_S)
    ends = open_ & ~lasts & (end_s - memory["until_s"] >= CLOSE_S) | long
    told = _rows(memory, begins | ends, ends)
    memory["start_s"] = np.where(ends, NEVER_S, memory["start_s"])
    _start_anew(memory, long, ends)
    return told


def strong(fired: Fired, memory: NDArray[np.void], end_s: int) -> NDArray[np.bool_]:
    """(s,) are readings of this slot suspect: what is seen begins now, or is twice as large as it had to be."""
    clear = (np.abs(fired.size) > STRONG * fired.against) & (end_s - memory["told_s"] < RAISES_S)
    clear |= memory["told_s"] == end_s
    suspect: NDArray[np.bool_] = np.any((fired.fires & clear)[:, [OF_LEVEL, OF_NOISE, OF_STUCK]], axis=1)
    return suspect


def stuck_limit(memory: NDArray[np.void]) -> NDArray[np.float64]:
    """(s,) repetitions in a row that are no chance: by the usual share of repetitions, and by the longest row of the past."""
    share = np.clip(memory["repeats"], 1 / np.maximum(memory["counted"], 1000), 1 - 1e-9)
    limit = np.maximum(np.maximum(3.0, np.log(ODDS) / np.log(share)), 1.5 * memory["longest"] + 2)
    return np.where((memory["counted"] >= KNOWN) & (share < 0.9), limit, np.inf)


def learn_counts(memory: NDArray[np.void], slot: Slot, expected: NDArray[np.float64], calm: NDArray[np.bool_]) -> None:
    """How often values repeat, and how many readings come, where it is `calm` (s,)."""
    count = np.where(calm, slot.count, 0.0)
    counted = memory["counted"] + count
    pace = count / np.clip(counted, 1.0, 3000.0)
    share = slot.repeats / np.maximum(slot.count, 1)
    memory["repeats"] += pace * (share - memory["repeats"])
    memory["counted"] = counted
    ended = np.where(slot.run > memory["run"], slot.run, 0.0)
    memory["longest"] = np.where(calm, np.maximum(memory["longest"] * FORGET, ended), memory["longest"])
    came = np.where(expected > 0, slot.came / np.where(expected > 0, expected, 1.0), np.nan)
    some = calm & np.isfinite(came) & (memory["came_s"] > NEVER_S)
    usual = np.where(np.isnan(memory["usual"]), 1.0, memory["usual"])
    memory["slots"] += some
    memory["usual"] = np.where(some, usual + (came - usual) / np.clip(memory["slots"], 50, 2000), memory["usual"])


def _put_level(fired: Fired, memory: NDArray[np.void], seen: Seen, near: NDArray[np.int64]) -> None:
    """A level that is not where it was or where its neighbours are, if it is this series that is off and not a neighbour.

    A sign counts where no neighbour has it clearly larger, a jump where at most half of the neighbours moved the same way.
    Of two alone, a jump is of the one that moved more, and a drift of the one that is clearly farther from its own mean.
    """
    moved = np.abs(np.nan_to_num(seen.moved))
    strange = np.abs(np.nan_to_num(memory["level"] - memory["norm"]))
    alone = 2 * seen.agreeing <= seen.compared
    jumps = alone & ((seen.compared != 1) | (moved >= _most(moved, near)))
    drifts = (seen.compared != 1) | (strange >= CLEARLY * _most(strange, near))
    for signs, kind, mine in (((LEVEL, DRIFT), A_DRIFT, drifts), ((JUMP, STEP, RAMP), A_JUMP, jumps)):
        size = np.abs(seen.signs[:, signs])
        fires = (size > seen.limits[:, signs]) & mine[:, None]
        for n in range(len(signs)):
            fires[:, n] &= size[:, n] >= ALONE * _most(np.nan_to_num(size[:, n]), near)
        row = np.flatnonzero(fires.any(axis=1))
        first = np.array(signs)[np.argmax(np.where(fires, size / seen.limits[:, signs], 0.0)[row], axis=1)]
        fired.fires[row, OF_LEVEL], fired.kind[row, OF_LEVEL] = True, kind
        fired.size[row, OF_LEVEL], fired.against[row, OF_LEVEL] = seen.signs[row, first], seen.limits[row, first]


def _most(size: NDArray[np.float64], near: NDArray[np.int64]) -> NDArray[np.float64]:
    """(s,) the largest of the neighbours' sizes, 0 where there are none."""
    most: NDArray[np.float64] = np.where(near >= 0, size[near], 0.0).max(axis=1)
    return most


def _put_stuck(fired: Fired, memory: NDArray[np.void], known: NDArray[np.void], slot: Slot) -> None:
    """The same value too often; what rests at a bound does not count, see `slots`."""
    limit = stuck_limit(memory)
    fires = slot.present & (slot.run >= limit)
    fired.put(OF_STUCK, fires, A_STUCK, size=slot.run + 1, against=limit)
    period_s = np.where(known["hz"] > 0, 1 / np.where(known["hz"] > 0, known["hz"], 1), 0)
    begun_s = memory["last_s"] - np.ceil(slot.run * period_s).astype(np.int64)
    fired.start_s[:, OF_STUCK] = np.where(fires, begun_s, fired.start_s[:, OF_STUCK])


def _put_silence(fired: Fired, memory: NDArray[np.void], known: NDArray[np.void], slot: Slot, end_s: int) -> None:
    """Readings that do not come, that come in part, or that are too many; by the period that holds now, since it does."""
    hz = known["hz"]
    since_s = np.where(known["since_s"] < end_s, known["since_s"], 0).astype(np.int64)
    settled = end_s - since_s >= SHORT * SLOT_S
    ring = memory["counts"]
    ring[:, 1:] = ring[:, :-1]
    ring[:, 0] = slot.came
    usual = np.clip(np.where(np.isnan(memory["usual"]), 1.0, memory["usual"]), 0.02, 1.0)
    lost = np.clip(1 - usual, 1e-4, 0.98)
    period_s = np.where(hz > 0, 1 / np.where(hz > 0, hz, 1), 0)
    wait_s = np.maximum(600.0, (np.clip(np.log(LOSS_ODDS) / np.log(lost), 2, 60) + 0.5) * period_s)
    ready = (hz > 0) & (memory["counted"] >= KNOWN / 2)
    quiet_s = (end_s - np.maximum(memory["came_s"], since_s)).astype(np.float64)
    silent = ready & (quiet_s >= wait_s) & (memory["came_s"] > NEVER_S)
    came, due = ring.sum(axis=1), SHORT * SLOT_S * hz
    short = usual * due - came
    gaps = ready & settled & (short >= 2 + 4 * np.sqrt(due * usual * (1 - usual))) & (came < 0.7 * usual * due)
    crowded = ready & settled & (came > 1.4 * due + 3)
    fires = silent | gaps | crowded
    kind = np.where(silent, A_SILENCE, np.where(gaps, GAPS, CROWDED))
    fired.put(
        OF_SILENCE, fires, kind, size=np.where(silent, quiet_s, came), against=np.where(silent, wait_s, usual * due)
    )
    fired.start_s[:, OF_SILENCE] = np.where(silent, memory["came_s"], fired.start_s[:, OF_SILENCE])


def _agreeing(memory: NDArray[np.void], fired: Fired, seen: Seen, near: NDArray[np.int64]) -> NDArray[np.int64]:
    """(s, FAMILIES) neighbours that see the same: the same family of event, or a move the same way where it is a sudden one.

    A drift is slower than the day that all share: who warms up along with it in the morning does not agree with it.
    """
    open_ = memory["start_s"] > NEVER_S
    alike: NDArray[np.int64] = np.where((near >= 0)[:, :, None], (fired.fires | open_)[near], False).sum(axis=1)
    sudden = fired.kind[:, OF_LEVEL] != A_DRIFT
    alike[sudden, OF_LEVEL] = seen.agreeing[sudden]
    for family in (OF_UNUSUAL, OF_COMMON):
        alike[:, family] = seen.agreeing
    return alike


def _go_back(memory: NDArray[np.void], some: NDArray[np.bool_]) -> None:
    """Where a drift begins to show, the bias is again what it was before it could be learnt from the drift."""
    earlier = memory["earlier"][:, 1]
    learnt = np.where(some & np.isfinite(earlier), memory["bias"] - earlier, 0.0)
    memory["bias"] -= learnt
    memory["ring"] += learnt[:, None]
    memory["slow"] += learnt


def _still_off(memory: NDArray[np.void], seen: Seen) -> NDArray[np.bool_]:
    """(s,) is a level that was off still off, by most of what it takes to be told or half of what it was, or not to be seen?"""
    level, limit = np.abs(seen.signs[:, LEVEL]), seen.limits[:, LEVEL]
    off = level > np.where(np.isfinite(limit), HOLD * limit, np.abs(memory["size"][:, OF_LEVEL]) / 2)
    unseen: NDArray[np.bool_] = off | np.isnan(level)
    return unseen


def _rows(memory: NDArray[np.void], some: NDArray[np.bool_], ends: NDArray[np.bool_]) -> NDArray[np.void]:
    """EVENT rows."""
    series, family = np.nonzero(some)
    rows = np.zeros(len(series), EVENT)
    rows["series"] = series
    for name in ("start_s", "told_s", "kind", "size", "against", "compared", "agreeing"):
        rows[name] = memory[name][series, family]
    rows["end_s"] = np.where(ends[series, family], memory["until_s"][series, family], 0)
    return rows


def _start_anew(memory: NDArray[np.void], long: NDArray[np.bool_], ends: NDArray[np.bool_]) -> None:
    """What an event that lasted too long was about has become normal; after any event of level, so has what is left of it."""
    level, noise, stuck = ends[:, OF_LEVEL], long[:, OF_NOISE], long[:, OF_STUCK]
    memory["bias"][level] += np.nan_to_num(memory["ring"][level].mean(axis=1))
    memory["slow"][level] = 0.0
    memory["ring"][level] = np.nan
    memory["base"][noise] = np.nan
    memory["longest"][stuck] = memory["run"][stuck]
