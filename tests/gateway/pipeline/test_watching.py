"""The watch behind the drain: what it finds is stored, and is the same however often the gateway is killed."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway import draining as draining_module
from gateway import watching as watching_module
from gateway.drain import Drain
from gateway.draining import Draining
from gateway.figures import Figures
from gateway.journal import Change, Journal
from gateway.numerics.columns import SUSPECT, Columns
from gateway.numerics.flags import unpack_tests
from gateway.patience import Patience
from gateway.store.port import FAR_S
from gateway.store.sqlite import SqliteStore
from gateway.watching import Watching

BEGIN_S = 1_795_608_000
HOURS = 6
SERIES = (5, 7, 9)
TIERS = ("raw", "m1", "h1")


def readings() -> Columns:
    """Some hours of three places, a reading a minute: in the last two one of them is stuck."""
    chance = np.random.default_rng(3)
    count = HOURS * 60
    value = (15 + 0.01 * np.arange(count)[:, None] + 0.05 * chance.standard_normal((count, 3))).round(2)
    value[(HOURS - 2) * 60 :, 1] = value[(HOURS - 2) * 60, 1]
    series = np.tile(np.array(SERIES), count)
    return Columns(series, BEGIN_S + np.repeat(60 * np.arange(count), 3), value.ravel())


class Rig:
    """A journal and a store in one file, or not, with what drains and what watches."""

    def __init__(self, town: Any, store_file: Path, *, shared: bool) -> None:
        self.town, self.file, self.shared = town, store_file, shared

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Rig]:
        """Drain and watch until the block ends; nothing is written at its end, as when a process is killed."""
        self.journal, self.store = Journal(self.town.file), SqliteStore(self.file, ballast_bytes=4096)
        self.store.shares_journal = self.shared
        self.commits, stores = Patience("commit"), Patience("store")
        self.figures, directory = Figures(started_s=0), self.town.directory
        self.draining = Draining(
            Drain(self.store, directory), self.store, self.journal, commits=self.commits, stores=stores,
            figures=self.figures, conflicts=self.clash,
        )  # fmt: skip
        self.watching = Watching(self.draining, self.store, directory, self.figures)
        tasks = [asyncio.create_task(work) for work in (self.draining.run(), self.watching.run())]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for part in (self.watching, self.draining, self.commits, stores, self.journal, self.store):
                part.close()

    async def clash(self, found: Columns) -> None:
        """No value ever clashes here."""
        assert not len(found)

    async def commit(self, some: Columns) -> None:
        """As the pipeline does it."""
        seq = await self.commits.once(lambda: self.journal.commit(some, Change(), now_s=BEGIN_S))
        assert seq is not None
        self.draining.committed(seq)

    async def settled(self) -> None:
        """Wait until everything is stored, and watched as far as it can be."""
        async with asyncio.timeout(60):
            while self.draining.behind or self.watching.behind_s > 600 or not self.watching.newest_s:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.5)

    def holds(self) -> dict[str, NDArray[np.void]]:
        """Everything that was stored."""
        held = self.town.stored(self.store)
        held["events"] = np.concatenate([self.store.events(series, 0, FAR_S) for series in SERIES])
        return dict(held)


async def once(rig: Rig, cuts: Sequence[int], *, kill_after_s: float | None = None) -> dict[str, NDArray[np.void]]:
    """What a store holds when readings come in these pieces, the gateway killed so long after each."""
    every = readings()
    for rows in np.split(np.arange(len(every)), cuts):
        async with rig.running():
            await rig.commit(every.take(rows))
            await (rig.settled() if kill_after_s is None else asyncio.sleep(kill_after_s))
    async with rig.running():
        await rig.settled()
        return rig.holds()


def same(one: dict[str, NDArray[np.void]], other: dict[str, NDArray[np.void]]) -> None:
    """Both hold the same, to the last bit, no number equal to no number."""
    for name, rows in one.items():
        for column in rows.dtype.names or ():
            assert np.array_equal(rows[column], other[name][column], equal_nan=rows[column].dtype.kind == "f"), (
                name,
                column,
            )


@pytest.fixture
def watched_town(town: Any) -> Any:
    """Three places with a reading a minute, whose temperatures are SERIES."""
    channels = (("temperature", "temperature", {}), ("wind_direction", "wind_direction", {}))
    for n in range(3):
        place = town.registry.add_place(town.pilot, f"place {n}", lat=48.0 + 0.001 * n, lon=-1.0)
        town.registry.add_device(
            f"minute-{n}", pilot_id=town.pilot, recipe="air", channels=channels, period_s=60, place_id=place.id, at_s=1000,
            password_hash="",
        )  # fmt: skip
    ids = [s.id for s in town.registry.series() if s.quantity == "temperature" and s.period_s == 60]
    assert tuple(ids) == SERIES
    return town


@pytest.mark.slow
def test_what_is_found_is_stored(watched_town: Any) -> None:
    """Readings get a score, an event with its series and kind, and those of it a flag of 3 that their windows show too."""
    held = asyncio.run(once(Rig(watched_town, watched_town.file, shared=True), []))
    raw, stuck = held["raw"], held["events"][held["events"]["series"] == SERIES[1]]
    tests = [unpack_tests(int(word)) for word in raw["tests"]]
    suspect = np.array([SUSPECT in {one["anomaly"], one["neighbours"]} for one in tests])

    assert np.isfinite(raw["score"]).mean() > 0.9
    assert len(stuck)
    assert set(raw["series"][suspect].tolist()) == {SERIES[1]}
    assert (raw["flag"][suspect] >= SUSPECT).all()
    for tier, width_s in (("m1", 60), ("h1", 3600)):
        starts = {(int(r["series"]), int(r["time_s"]) // width_s * width_s) for r in raw[suspect]}
        windows = {(int(r["series"]), int(r["start_s"])): int(r["flag"]) for r in held[tier]}
        assert min(windows[start] for start in starts) >= SUSPECT


@pytest.mark.slow
@pytest.mark.parametrize("shared", [True, False])
def test_kills_change_nothing(
    watched_town: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, shared: bool
) -> None:
    """Killed again and again, at moments that chance chooses, the gateway ends with the same scores, flags, windows and events."""
    monkeypatch.setattr(draining_module, "CHECKPOINT_S", 0.0)
    monkeypatch.setattr(watching_module, "CHECKPOINT_S", 1500)
    whole = asyncio.run(once(Rig(watched_town, tmp_path / "whole.sqlite", shared=False), []))
    monkeypatch.setattr(draining_module, "PACE_S", 0.02)
    chance = np.random.default_rng(7)
    cuts = np.sort(chance.integers(1, HOURS * 180, 6)).tolist()
    file = watched_town.file if shared else tmp_path / "other.sqlite"
    with contextlib.closing(Journal(watched_town.file)) as journal:
        journal.drained(journal.last(), now_s=BEGIN_S)

    killed = asyncio.run(once(Rig(watched_town, file, shared=shared), cuts, kill_after_s=0.25))

    same(killed, whole)
