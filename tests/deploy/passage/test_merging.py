"""A workshop's file becomes part of a town: everything, once, or nothing."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from halves import T0, Half, calibrate
from numpy.typing import NDArray

from deploy.assembly import labels_of, open_registry, open_store
from deploy.faults import CommandError
from deploy.passage.merging import Merge, Merged, merge
from deploy.settings import Settings
from devices.quantity import load_quantities
from gateway.directory import Directory
from gateway.drain import Drain
from gateway.journal import Change
from gateway.numerics.columns import Columns
from gateway.store.backup import back_up
from gateway.store.port import FAR_S, StoreAway, Tier

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def workshop(tmp_path: Path) -> Half:
    """A workshop with two devices, one of which is corrected, and some that was refused."""
    made = Half(tmp_path / "workshop.sqlite")
    made.settle("atelier", "air-1", "air-2")
    made.measure("air-1", 0, 100)
    made.measure("air-2", 0, 50)
    made.refuse("air-2", 52)
    calibrate(made, "air-1")
    return made


@pytest.fixture
def town(tmp_path: Path) -> Half:
    """A town with other devices, numbers and corrections."""
    made = Half(tmp_path / "town.sqlite")
    made.settle("rennes", "noise-1", "noise-2", "noise-3", name="Rennes")
    made.measure("noise-1", 0, 10, value=7.0)
    calibrate(made, "noise-1")
    return made


def bring(workshop: Half, town: Half, *, apply: bool = True, rename: bool = False, **names: str) -> Merged:
    """Merge."""
    settings = Settings(store=f"sqlite:{town.file}")
    renames = {old.replace("_", "-"): new for old, new in names.items()}
    return merge(Merge(workshop.file, settings, renames, rename=rename), apply=apply)


def test_everything_comes_under_new_numbers(workshop: Half, town: Half) -> None:
    """Readings with flags, windows, events, accounts, refusals and corrections are the town's, under numbers of its own."""
    before = town.readings("noise-1")

    told = bring(workshop, town)

    assert town.readings("air-1") == workshop.readings("air-1")
    assert town.readings("noise-1") == before
    assert set(town.series("air-1").values()).isdisjoint(workshop.series("air-1").values())
    assert told.rows["device"] == 2
    assert (told.taken["readings"], told.taken["late"], told.taken["refused"]) == (300, 0, 1)
    assert town.entry("air-1").n == workshop.entry("air-1").n == 100
    with town.store() as store:
        series = town.series("air-1")["temperature"]
        row = store.latest([series])[0]
        assert (int(row["flag"]), float(row["score"])) == (3, 0.5)
        assert store.states()[series] == b"state of a series"
        assert len(store.events(series, 0, 1 << 40)) == 1
        assert len(store.read(series, 0, 1 << 40, tier="h1")) == 2
    with town.registry() as registry:
        mine = {c.device_id: c for c in registry.calibrations()}
        assert mine["air-1"].version == mine["air-1"].id != mine["noise-1"].id
        assert {d.id: d.update_key for d in registry.devices()}["air-1"].startswith(b"atelier0".hex())


@pytest.mark.slow
def test_a_second_merge_adds_nothing(workshop: Half, town: Half) -> None:
    """No table has a row more than after the first one, and nothing is told."""
    bring(workshop, town)
    before = town.counts()

    told = bring(workshop, town)

    assert town.counts() == before
    assert not any(told.rows.values())
    assert not any(told.taken.values())


@pytest.mark.slow
def test_what_came_later_at_the_workshop_comes_with_a_second_merge(workshop: Half, town: Half) -> None:
    """Readings that the town lacks go through its journal; the account stands for what both have."""
    bring(workshop, town)
    workshop.measure("air-1", 100, 20)
    town.account("air-1", 7, 130, first=121, lo=121)
    workshop.wait("air-2", 50, 3)

    told = bring(workshop, town)

    assert told.taken["late"] == 2 * 20 + 3
    assert told.taken["readings"] == 0
    with town.journal() as journal:
        found = sum(len(columns) for _, columns in journal.read_from(0))
    assert found == 43
    assert town.entry("air-1").n == 130
    assert list(town.entry("air-1").edges) == [1, 131]
    assert not any(bring(workshop, town).taken.values())


@pytest.mark.slow
def test_what_the_workshop_had_not_worked_through_waits_in_the_town(workshop: Half, town: Half) -> None:
    """Readings that were in the source's journal alone are in the town's."""
    workshop.wait("air-1", 100, 5)

    assert bring(workshop, town).taken["late"] == 5
    assert not any(bring(workshop, town).taken.values())


@pytest.mark.slow
def test_a_dry_run_changes_nothing_and_tells_the_truth(workshop: Half, town: Half) -> None:
    """The counts are those of the merge that follows; no file has changed, though the town's is in use."""
    before, with_source = town.counts(), workshop.counts()

    with town.store():
        told = bring(workshop, town, apply=False)

    assert (town.counts(), workshop.counts()) == (before, with_source)
    done = bring(workshop, town)
    assert (done.rows, done.taken, done.devices) == (told.rows, told.taken, told.devices)
    assert sorted(town.file.parent.glob("merge-*")) == []


@pytest.mark.slow
def test_names_that_are_taken_are_told_with_a_cure_and_solved_by_it(workshop: Half, town: Half) -> None:
    """Another device of the same name stays what it is; the newcomer gets a name that is free, and its shard, topic and refusals."""
    town.settle("atelier", "air-1", name="Un autre atelier")

    with pytest.raises(CommandError) as refused:
        bring(workshop, town, apply=False)
    assert "--rename air-1=air-3" in str(refused.value)
    assert "--rename atelier=atelier-2" in str(refused.value)

    told = bring(workshop, town, rename=True)

    assert told.devices == {"air-1": "air-3", "air-2": "air-2"}
    assert town.readings("air-3") == workshop.readings("air-1")
    assert town.readings("air-1") == []
    assert town.entry("air-3").n == 100
    assert not any(bring(workshop, town).taken.values())


@pytest.mark.slow
def test_a_refused_sample_of_a_renamed_device_can_be_replayed(workshop: Half, town: Half) -> None:
    """Topic and base name are those that the device has in the town."""
    bring(workshop, town, air_2="air-77")

    with town.journal() as journal:
        row = next(r for r in journal.refused() if r.device == "air-77")
    assert row.topic.endswith("/air-77/obs")
    assert row.payload.startswith(b'[{"bn":"air-77/"')


@pytest.mark.slow
def test_while_the_gateway_runs_it_is_refused(workshop: Half, town: Half) -> None:
    """Somebody who has the file open knows the ledger by heart: a sentence, and nothing has changed."""
    with town.store(), pytest.raises(StoreAway):
        bring(workshop, town)
    assert town.readings("noise-1")
    with town.registry() as registry:
        assert "air-1" not in {device.id for device in registry.devices()}


@pytest.mark.slow
def test_a_source_in_use_and_a_backup_of_it_are_taken_alike(workshop: Half, town: Half, tmp_path: Path) -> None:
    """The workshop's gateway may go on, and its file may come as a copy that nobody may write to."""
    copy = tmp_path / "copy.sqlite"
    back_up(workshop.file, copy)
    copy.chmod(0o400)

    with workshop.store():
        told = bring(workshop, town)

    assert told.taken["readings"] == 300
    assert not any(bring(Half(copy), town).taken.values())


@pytest.mark.slow
def test_the_town_itself_is_no_source(workshop: Half, town: Half, tmp_path: Path) -> None:
    """Neither its file nor a copy of it."""
    copy = tmp_path / "copy.sqlite"
    back_up(town.file, copy)

    for source in (town, Half(copy)):
        with pytest.raises(CommandError, match="registry already"):
            bring(source, town)


@pytest.mark.slow
def test_a_device_that_was_moved_at_the_workshop_leaves_there_in_the_town_too(workshop: Half, town: Half) -> None:
    """An end that only the source knows is taken over by a second merge."""
    bring(workshop, town)
    with workshop.registry() as registry:
        registry.retire("air-2", at_s=1_795_700_000)

    bring(workshop, town)

    with town.registry() as registry:
        ends = {i.device_id: i.end_s for i in registry.installations()}
    assert ends["air-2"] == 1_795_700_000


KILLED = """
import os, signal, sys
from pathlib import Path
from deploy.passage.merging import Merge, merge
from deploy.settings import Settings

def stop(done, of):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

merge(Merge(Path(sys.argv[1]), Settings(store="sqlite:" + sys.argv[2])), apply=True, progress=stop)
"""


@pytest.mark.slow
@pytest.mark.parametrize("at", ["0", "2", "3"])
def test_killed_in_the_middle_it_leaves_nothing(workshop: Half, town: Half, at: str) -> None:
    """Of one file all or nothing is taken; the next merge takes all."""
    before = town.counts()

    done = subprocess.run(
        [sys.executable, "-c", KILLED, workshop.file, town.file, at],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )

    assert done.returncode == -signal.SIGKILL
    assert town.counts() == before
    assert bring(workshop, town).taken["readings"] == 300


@pytest.mark.slow
def test_where_registry_and_series_are_apart_it_goes_on_where_it_was(
    workshop: Half, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off after the registry and some series, done again it brings the rest, and a third time nothing."""
    settings = Settings(store=f"sqlite:{tmp_path / 'series.sqlite'}", registry=f"sqlite:{tmp_path / 'registry.sqlite'}")

    def cut(done: int, of: int) -> None:
        if done == of // 2:
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        merge(Merge(workshop.file, settings), apply=True, progress=cut)
    merge(Merge(workshop.file, settings), apply=True)

    again = merge(Merge(workshop.file, settings), apply=True)
    assert not any(again.taken.values())
    assert Half(tmp_path / "series.sqlite").entry("air-1").n == 100


@pytest.mark.slow
def test_into_influxdb_goes_on_where_it_was_cut_off(workshop: Half, tmp_path: Path, influx: Any) -> None:
    """Registry and journal in a file, series in InfluxDB: cut off in the middle, the same command brings the rest, then nothing."""
    settings = Settings(
        store=f"influx:{influx.url}", registry=f"sqlite:{tmp_path / 'town.sqlite'}", influx_token=influx.token,
        influx_org=influx.org,
    )  # fmt: skip
    tried = merge(Merge(workshop.file, settings), apply=False)
    assert tried.taken["readings"] == 300
    assert not (tmp_path / "town.sqlite").exists()

    def cut(done: int, of: int) -> None:
        if done == of // 2:
            raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt):
        merge(Merge(workshop.file, settings), apply=True, progress=cut)
    done = merge(Merge(workshop.file, settings), apply=True)

    assert done.taken["readings"] == 100
    assert not any(merge(Merge(workshop.file, settings), apply=True).taken.values())
    town = Half(tmp_path / "town.sqlite")
    with (
        contextlib.closing(open_registry(f"sqlite:{town.file}")) as registry,
        contextlib.closing(open_store(settings.store, labels=labels_of(registry), settings=settings)) as store,
    ):
        rows = store.read(town.series("air-1")["temperature"], 0, FAR_S)
        assert (len(rows), set(rows["flag"].tolist())) == (100, {3})
        assert len(store.read(town.series("air-1")["temperature"], 0, FAR_S, tier="h1")) == 2
    assert town.entry("air-1").n == 100


@pytest.mark.slow
def test_at_the_seam_flags_and_windows_are_as_if_one_gateway_had_had_all(tmp_path: Path) -> None:
    """Half of an hour came to the workshop, half to the town, some to both: after the merge the town's numerics make one of it."""
    values = 20 + np.sin(np.arange(180) / 9)
    values[70] = 45.0
    workshop, town, one = (Half(tmp_path / f"{name}.sqlite") for name in ("workshop", "town", "one"))
    for half in (workshop, one):
        half.settle("atelier", "air-1")
    work(workshop, values, range(50))
    town.settle("rennes", "noise-1", name="Rennes")
    bring(workshop, town)
    work(town, values, range(100, 180))
    work(workshop, values, range(40, 110))
    work(one, values, range(180))

    told = bring(workshop, town)

    assert told.taken["late"] == 50
    work(town, values, range(0))
    assert made(town) == made(one)


def work(half: Half, values: NDArray[np.float64], minutes: range) -> None:
    """A gateway takes in these readings of the device, works through its journal, and ends."""
    series = half.series("air-1")["temperature"]
    with half.registry() as registry, half.store() as store, half.journal() as journal:
        fresh = np.array(minutes, np.int64)
        columns = Columns(np.full(len(fresh), series, np.int64), T0 + 60 * fresh, values[fresh])
        journal.commit(columns, Change(), now_s=T0)
        drain = Drain(store, Directory(registry, load_quantities()))
        drain.load()
        for seq, batch in journal.read_from(0):
            step = drain.advance(batch)
            if len(step.late):
                store.write(drain.batch(step, seq=None, shared=True))
                step = drain.rework(drain.meet(step.late, again=True))
            store.write(drain.batch(step, seq=seq, shared=True))


def made(half: Half) -> dict[str, list[str]]:
    """All that is stored of the device's series, by tier, without its number."""
    series = half.series("air-1")["temperature"]
    tiers: tuple[Tier, ...] = ("raw", "m1", "h1", "d1")
    with half.store() as store:
        return {tier: [str(row[1:]) for row in store.read(series, 0, FAR_S, tier=tier).tolist()] for tier in tiers}
