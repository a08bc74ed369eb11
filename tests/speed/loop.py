"""Flags and windows of one reading after another, written plainly: what `bench_numerics` holds those of arrays against.

All tests that a series' thresholds enable, and its windows of a minute and an hour, for means, directions, levels, counters and
maxima: one object a series, one loop, and rows as tuples. `bench_numerics.agreeing` asserts that both say the same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

from gateway.numerics.columns import Columns
from gateway.numerics.params import params_row

RANK = {0: -1, 9: 0, 2: 1, 1: 2, 3: 3, 4: 4}
"""Flag -> how bad it is."""
UNMADE = dict.fromkeys(
    ("gross", "rate", "spike", "flat", "attenuated", "climatology", "neighbours", "stuck", "clock", "anomaly"), 2
)
BLOCKS = 4
WIDTHS = {"m1": 60, "h1": 3600}


class Loop:
    """Some series, each with its aggregate, its period and its thresholds."""

    def __init__(self, known: Mapping[int, tuple[str, float, Mapping[str, float]]]) -> None:
        self.series = {n: Series(n, *row) for n, row in known.items()}
        self.readings: list[tuple[Any, ...]] = []
        self.windows: dict[str, list[tuple[Any, ...]]] = {"m1": [], "h1": []}

    def advance(self, batch: Columns) -> None:
        """Take a batch; what it changed is in `readings` and `windows`."""
        self.readings, self.windows = [], {"m1": [], "h1": []}
        for series, time_s, value in zip(
            batch.series.tolist(), batch.time_s.tolist(), batch.value.tolist(), strict=True
        ):
            self.series[series].take(time_s, value, self)


class Window:
    """A minute or an hour that is being filled."""

    def __init__(self, start_s: int, width_s: int) -> None:
        self.start_s, self.width_s, self.flag, self.count, self.seen = start_s, width_s, 0, 0, 0
        self.sum = self.sum2 = 0.0
        self.low = self.high = self.first = self.last = math.nan
        self.first_s = self.last_s = start_s

    def enter(self, time_s: int, value: float, terms: tuple[float, float]) -> None:
        """A reading that counts."""
        if self.count == 0:
            self.first, self.first_s, self.low, self.high = value, time_s, value, value
        self.count += 1
        self.low, self.high = min(self.low, value), max(self.high, value)
        self.sum += terms[0]
        self.sum2 += terms[1]
        self.last, self.last_s = value, time_s

    def mark(self, flag: int) -> None:
        """The worst flag inside."""
        if RANK[flag] > RANK[self.flag]:
            self.flag = flag


class Series:
    """What is known of a series, and what it remembers."""

    def __init__(self, series: int, aggregate: str, period_s: float, quality: Mapping[str, float]) -> None:
        self.id, self.aggregate, self.row = series, aggregate, params_row(aggregate, period_s, quality)
        self.of = {name: self.row[name].item() for name in self.row.dtype.names if name != "climate"}
        self.climate = self.row["climate"].tolist()
        self.last_s, self.value, self.before, self.base = -(1 << 62), math.nan, math.nan, math.nan
        self.tests, self.flag = dict(UNMADE), 2
        self.line: list[tuple[int, int | None]] = []
        self.open = {"m1": Window(-1, 60), "h1": Window(-1, 3600)}
        self.blocks: dict[int, tuple[float, float]] = {}
        self.faint = 2

    def take(self, time_s: int, value: float, to: Loop) -> None:
        """One reading: the one before it is decided, then its own tests, then its windows."""
        if self.of["attenuated"] and time_s - time_s % 3600 != self.open["h1"].start_s:
            self.turn_hour(time_s - time_s % 3600)
        before = self.value if time_s - self.last_s <= self.of["near_s"] else math.nan
        self.decide(before, value, to)
        tests = self.judge(time_s, value, before)
        flag = max(tests.values(), key=RANK.__getitem__)
        to.readings.append((self.id, time_s, value, flag, tests))
        enters = not math.isnan(value) and tests["gross"] != 4
        terms = self.terms(value) if enters else (0.0, 0.0)
        for tier, width_s in WIDTHS.items():
            if time_s - time_s % width_s != self.open[tier].start_s:
                self.open[tier] = Window(time_s - time_s % width_s, width_s)
            window = self.open[tier]
            window.seen += 1
            window.mark(flag)
            if enters:
                window.enter(time_s, value, terms)
            to.windows[tier].append(self.told(window))
        if enters:
            self.base = value
        self.last_s, self.value, self.before, self.tests, self.flag = time_s, value, before, tests, flag

    def decide(self, before: float, value: float, to: Loop) -> None:
        """The spike test of the newest reading, now that it has a successor."""
        off = self.off_middle(before, self.before, value)
        if not self.of["spike"] or math.isnan(off):
            return
        self.tests["spike"] = 4 if off > self.of["spike_fail"] else 3 if off > self.of["spike_suspect"] else 1
        flag = max(self.tests.values(), key=RANK.__getitem__)
        to.readings.append((self.id, self.last_s, self.value, flag, dict(self.tests)))
        if flag != self.flag:
            for tier, window in self.open.items():
                window.mark(flag)
                to.windows[tier].append(self.told(window))

    def judge(self, time_s: int, value: float, before: float) -> dict[str, int]:
        """The tests of a reading."""
        of, tests = self.of, dict(UNMADE)
        still_s = self.stands_still(time_s, value)
        if math.isnan(value):
            return dict.fromkeys(UNMADE, 9)
        if of["gross"]:
            failed = value < of["fail_low"] or value > of["fail_high"]
            tests["gross"] = 4 if failed else 3 if value < of["suspect_low"] or value > of["suspect_high"] else 1
        if of["rate"]:
            moved = self.change(value, before)
            if not math.isnan(moved):
                tests["rate"] = 3 if abs(moved / (time_s - self.last_s)) > of["rate_per_s"] else 1
        if of["flat"]:
            name = "stuck" if self.aggregate == "counter" else "flat"
            tests[name] = 4 if still_s >= of["flat_fail_s"] else 3 if still_s >= of["flat_suspect_s"] else 1
        if of["climatology"]:
            low, high = self.climate[time.gmtime(time_s).tm_mon - 1]
            tests["climatology"] = 1 if low <= value <= high else 3
        tests["attenuated"] = self.faint
        return tests

    def stands_still(self, time_s: int, value: float) -> int:
        """For how long all values have been within the tolerance: those that are not, and all before them, are forgotten."""
        if time_s - self.last_s > self.of["flat_gap_s"]:
            self.line.clear()
        level = round(value / self.of["flat_step"]) if not math.isnan(value) else None
        if level is not None:
            for n in range(len(self.line) - 1, -1, -1):
                other = self.line[n][1]
                if other is not None and self.steps(level - other) >= self.of["flat_levels"]:
                    del self.line[: n + 1]
                    break
        self.line.append((time_s, level))
        return time_s - self.line[0][0]

    def steps(self, moved: int) -> float:
        """Of a move, the short way round."""
        turn = self.of["flat_turn"]
        return abs((moved + turn / 2) % turn - turn / 2) if turn else abs(moved)

    def turn_hour(self, start_s: int) -> None:
        """An hour is over: its extremes go into its block, and the last four blocks are looked at."""
        span_s, hour = self.of["attenuated_block_s"], self.open["h1"]
        if hour.count:
            low, high = self.blocks.get(hour.start_s // span_s, (math.inf, -math.inf))
            self.blocks[hour.start_s // span_s] = min(low, hour.low), max(high, hour.high)
        last = start_s // span_s
        self.blocks = {n: block for n, block in self.blocks.items() if n >= last - BLOCKS}
        whole = [self.blocks[n] for n in range(int(last) - BLOCKS, int(last)) if n in self.blocks]
        self.faint = 2
        if len(whole) == BLOCKS:
            width = max(high for _, high in whole) - min(low for low, _ in whole)
            self.faint = 4 if width < self.of["attenuated_fail"] else 3 if width < self.of["attenuated_suspect"] else 1

    def terms(self, value: float) -> tuple[float, float]:
        """What a reading adds to the two sums of a window."""
        if self.aggregate == "circular":
            return math.sin(math.radians(value)), math.cos(math.radians(value))
        if self.aggregate == "energetic":
            return 10.0 ** (value / 10), 0.0
        if self.aggregate == "counter":
            risen = self.change(value, self.base)
            return (0.0 if math.isnan(risen) else risen), 0.0
        return value, 0.0

    def change(self, value: float, before: float) -> float:
        """From `before` to `value`."""
        moved = value - before
        if self.aggregate == "circular":
            return (moved + 180) % 360 - 180
        return value if self.aggregate == "counter" and moved < 0 else moved

    def off_middle(self, value: float, before: float, after: float) -> float:
        """How far a value lies from the middle of its neighbours."""
        if self.aggregate == "circular":
            middle = before + ((after - before + 180) % 360 - 180) / 2
            return abs((value - middle + 180) % 360 - 180)
        return abs(value - (before + after) / 2)

    def told(self, w: Window) -> tuple[Any, ...]:
        """A row of WINDOW."""
        awaited, value = w.width_s * self.of["hz"], math.nan
        if w.count:
            value = self.condensed(w)
        return (
            self.id, w.start_s, w.count, w.seen, w.low, w.high, w.sum, w.sum2, w.first, w.first_s, w.last, w.last_s,
            awaited, value, min(w.count / awaited, 1.0), w.flag,
        )  # fmt: skip

    def condensed(self, w: Window) -> float:
        """The value of a window."""
        if self.aggregate == "circular":
            return math.degrees(math.atan2(w.sum, w.sum2)) % 360
        if self.aggregate == "energetic":
            return 10 * math.log10(w.sum / w.count)
        if self.aggregate == "max":
            return w.high
        return w.sum if self.aggregate == "counter" else w.sum / w.count
