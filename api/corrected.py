"""Corrected values beside the raw ones: made when they are asked for, of raw readings and of what the registry says now.

So a calibration holds for all history the moment it is recorded, and is undone to the last byte when it is taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from api.catalogue import FOR_EVER_S, Shown, View, clip
from api.readings import Readings, Rows
from api.sensorthings.moments import iso
from gateway.numerics.columns import FAIL, MISSING, TIERS
from gateway.numerics.corrections import METHODS, NEAR_S, Corrected, correct
from gateway.numerics.flags import PRECEDENCE, RANK
from gateway.store.port import Tier

CAPTURED = 0.75
"""A window has a corrected value where so many of its readings have one."""
HUMIDITY = "humidity"
HALF_DAY_S = 43_200
MORE_DIGITS = 3
"""Decimals of a corrected value beyond those that people read of a raw one."""
PRIVATE = {"beside"}
"""What of the evidence names devices that may not be public."""


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside n rows: NaN, 0 and an empty name where nothing is corrected."""

    value: NDArray[np.float64]
    flag: NDArray[np.uint8]
    name: Sequence[str]


@dataclass(frozen=True, slots=True)
class Newest:
    """What a correction makes of the newest reading of a series."""

    value: float
    flag: int
    name: str

    def told(self) -> dict[str, object]:
        """The same as JSON."""
        return {"corrected": self.value, "corrected_flag": self.flag, "correction": self.name}


def newest_corrected(readings: Readings, view: View, latest: Mapping[int, np.void]) -> dict[int, Newest]:
    """The newest readings corrected, by series; those that are not are left out."""
    found = {}
    for number, row in latest.items():
        shown = view.shown[number]
        beside = Corrector(readings, view, shown).beside(np.array([row]), "raw") if shown.corrections else None
        if beside is not None and beside.name[0]:
            value = round(float(beside.value[0]), shown.quantity.digits + MORE_DIGITS)
            found[number] = Newest(value, int(beside.flag[0]), beside.name[0])
    return found


class Corrector:
    """Corrects the rows of one series as one audience may see them: with the humidity that this audience may see, too."""

    def __init__(self, readings: Readings, view: View, shown: Shown) -> None:
        self._readings = readings
        self._shown = shown
        self._humid = humidity_of(view, shown)

    def beside(self, block: Rows, tier: Tier) -> Beside | None:
        """What stands beside the rows of a block; None where the series has no correction at all."""
        if not self._shown.corrections or not len(block):
            return None
        return self._of_readings(block) if tier == "raw" else self._of_windows(block, tier)

    def marks(self) -> bytes:
        """Changes whenever the humidity does that corrections rest on."""
        if self._humid is None or not any(METHODS[c.by.method].humid for c in self._shown.corrections):
            return b""
        newest = self._readings.latest([self._humid]).get(self._humid.id)
        there = self._readings.count(self._humid, 0, FOR_EVER_S)
        return repr((there, newest if newest is None else newest.tolist())).encode()

    def _of_readings(self, block: Rows) -> Beside:
        made, which = self._corrected(block)
        names = np.array(["", *(c.by.name for c in self._shown.corrections)])
        return Beside(made.value, made.flag, names[np.where(made.flag > 0, which + 1, 0)].tolist())

    def _corrected(self, block: Rows) -> tuple[Corrected, NDArray[np.int64]]:
        """Each reading by the correction that holds at its time, and which that is, -1 for none."""
        value, flag = np.full(len(block), np.nan), np.zeros(len(block), np.uint8)
        which = np.full(len(block), -1, np.int64)
        for nth, one in enumerate(self._shown.corrections):
            some = np.flatnonzero((block["time_s"] >= one.start_s) & (block["time_s"] < one.end_s))
            if len(some):
                damp = self._damp(one.by.method, block["time_s"][some])
                made = correct(one.by.method, one.by.numbers, block[some], damp)
                value[some], flag[some], which[some] = made.value, made.flag, nth
        return Corrected(value, flag), which

    def _damp(self, method: str, time_s: NDArray[np.int64]) -> Rows:
        """The humidity around these times."""
        if self._humid is None or not METHODS[method].humid:
            return self._readings.read(self._shown, 0, 0)
        return self._readings.read(self._humid, int(time_s[0]) - NEAR_S, int(time_s[-1]) + NEAR_S + 1)

    def _of_windows(self, block: Rows, tier: Tier) -> Beside:
        """Windows made anew of corrected readings: what entered the raw value enters the corrected one."""
        starts = block["start_s"]
        made = _Sums(len(block), self._shown.quantity.aggregate)
        for rows, slot in self._inside(starts, ends_of(self._shown, starts, tier)):
            corrected, which = self._corrected(rows)
            entered = (rows["tests"] & 15 != FAIL) & (rows["flag"] != MISSING) & np.isfinite(rows["value"])
            made.add(corrected, which, slot, entered)
        return made.told(block["flag"], [c.by.name for c in self._shown.corrections])

    def _inside(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Iterator[tuple[Rows, NDArray[np.int64]]]:
        """Readings that lie in one of the windows, with which one, in blocks."""
        for rows in self._readings.blocks(self._shown, int(starts[0]), int(ends[-1])):
            slot = np.searchsorted(starts, rows["time_s"], side="right") - 1
            there = rows["time_s"] < ends[slot]
            yield rows[there], slot[there]


class _Sums:
    """Corrected readings, condensed as their quantity's aggregate condenses raw ones, in the order of time."""

    def __init__(self, count: int, aggregate: str) -> None:
        self._aggregate = aggregate
        self._sum = np.full(count, {"max": -np.inf, "min": np.inf}.get(aggregate, 0.0))
        self._entered, self._count = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self._flag = np.zeros(count, np.uint8)
        self._names: dict[int, NDArray[np.bool_]] = {}

    def add(
        self, made: Corrected, which: NDArray[np.int64], slot: NDArray[np.int64], entered: NDArray[np.bool_]
    ) -> None:
        """Some more readings, later than all before."""
        np.add.at(self._entered, slot, entered)
        there = entered & (made.flag > 0)
        slot, value, which = slot[there], made.value[there], which[there]
        np.add.at(self._count, slot, 1)
        np.maximum.at(self._flag, slot, RANK[made.flag[there]])
        if self._aggregate == "max":
            np.maximum.at(self._sum, slot, value)
        elif self._aggregate == "min":
            np.minimum.at(self._sum, slot, value)
        elif self._aggregate == "last":
            self._sum[slot] = value
        else:
            np.add.at(self._sum, slot, 10 ** (value / 10) if self._aggregate == "energetic" else value)
        for nth in np.unique(which).tolist():
            self._names.setdefault(nth, np.zeros(len(self._sum), np.bool_))[slot[which == nth]] = True

    def told(self, flag: NDArray[np.uint8], names: Sequence[str]) -> Beside:
        """The windows; `flag` are those of the raw ones, which are never bettered."""
        enough = (self._count > 0) & (self._count >= CAPTURED * self._entered)
        value = self._sum
        if self._aggregate in {"mean", "energetic"}:
            value = self._sum / np.maximum(self._count, 1)
        if self._aggregate == "energetic":
            value = 10 * np.log10(np.where(enough, value, 1.0))
        worst = np.where(self._flag > RANK[flag], np.array(PRECEDENCE, np.uint8)[self._flag], flag)
        called = ["+".join(names[nth] for nth, of in sorted(self._names.items()) if of[n]) for n in range(len(flag))]
        return Beside(
            np.where(enough, value, np.nan),
            np.where(enough, worst, 0).astype(np.uint8),
            [name if ok else "" for name, ok in zip(called, enough.tolist(), strict=True)],
        )


def ends_of(shown: Shown, starts: NDArray[np.int64], tier: Tier) -> NDArray[np.int64]:
    """When windows of a series end that begin so; days end with the calendar of its place."""
    if tier in TIERS:
        return np.asarray(starts + TIERS[tier])
    noons = (datetime.fromtimestamp(s + HALF_DAY_S, shown.zone) for s in starts.tolist())
    return np.array([_midnight_after(noon).timestamp() for noon in noons], np.int64)


def _midnight_after(noon: datetime) -> datetime:
    """When the local day of a moment ends."""
    return datetime.combine(noon.date() + timedelta(days=1), time(), noon.tzinfo)


def humidity_of(view: View, shown: Shown) -> Shown | None:
    """The humidity of the air that a series measures: of the same place, and of the same `where` in its channel's name."""
    where = shown.series.channel.rpartition(".")[0]
    near = [s for s in view.by_place[shown.place.id] if s.quantity.slug == HUMIDITY]
    same = [s for s in near if s.series.channel.rpartition(".")[0] == where]
    return same[0] if same else None


def corrections_json(shown: Shown) -> list[dict[str, object]]:
    """The corrections of a series as the list of series tells them: where they hold, their numbers and their evidence."""
    return [
        {
            "id": one.by.name,
            "from": iso(one.start_s) if one.start_s > 0 else None,
            "to": iso(one.end_s) if one.end_s < FOR_EVER_S else None,
            "numbers": dict(one.by.numbers),
            "evidence": {name: told for name, told in one.by.evidence.items() if name not in PRIVATE},
        }
        for one in shown.corrections
        if clip(shown.spans, one.start_s, one.end_s)
    ]
