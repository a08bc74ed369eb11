"""The journal drained into the store: what is written when, and what is left in the journal."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gateway.drain import Drain
from gateway.draining import Draining
from gateway.figures import Figures
from gateway.journal import Change, Journal
from gateway.numerics.columns import Columns
from gateway.patience import Patience
from gateway.store.port import FAR_S
from gateway.store.sqlite import SqliteStore

BEGIN_S = 1_795_615_200


def columns(*seconds: int) -> Columns:
    """Readings of the first series at these seconds."""
    times = np.array(seconds) + BEGIN_S
    return Columns(np.ones(len(times), np.int64), times, times % 7 + 15.0)


class Rig:
    """A journal, a store that shares its file or does not, and what drains the one into the other."""

    def __init__(self, town: Any, store_file: Path, *, shared: bool) -> None:
        self.journal = Journal(town.file)
        self.store = SqliteStore(store_file, ballast_bytes=4096)
        self.store.shares_journal = shared
        self.commits, self.stores = Patience("commit"), Patience("store")
        self.conflicts: list[float] = []
        self.figures = Figures(started_s=0)
        self.draining = Draining(
            Drain(self.store, town.directory), self.store, self.journal, commits=self.commits, stores=self.stores,
            figures=self.figures, conflicts=self.clash,
        )  # fmt: skip

    async def clash(self, found: Columns) -> None:
        """Remember what was told."""
        self.conflicts += found.value.tolist()

    async def commit(self, some: Columns, *, now_s: int = BEGIN_S) -> None:
        """As the pipeline does it."""
        seq = await self.commits.once(lambda: self.journal.commit(some, Change(), now_s=now_s))
        assert seq is not None
        self.draining.committed(seq)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Drain until the block ends."""
        task = asyncio.create_task(self.draining.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            self.draining.close()
            self.commits.close()
            self.stores.close()
            self.journal.close()
            self.store.close()

    async def holds(self, count: int) -> None:
        """Wait until the store holds so many readings, and nothing is under way."""
        async with asyncio.timeout(20):
            while self.store.count(1, 0, FAR_S) < count or self.draining.behind:  # noqa: ASYNC110
                await asyncio.sleep(0.02)


def test_what_the_last_run_left_is_drained_first(town: Any) -> None:
    """A journal with batches is drained without a new commit, in its order."""

    async def test() -> None:
        rig = Rig(town, town.file, shared=True)
        for second in range(5):
            rig.journal.commit(columns(second), Change(), now_s=BEGIN_S)
        async with rig.running():
            await rig.holds(5)
            assert rig.store.read(1, 0, FAR_S)["time_s"].tolist() == [BEGIN_S + n for n in range(5)]
            assert rig.journal.read_from(0) == []

    asyncio.run(test())


@pytest.mark.slow
def test_between_checkpoints_the_journal_stays(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first batch is a checkpoint; the next ones are stored, and trimmed with the states of the next checkpoint."""

    async def test() -> None:
        rig = Rig(town, town.file, shared=True)
        async with rig.running():
            await rig.commit(columns(1))
            await rig.holds(1)
            await rig.commit(columns(2))
            await rig.holds(2)
            assert [seq for seq, _ in rig.journal.read_from(0)] == [2]
            monkeypatch.setattr("gateway.draining.CHECKPOINT_S", 0.0)
            await rig.commit(columns(3))
            await rig.holds(3)
            assert rig.journal.read_from(0) == []
            assert rig.figures.told(1)["delay_s"] != 0.0

    asyncio.run(test())


def test_a_remote_store_is_told_to_the_journal(town: Any, tmp_path: Path) -> None:
    """Drained batches stay for a week, and a restart does not write them again."""

    async def test() -> None:
        rig = Rig(town, tmp_path / "remote.sqlite", shared=False)
        async with rig.running():
            await rig.commit(columns(1, 2), now_s=int(time.time()))
            await rig.holds(2)
            assert (rig.journal.waiting_from(), len(rig.journal.read_from(0))) == (1, 1)

    asyncio.run(test())


def test_late_readings_and_conflicts_are_counted(town: Any) -> None:
    """One late reading, one that is known, one of another value."""

    async def test() -> None:
        rig = Rig(town, town.file, shared=True)
        async with rig.running():
            await rig.commit(columns(1, 3))
            await rig.holds(2)
            clashing = columns(1)
            await rig.commit(columns(2, 3))
            await rig.commit(Columns(clashing.series, clashing.time_s, clashing.value + 1))
            await rig.holds(3)
            assert (rig.figures.counts["late"], rig.figures.counts["conflicts"]) == (1, 1)
            assert rig.conflicts == (clashing.value + 1).tolist()

    asyncio.run(test())
