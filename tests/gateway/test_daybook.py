"""Days follow their hours, whatever the cuts, the order of arrival and the restarts."""

from __future__ import annotations

import doctest
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import gateway.daybook
from gateway.daybook import Daybook, day_starts
from gateway.numerics.columns import READING, WINDOW, Columns
from gateway.numerics.days import merge_days
from gateway.numerics.params import params_row
from gateway.numerics.state import fresh
from gateway.numerics.stream import BEFORE, Step, advance, reach, rework
from gateway.store.port import FAR_S, Batch
from gateway.store.sqlite import SqliteStore

MARCH_S = 1_711_670_400
"""Friday 29 March 2024, midnight UTC: in Paris clocks change on the Sunday after."""
KNOWN = np.array(
    [params_row("mean", 600, {"spike_suspect": 3}), params_row("counter", 600, {}), params_row("energetic", 600, {})]
)


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(gateway.daybook).failed == 0


def readings(seed: int = 1) -> Columns:
    """Four days of three series, a reading each ten minutes of the second, in the order of time; with a silence of a day."""
    rng = np.random.default_rng(seed)
    times_s = MARCH_S + 600 * np.arange(576)
    times_s = times_s[(times_s < MARCH_S + 40_000) | (times_s > MARCH_S + 140_000)]
    values = np.column_stack(
        [rng.normal(10, 2, len(times_s)).round(1), np.arange(len(times_s)), rng.uniform(30, 80, len(times_s))]
    )
    return Columns(np.tile(np.arange(3), len(times_s)), np.repeat(times_s, 3), values.ravel())


class Kept:
    """A store, and the days that are written with each checkpoint."""

    def __init__(self, file: Path, zone: ZoneInfo) -> None:
        self.store, self.zone, self.state = SqliteStore(file, ballast_bytes=4096), zone, fresh(3)
        self.days: dict[tuple[int, int], np.void] = {}
        self.restart()

    def restart(self) -> None:
        """Days are remembered no more."""
        self.book = Daybook(self.store, lambda _: self.zone)

    def take(self, columns: Columns, *, checkpoint: bool) -> None:
        """A batch, and what of it came late."""
        step = advance(self.state, KNOWN, columns)
        self.write(step, checkpoint=checkpoint and not len(step.late))
        if len(step.late):
            stored = [np.empty(0, READING)]
            for series, start_s, end_s in reach(KNOWN, step.late):
                stored += [self.store.tail(series, start_s, BEFORE), self.store.read(series, start_s, end_s)]
            self.write(rework(self.state, KNOWN, stored=np.concatenate(stored), late=step.late), checkpoint=checkpoint)

    def write(self, step: Step, *, checkpoint: bool) -> None:
        """Windows and, at a checkpoint, days."""
        self.book.take(step)
        if checkpoint:
            self.days |= {(int(row["series"]), int(row["start_s"])): row.copy() for row in self.book.told(KNOWN)}
            self.book.settled()
        self.store.write(Batch(step.readings, step.m1, step.h1))

    def whole(self) -> dict[tuple[int, int], np.void]:
        """All days, merged from all that is stored."""
        starts_s = day_starts(self.zone, MARCH_S, MARCH_S + 4 * 86_400)
        tier = "m1" if (starts_s % 3600).any() else "h1"
        rows = [merge_days(self.store.read(n, 0, FAR_S, tier=tier), starts_s, KNOWN[n]) for n in range(3)]
        return {(int(row["series"]), int(row["start_s"])): row for part in rows for row in part}


def same(kept: Kept) -> None:
    """The days that were told last are those of all that is stored."""
    whole = kept.whole()
    assert kept.days.keys() == whole.keys()
    one, other = (np.array([days[key] for key in sorted(days)], WINDOW) for days in (kept.days, whole))
    for name in WINDOW.names or ():
        np.testing.assert_allclose(one[name], other[name], rtol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    ("zone", "each"),
    [
        pytest.param("Europe/Paris", 1, marks=pytest.mark.slow),
        ("Europe/Paris", 17),
        ("Asia/Kolkata", 40),
        ("UTC", 300),
    ],
)
def test_days_are_their_hours_merged(tmp_path: Path, zone: str, each: int) -> None:
    """In any zone, with checkpoints now and then; 23 hours on the Sunday in Paris."""
    kept, columns = Kept(tmp_path / "series.sqlite", ZoneInfo(zone)), readings()
    ends = range(each * 3, len(columns) + each * 3, each * 3)
    for n, end in enumerate(ends):
        kept.take(
            columns.take(np.arange(end - each * 3, min(end, len(columns)))), checkpoint=n % 3 == 0 or end == ends[-1]
        )

    same(kept)
    assert len(kept.days) >= 12


def test_late_readings_change_their_day(tmp_path: Path) -> None:
    """Also one that had no reading yet, and the newest hour after it."""
    kept, columns = Kept(tmp_path / "series.sqlite", ZoneInfo("Europe/Paris")), readings()
    order = np.arange(len(columns))
    for part in (order[900:], order[300:900], order[:300]):
        kept.take(columns.take(part), checkpoint=True)

    same(kept)


@pytest.mark.parametrize("at", [60, 303, 900])
def test_a_restart_reads_the_day_again(tmp_path: Path, at: int) -> None:
    """The first change after it does."""
    kept, columns = Kept(tmp_path / "series.sqlite", ZoneInfo("Europe/Paris")), readings()
    kept.take(columns.take(np.arange(at)), checkpoint=True)
    kept.restart()
    kept.take(columns.take(np.arange(at, len(columns))), checkpoint=True)

    same(kept)


def test_nothing_changed_is_nothing_told(tmp_path: Path) -> None:
    """After a checkpoint, and before the first reading."""
    kept = Kept(tmp_path / "series.sqlite", ZoneInfo("Europe/Paris"))
    assert len(kept.book.told(KNOWN)) == 0
    kept.take(readings(), checkpoint=True)
    assert len(kept.book.told(KNOWN)) == 0
