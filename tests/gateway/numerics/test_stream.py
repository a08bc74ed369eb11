"""However a stream is cut, delivered again, late or interrupted by a restart, it leaves the same flags and windows."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from gateway.numerics.columns import GOOD, READING, SUSPECT, TIERS, WINDOW, Columns
from gateway.numerics.params import AGGREGATES, no_params, params_row
from gateway.numerics.state import fresh, pack, unpack
from gateway.numerics.stream import BEFORE, Step, advance, reach, recall, rework, warm

MIDNIGHT_S = 1_700_006_400
QUALITY = {
    "fail_low": -5, "fail_high": 12, "suspect_low": 0, "suspect_high": 9, "rate_per_s": 0.2, "spike_suspect": 2,
    "spike_fail": 4, "flat_tolerance": 0.5, "flat_suspect_s": 300, "flat_fail_s": 900,
}  # fmt: skip
"""Thresholds within reach of small numbers, so that every flag occurs."""


@dataclass
class Kept:
    """What a store would hold after some steps: each row at its series and time, the last one written."""

    readings: dict[tuple[int, int], np.void] = field(default_factory=dict)
    windows: dict[tuple[str, int, int], np.void] = field(default_factory=dict)

    def write(self, step: Step) -> None:
        """Replace what stands at the same place."""
        self.readings |= {(int(r["series"]), int(r["time_s"])): r.copy() for r in step.readings}
        for tier, rows in (("m1", step.m1), ("h1", step.h1)):
            self.windows |= {(tier, int(r["series"]), int(r["start_s"])): r.copy() for r in rows}

    def rows(self, series: int, start_s: int = 0, end_s: int = 1 << 40) -> NDArray[np.void]:
        """Readings of one series, oldest first."""
        found = sorted(k for k in self.readings if k[0] == series and start_s <= k[1] < end_s)
        return np.array([self.readings[k] for k in found], READING)


def params() -> NDArray[np.void]:
    """One series for each aggregate, every test made."""
    rows = no_params(len(AGGREGATES))
    for n, aggregate in enumerate(AGGREGATES):
        rows[n] = params_row(aggregate, 60, QUALITY)
    return rows


def columns(readings: list[tuple[int, int, float]]) -> Columns:
    """Readings in order of arrival."""
    series, time_s, value = zip(*readings, strict=True) if readings else ((), (), ())
    return Columns(np.array(series, np.int64), np.array(time_s, np.int64), np.array(value, np.float64))


def take(kept: Kept, state: NDArray[np.void], known: NDArray[np.void], readings: list[tuple[int, int, float]]) -> None:
    """What the pipeline does with a batch: advance, write, read again what late readings reach, rework, write."""
    step = advance(state, known, columns(readings))
    kept.write(step)
    again = [np.empty(0, READING)]
    for series, start_s, end_s in reach(known, step.late):
        again += [kept.rows(series, 0, start_s)[-BEFORE:], kept.rows(series, start_s, end_s)]
    kept.write(rework(state, known, stored=np.concatenate(again), late=step.late))


def in_one_go(readings: list[tuple[int, int, float]]) -> tuple[Kept, NDArray[np.void]]:
    """The stream in the order of time, as one batch."""
    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    take(kept, state, known, sorted(readings, key=lambda r: r[1]))
    return kept, state


def same(kept: Kept, other: Kept, *, scores: bool = True) -> None:
    """Both stores hold the same, to the last bit."""
    assert kept.readings.keys() == other.readings.keys()
    assert kept.windows.keys() == other.windows.keys()
    for rows, others, kind in ((kept.readings, other.readings, READING), (kept.windows, other.windows, WINDOW)):
        keys = sorted(rows)
        one, two = np.array([rows[k] for k in keys], kind), np.array([others[k] for k in keys], kind)
        for name in kind.names or ():
            if scores or name != "score":
                np.testing.assert_array_equal(one[name], two[name], err_msg=name)


def times() -> some.SearchStrategy[int]:
    """Some seconds after midnight, near each other, or hours and days away."""
    near = some.integers(0, 40).map(lambda n: n * 47)
    return some.builds(lambda day, hour, s: MIDNIGHT_S + day * 86400 + hour * 3600 + s,
                       some.sampled_from([0, 0, 0, 1, 3]), some.sampled_from([0, 0, 0, 1, 2, 9]), near)  # fmt: skip


def values() -> some.SearchStrategy[float]:
    """Numbers that stand still, jump, leave every range, and are missing."""
    return some.one_of(
        some.just(4.0), some.sampled_from([3.9, 4.2, 4.6, 11.0, 14.0, -1.0, -9.0]), some.floats(-9, 15),
        some.just(float("nan")),
    )  # fmt: skip


def streams(size: int = 60) -> some.SearchStrategy[list[tuple[int, int, float]]]:
    """Readings of the seven series in any order, each series and second once."""
    one = some.tuples(some.integers(0, len(AGGREGATES) - 1), times(), values())
    return some.lists(one, min_size=1, max_size=size, unique_by=lambda r: r[:2])


def cuts() -> some.SearchStrategy[list[int]]:
    """Lengths of batches."""
    return some.lists(some.integers(1, 20), min_size=1, max_size=60)


def cut(readings: list[Any], lengths: list[int]) -> list[list[Any]]:
    """The stream in batches of these lengths, the rest as one."""
    batches, at = [], 0
    for length in lengths:
        batches.append(readings[at : at + length])
        at += length
    return [b for b in [*batches, readings[at:]] if b]


@settings(max_examples=40)
@given(streams(), cuts())
def test_a_stream_may_be_cut_anywhere(readings: list[tuple[int, int, float]], lengths: list[int]) -> None:
    """Flags, scores, windows and the state itself are those of one go."""
    readings = sorted(readings, key=lambda r: r[1])
    whole, state_of_whole = in_one_go(readings)

    kept, state = Kept(), fresh(len(AGGREGATES))
    for batch in cut(readings, lengths):
        take(kept, state, params(), batch)

    same(kept, whole)
    assert [pack(row) for row in state] == [pack(row) for row in state_of_whole]


@settings(max_examples=40)
@given(streams(), cuts())
def test_readings_may_come_in_any_order(readings: list[tuple[int, int, float]], lengths: list[int]) -> None:
    """Late readings leave the flags and windows of an unbroken run; scores are made once, on arrival."""
    whole, _ = in_one_go(readings)

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    for batch in cut(readings, lengths):
        take(kept, state, known, batch)

    same(kept, whole, scores=False)


@pytest.mark.slow
@settings(max_examples=40)
@given(streams(), cuts())
def test_after_late_readings_the_stream_goes_on_as_if_in_order(
    readings: list[tuple[int, int, float]], lengths: list[int]
) -> None:
    """The state too is corrected: what follows is flagged and condensed as in an unbroken run."""
    later = [(s, MIDNIGHT_S + 4 * 86400 + 60 * n, 4.0 + n % 3) for s in range(len(AGGREGATES)) for n in range(9)]
    soon = [(s, t + 31, 4.1) for s, t in {r[0]: max(q[1] for q in readings if q[0] == r[0]) for r in readings}.items()]
    whole, _ = in_one_go(readings + soon + later)

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    for batch in [*cut(readings, lengths), soon, later]:
        take(kept, state, known, batch)

    same(kept, whole, scores=False)


@pytest.mark.slow
@settings(max_examples=40)
@given(streams(), cuts())
def test_what_is_delivered_again_changes_nothing(readings: list[tuple[int, int, float]], lengths: list[int]) -> None:
    """The same reading twice, in one batch, later, or with another value: the first one stands."""
    whole, _ = in_one_go(readings)

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    for batch in cut(readings, lengths):
        take(kept, state, known, batch + batch)
    take(kept, state, known, [(s, t, 1e6) for s, t, _ in readings])

    same(kept, whole, scores=False)


@settings(max_examples=40)
@given(streams(), cuts())
def test_a_restart_loses_nothing(readings: list[tuple[int, int, float]], lengths: list[int]) -> None:
    """With its state through a blob between any two batches, a stream is that of one go."""
    readings = sorted(readings, key=lambda r: r[1])
    whole, _ = in_one_go(readings)

    kept, state = Kept(), fresh(len(AGGREGATES))
    for batch in cut(readings, lengths):
        for n in range(len(state)):
            state[n] = unpack(pack(state[n]))
        take(kept, state, params(), batch)

    same(kept, whole)


@settings(max_examples=40)
@given(streams(), cuts(), cuts(), some.integers(0, 60), some.integers(0, 60))
def test_after_a_crash_the_journal_is_read_again(
    readings: list[tuple[int, int, float]], lengths: list[int], other_lengths: list[int], at: int, more: int
) -> None:
    """With states older than the store, the same readings once more, cut otherwise, end as if nothing had happened."""
    whole, _ = in_one_go(readings)

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    for batch in cut(readings[:at], lengths):
        take(kept, state, known, batch)
    held = state.copy()
    for batch in cut(readings[at : at + more], lengths):
        take(kept, state, known, batch)
    for batch in cut(readings[at:], other_lengths):
        take(kept, held, known, batch)

    same(kept, whole, scores=False)


def test_a_restart_takes_a_late_reading_into_its_older_state() -> None:
    """Though the store is ahead: what follows it in the journal goes on from a state that knows it."""
    early, late, later = (0, MIDNIGHT_S + 60, 4.0), (0, MIDNIGHT_S + 30, 6.0), (0, MIDNIGHT_S + 120, 5.0)
    whole, _ = in_one_go([early, late, later])

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    take(kept, state, known, [early])
    held = state.copy()
    for readings in (state, held):
        take(kept, readings, known, [late])
        take(kept, readings, known, [later])

    same(kept, whole, scores=False)


@settings(max_examples=40)
@given(streams(), some.integers(0, 60))
def test_without_its_state_a_series_is_warmed_up_from_the_store(
    readings: list[tuple[int, int, float]], at: int
) -> None:
    """The last stored readings through the same code make a state that goes on like the one that was carried."""
    readings = sorted(readings, key=lambda r: r[1])
    whole, _ = in_one_go(readings)

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    take(kept, state, known, readings[:at])
    for n in range(len(state)):
        state[n] = warm(known[n], kept.rows(n)[-recall(known[n]) :])
    take(kept, state, known, readings[at:])

    same(kept, whole)


def test_no_more_is_recalled_than_makes_a_difference() -> None:
    """As long as a flat line takes to be told, and never more than memory can hold."""
    minute, often = params_row("mean", 60, QUALITY | {"flat_fail_s": 7200}), params_row("mean", 0.01, QUALITY)

    assert 240 < recall(minute) < 360
    assert recall(often) == 200_000


def weather(seed: int) -> list[tuple[int, int, float]]:
    """Two days of seven series: they stand still, drift, jump, fail, fall silent; in order of time."""
    rng, readings = np.random.default_rng(seed), []
    for series in range(len(AGGREGATES)):
        pauses = rng.choice([47, 60, 73, 1000, 3500, 9000], 300, p=[0.3, 0.35, 0.27, 0.04, 0.03, 0.01])
        calm = np.repeat(rng.random(30) < 0.5, 10)
        value = 4 + np.cumsum(np.where(calm, 0.0, rng.normal(0, 0.4, 300))) % 7
        value[rng.random(300) < 0.05] += 9.0
        value[rng.random(300) < 0.02] = np.nan
        readings += [(series, MIDNIGHT_S + int(t), float(v)) for t, v in zip(np.cumsum(pauses), value, strict=True)]
    return sorted(readings, key=lambda r: r[1])


@pytest.mark.parametrize("seed", range(4))
def test_days_of_weather_may_be_cut_anywhere(seed: int) -> None:
    """Long enough for every flag; the states too are those of one go."""
    readings = weather(seed)
    whole, state_of_whole = in_one_go(readings)

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    for batch in cut(readings, np.random.default_rng(seed).integers(1, 40, 200).tolist()):
        take(kept, state, known, batch)

    same(kept, whole)
    assert [pack(row) for row in state] == [pack(row) for row in state_of_whole]
    assert {int(r["flag"]) for r in whole.readings.values()} == {1, 3, 4, 9}


@pytest.mark.parametrize("seed", range(4))
def test_days_of_weather_may_come_in_pieces(seed: int) -> None:
    """A fifth of it stretches of hours that come after what followed them, newest first."""
    readings = weather(seed)
    whole, _ = in_one_go(readings)
    pieces = [readings[n : n + 35] for n in range(0, len(readings), 35)]
    held = pieces[3::5]

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    for piece in [p for p in pieces if p not in held] + held[::-1]:
        take(kept, state, known, piece)

    same(kept, whole, scores=False)


def test_a_late_reading_bears_on_the_hours_of_its_neighbours() -> None:
    """The one before it and the one after it are judged anew, and their minutes and hours are written again."""
    minutes = [(0, MIDNIGHT_S + 3600 + 60 * n, 4.0) for n in (-2, -1)] + [(0, MIDNIGHT_S + 7200 + 60, 4.0)]
    late = (0, MIDNIGHT_S + 3630, 11.0)
    whole, _ = in_one_go([*minutes, late])

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    take(kept, state, known, minutes)
    take(kept, state, known, [late])

    same(kept, whole, scores=False)
    assert kept.readings[0, MIDNIGHT_S + 3540]["flag"] == SUSPECT
    assert kept.windows["h1", 0, MIDNIGHT_S]["flag"] == SUSPECT


def test_a_counter_counts_on_over_a_night_that_ended_in_nonsense() -> None:
    """A late reading in the morning counts from the last sound one of the evening, and the next one from it."""
    counter, morning_s = AGGREGATES.index("counter"), MIDNIGHT_S + 9 * 3600
    evening = [(counter, MIDNIGHT_S + 60 * n, value) for n, value in enumerate([3.0, 14.0, 14.0])]
    next_, late = (counter, morning_s + 60, 6.0), (counter, morning_s, 5.0)
    whole, _ = in_one_go([*evening, late, next_])

    kept, state, known = Kept(), fresh(len(AGGREGATES)), params()
    take(kept, state, known, [*evening, next_])
    take(kept, state, known, [late])

    same(kept, whole, scores=False)
    assert [kept.windows["m1", counter, s]["value"] for s in (morning_s, morning_s + 60)] == [2, 1]


def test_a_late_reading_ends_a_flat_line_of_hours() -> None:
    """Flags change as long after it as the flat line takes to be told, and those of the line before it stay."""
    known = np.array([params_row("mean", 600, {"flat_tolerance": 0.5, "flat_suspect_s": 7200, "flat_fail_s": 36_000})])
    readings = [(0, MIDNIGHT_S + 600 * n, 4.0) for n in range(200)]
    late = (0, MIDNIGHT_S + 45_001, 9.0)
    whole, kept = Kept(), Kept()
    take(whole, fresh(1), known, sorted([*readings, late]))

    state = fresh(1)
    take(kept, state, known, readings)
    before = kept.rows(0)["flag"].copy()
    take(kept, state, known, [late])

    same(kept, whole, scores=False)
    changed = MIDNIGHT_S + 600 * np.flatnonzero(before != np.delete(kept.rows(0)["flag"], 76))
    assert (changed[0] - late[1], changed[-1] - late[1]) == (599, 600 * 60 - 1)


def test_nothing_new_is_nothing_done() -> None:
    """An empty batch, and a late reading of a second that is stored, change no row and no state."""
    state, known = fresh(7), params()
    empty = advance(state, known, columns([]))
    first = advance(state, known, columns([(0, MIDNIGHT_S, 4.0)]))
    held = state.copy()

    again = rework(state, known, stored=first.readings, late=columns([(0, MIDNIGHT_S, 5.0)]))
    none = rework(state, known, stored=first.readings, late=columns([]))

    assert len(empty.readings) == len(again.readings) == len(none.readings) == len(again.m1) == len(empty.series) == 0
    assert held.tobytes() == state.tobytes()


def test_the_reading_before_is_written_again_when_its_spike_test_is_decided() -> None:
    """With its new flag, in its own window, even where that was closed; what is not decided anew is not written."""
    state, known = fresh(1), np.array([params_row("mean", 60, {"spike_suspect": 2, "spike_fail": 4})])
    for n in range(2):
        advance(state, known, columns([(0, MIDNIGHT_S + 60 * n, 4.0 + 6 * n)]))

    step = advance(state, known, columns([(0, MIDNIGHT_S + 120, 4.0)]))
    quiet = advance(fresh(1), np.array([params_row("mean", 60, {"fail_high": 12})]), columns([(0, MIDNIGHT_S, 4.0)]))

    assert step.readings["time_s"].tolist() == [MIDNIGHT_S + 60, MIDNIGHT_S + 120]
    assert step.readings["flag"].tolist() == [4, 2]
    assert step.m1["start_s"].tolist() == [MIDNIGHT_S + 60, MIDNIGHT_S + 120]
    assert step.m1["flag"].tolist() == [4, 2]
    assert step.h1["flag"].tolist() == [4]
    assert quiet.readings["flag"].tolist() == [GOOD]


def test_windows_hold_every_reading_once() -> None:
    """A day in batches of all sizes: each tier has as many readings in its windows as there were."""
    rng = np.random.default_rng(3)
    state, known, kept = fresh(7), params(), Kept()
    readings = [(s, MIDNIGHT_S + 600 * n + s, float(rng.normal(4, 1))) for n in range(144) for s in range(7)]
    for batch in cut(readings, rng.integers(1, 40, 60).tolist()):
        take(kept, state, known, batch)

    for tier in TIERS:
        assert sum(int(w["seen"]) for key, w in kept.windows.items() if key[0] == tier) == len(readings)


@pytest.mark.speed
def test_readings_cost_less_than_reading_their_packs() -> None:
    """Less than twice what `json` takes to read them, of CPU time in the same run (0.6 where nothing else runs)."""
    count = 500
    ids, known = np.repeat(np.arange(count), 60), no_params(count)
    known[:] = params_row("mean", 10, QUALITY)
    values = np.round(np.random.default_rng(5).normal(4, 2, len(ids)), 2)
    packs = [
        json.dumps([{"n": "temperature", "u": "Cel", "t": MIDNIGHT_S, "v": v, "sq": 7} for v in part])
        for part in np.split(values, count)
    ]

    def cost_s(do: Callable[[], object]) -> float:
        started = time.process_time()
        do()
        return time.process_time() - started

    state, ours = fresh(count), []
    for n in range(5):
        batch = Columns(ids, MIDNIGHT_S + 600 * n + np.tile(10 * np.arange(60), count), values)
        ours.append(cost_s(lambda batch=batch: advance(state, known, batch)))
    theirs = min(cost_s(lambda: [json.loads(pack) for pack in packs]) for _ in range(5))

    assert min(ours) / theirs < 2
