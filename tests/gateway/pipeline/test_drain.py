"""Flags, windows and states do not depend on how readings were cut into batches, came again, or met a restart."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from gateway.drain import Drain, joined
from gateway.numerics.columns import Columns
from gateway.store.port import Batch
from gateway.store.sqlite import SqliteStore

BEGIN_S = 1_795_615_200
Reading = tuple[int, int, float]
"""Series, second after BEGIN_S, value."""


def columns(readings: Sequence[Reading]) -> Columns:
    """As they come out of the journal."""
    rows = np.array([(s, BEGIN_S + t, v) for s, t, v in readings], [("s", "i8"), ("t", "i8"), ("v", "f8")])
    return Columns(rows["s"].copy(), rows["t"].copy(), rows["v"].copy())


@dataclass
class Machine:
    """A drain on an empty store of its own, which can be torn away at any write and taken up again."""

    town: Any
    file: Path
    store: SqliteStore = field(init=False)
    drain: Drain = field(init=False)
    conflicts: list[tuple[int, int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.file, ballast_bytes=4096)
        self.restart()

    def restart(self) -> None:
        """Forget all that is not in the store."""
        self.drain = Drain(self.store, self.town.directory)
        self.drain.load()

    def take(
        self, readings: Sequence[Reading], *, checkpoint: bool = True, again: bool = False, writes: int = 2
    ) -> None:
        """One step as gateway/draining.py does it, cut off after so many writes."""
        step = self.drain.advance(columns(readings))
        if len(step.late):
            self.write(self.drain.batch(step, seq=None, shared=False), writes > 0)
            late = self.drain.meet(step.late, again=again)
            found = zip(
                late.conflicts.series.tolist(),
                late.conflicts.time_s.tolist(),
                late.conflicts.value.tolist(),
                strict=True,
            )
            self.conflicts += [(s, t - BEGIN_S, v) for s, t, v in found]
            step, writes = self.drain.rework(late), writes - 1
        self.write(self.drain.batch(step, seq=1 if checkpoint else None, shared=False), writes > 0)

    def write(self, batch: Batch, now: bool) -> None:
        """Write, unless it was torn away before."""
        if now:
            self.store.write(batch)

    def kept(self) -> dict[str, Any]:
        """All that is stored, without the scores, which late readings do not have."""
        kept: dict[str, Any] = self.town.stored(self.store)
        kept["raw"] = kept["raw"][[name for name in kept["raw"].dtype.names if name != "score"]]
        return kept


@contextlib.contextmanager
def machine(town: Any) -> Iterator[Machine]:
    """A machine on an empty file."""
    with tempfile.TemporaryDirectory() as folder:
        made = Machine(town, Path(folder) / "series.sqlite")
        yield made
        made.store.close()


@st.composite
def streams(draw: st.DrawFn) -> list[Reading]:
    """Readings of two series over three minutes: each second at most once, mostly in order, some late."""
    seconds = st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(0, 180)), unique=True, min_size=1, max_size=40)
    pairs = sorted(draw(seconds), key=lambda pair: pair[1])
    values = st.integers(0, 400).map(lambda n: n / 10)
    readings = [(series, second, draw(values)) for series, second in pairs]
    for _ in range(draw(st.integers(0, 5))):
        readings.insert(draw(st.integers(0, len(readings) - 1)), readings.pop(draw(st.integers(0, len(readings) - 1))))
    return readings


def cut(readings: Sequence[Reading], cuts: Sequence[int]) -> list[Sequence[Reading]]:
    """The readings in batches that end at these places."""
    ends = [*sorted({c for c in cuts if 0 < c < len(readings)}), len(readings)]
    return [readings[a:b] for a, b in zip([0, *ends], ends, strict=False)]


def same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """Equal to the last bit, NaN included."""
    for tier, rows in one.items():
        for name in rows.dtype.names:
            assert_array_equal(rows[name], other[tier][name], err_msg=f"{tier}.{name}")


slowly = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.mark.slow
@slowly
@given(streams(), st.lists(st.integers(1, 40), max_size=4))
def test_the_cut_of_the_batches_changes_nothing(town: Any, readings: list[Reading], cuts: list[int]) -> None:
    """In one batch or in many, readings and windows are the same."""
    with machine(town) as whole, machine(town) as pieces:
        whole.take(readings)
        for batch in cut(readings, cuts):
            pieces.take(batch, checkpoint=False)
        pieces.take([])  # the checkpoint that follows upon quiet
        same(pieces.kept(), whole.kept())


@pytest.mark.slow
@slowly
@given(streams(), st.lists(st.integers(1, 40), max_size=3), st.data())
def test_a_restart_changes_nothing(town: Any, readings: list[Reading], cuts: list[int], data: st.DataObject) -> None:
    """Torn away between any two writes and taken up at the last checkpoint, it ends as if nothing had happened."""
    with machine(town) as whole, machine(town) as torn:
        whole.take(readings)
        batches = cut(readings, cuts)
        fall, writes = data.draw(st.integers(0, len(batches) - 1)), data.draw(st.integers(0, 2))
        checked = data.draw(st.integers(0, fall))
        for number, batch in enumerate(batches[:fall]):
            torn.take(batch, checkpoint=number < checked)
        torn.take(batches[fall], checkpoint=False, writes=writes)
        torn.restart()
        torn.take([reading for batch in batches[checked : fall + 1] for reading in batch], again=True)
        for batch in batches[fall + 1 :]:
            torn.take(batch)
        same(torn.kept(), whole.kept())
        assert torn.conflicts == []


@pytest.mark.slow
@slowly
@given(streams(), st.data())
def test_what_comes_again_changes_nothing(town: Any, readings: list[Reading], data: st.DataObject) -> None:
    """Readings that are stored come once more, with the same value, in later batches."""
    with machine(town) as whole, machine(town) as again:
        whole.take(readings)
        again.take(readings)
        again.take(data.draw(st.lists(st.sampled_from(readings), min_size=1)))
        same(again.kept(), whole.kept())
        assert again.conflicts == []


def test_another_value_for_a_second_is_a_conflict_and_changes_nothing(town: Any) -> None:
    """The first value stands, in one batch, in a later one and among late readings; each other one is told."""
    with machine(town) as kept:
        kept.take([(1, 10, 20.0), (1, 10, 21.0), (1, 12, 20.5)])
        kept.take([(1, 10, 22.0), (1, 11, 20.2), (1, 11, 20.3), (1, 12, 20.5)])

        assert kept.conflicts == [(1, 10, 21.0), (1, 10, 22.0), (1, 11, 20.3)]
        assert kept.kept()["raw"]["value"].tolist() == [20.0, 20.2, 20.5]


def test_a_series_without_a_state_is_warmed_up_from_its_readings(town: Any) -> None:
    """Where blobs are gone or of another version, the next reading is judged as if they were there."""
    first = [(1, second, 20.0 + second % 7 / 10) for second in range(0, 300, 3)]
    then = [(1, 300, 20.1), (1, 303, 29.0), (1, 306, 20.2)]
    with machine(town) as carried, machine(town) as bare:
        carried.take(first)
        bare.take(first)
        bare.store._db.execute("UPDATE store_states SET blob = x'00'")
        bare.restart()
        carried.take(then)
        bare.take(then)
        same(bare.kept(), carried.kept())
        assert carried.kept()["raw"]["flag"].tolist()[-2] > 1


def test_a_series_that_the_registry_does_not_know_is_kept(town: Any) -> None:
    """A journal that is newer than the registry loses nothing: without thresholds nothing is tested."""
    with machine(town) as kept:
        kept.take([(900, 1, 5.0)])
        assert kept.store.read(900, 0, 1 << 40)["value"].tolist() == [5.0]


def test_states_are_written_at_a_checkpoint_for_all_that_changed_since(town: Any) -> None:
    """Batches between two checkpoints carry none; the next one carries those of every series they touched."""
    with machine(town) as kept:
        kept.take([(1, 1, 5.0)], checkpoint=False)
        kept.take([(2, 1, 5.0)], checkpoint=False)
        assert kept.store.states() == {}
        kept.take([(2, 2, 5.0)])
        assert set(kept.store.states()) == {1, 2}


def test_readings_are_joined_in_order() -> None:
    """Batches one after another are one."""
    both = joined([columns([(1, 2, 3.0)]), columns([(2, 1, 4.0)])])

    assert (both.series.tolist(), both.value.tolist()) == ([1, 2], [3.0, 4.0])
