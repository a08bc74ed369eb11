"""The embedded file, where it is more than the contract asks: shared, read from outside, on a full disk, killed at its work."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gateway.numerics.columns import READING, WINDOW
from gateway.store.port import FAR_S, Batch, StoreAway, StoreFull, StoreMismatch
from gateway.store.sqlite import SqliteStore, newest

T0 = 1_795_615_200
BALLAST = 2 << 20
"""Enough for what the write-ahead log of these tests needs to be folded into the file."""


def readings(series: int, times: range) -> NDArray[np.void]:
    """Good readings of one series, each with the number of its second as value."""
    made = np.zeros(len(times), READING)
    made["series"], made["time_s"], made["value"], made["flag"], made["score"] = series, times, times, 1, np.nan
    return made


def write_until_full(store: SqliteStore) -> int:
    """A thousand readings of series 3 at a time, until the store says that it is full: how many it took."""
    taken = 0
    try:
        while True:
            store.write(Batch(readings=readings(3, range(T0 + taken, T0 + taken + 1000))))
            taken += 1000
    except StoreFull as e:
        assert "free some space" in str(e)  # noqa: PT017 - it is the end of the loop
        return taken


def fill(filler: Path) -> None:
    """Leave no byte of the disk."""
    handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
    with suppress(OSError):
        while os.write(handle, bytes(4096)):
            pass
    os.close(handle)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file is made."""
    return tmp_path / "girouette.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """An empty store in a file."""
    made = SqliteStore(path, ballast_bytes=1 << 16)
    yield made
    made.close()


def test_what_one_process_wrote_another_reads(store: SqliteStore, path: Path) -> None:
    """A reader from outside sees each batch as soon as it is written, and can change nothing."""
    reader = SqliteStore(path, read_only=True)
    for n in range(3):
        store.write(Batch(readings=readings(3, range(T0 + n, T0 + n + 1)), states={3: b"x"}))
        assert reader.latest([3])["time_s"].tolist() == [T0 + n]

    assert "reading only" in str(reader.ready())
    with pytest.raises(StoreAway, match="cannot be written to"):
        reader.delete(3, 0, FAR_S)
    assert reader.count(3, 0, FAR_S) == 3
    reader.close()


def test_a_reader_finds_no_file(path: Path) -> None:
    """Who only reads does not make the file."""
    with pytest.raises(StoreAway, match="cannot be opened"):
        SqliteStore(path, read_only=True)
    assert not path.exists()


def test_a_newer_file_is_refused(store: SqliteStore, path: Path) -> None:
    """Neither the gateway nor the public side opens a file of a later schema."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")

    for read_only in (True, False):
        with pytest.raises(StoreMismatch, match="newer version"):
            SqliteStore(path, read_only=read_only)


def test_the_journal_is_trimmed_with_the_batch(store: SqliteStore, path: Path) -> None:
    """Journal rows up to the batch's are gone in the same transaction, or none of both has happened."""
    with closing(sqlite3.connect(path)) as db:
        db.executemany("INSERT INTO journal_log VALUES (?, 0, x'')", [(n,) for n in range(1, 6)])
        db.commit()
        store.write(Batch(readings=readings(3, range(T0, T0 + 2)), journal_seq=3))
        assert db.execute("SELECT seq FROM journal_log").fetchall() == [(4,), (5,)]

        db.execute("CREATE TRIGGER no_more BEFORE DELETE ON journal_log BEGIN SELECT raise(ABORT, 'not now'); END")
        with pytest.raises(StoreAway, match="not now"):
            store.write(Batch(readings=readings(3, range(T0 + 2, T0 + 9)), states={3: b"new"}, journal_seq=5))
        assert store.count(3, 0, FAR_S) == 2
        assert store.states() == {}
        assert "not now" in str(store.ready()) or store.ready() is None
        db.execute("DROP TRIGGER no_more")
    store.write(Batch(readings=readings(3, range(T0 + 2, T0 + 9)), journal_seq=5))
    assert store.count(3, 0, FAR_S) == 9


def test_readers_need_not_wait_for_the_writer(store: SqliteStore) -> None:
    """Threads that read while another one writes always see whole batches."""
    store.write(Batch(readings=readings(3, range(T0, T0 + 10))))
    done, halves = threading.Event(), []

    def read() -> None:
        while not done.is_set():
            if store.count(3, 0, FAR_S) % 10 or len(store.read(3, 0, FAR_S)) % 10:
                halves.append(1)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for n in range(1, 40):
        store.write(Batch(readings=readings(3, range(T0 + 10 * n, T0 + 10 * n + 10))))
    done.set()
    for thread in threads:
        thread.join()

    assert halves == []
    assert store.count(3, 0, FAR_S) == 400


def test_a_file_that_another_program_holds_is_away(
    store: SqliteStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A writer that waited in vain says so, and goes on when the other is done."""
    store._db.execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(StoreAway, match="another program"):
            store.write(Batch(states={3: b"x"}))
        assert "another program" in str(store.ready())
        other.execute("ROLLBACK")

    assert store.ready() is None
    store.write(Batch(states={3: b"x"}))


def test_a_full_disk_stops_writing_and_nothing_else(small_disk: Path) -> None:
    """Written until it is full: what was taken is there, readers read, and the rest is refused, again and again."""
    store = SqliteStore(small_disk / "g.sqlite", ballast_bytes=BALLAST)
    assert store.ready() is None
    taken = write_until_full(store)

    assert taken > 10_000
    for _ in range(50):
        with pytest.raises(StoreFull):
            store.write(Batch(readings=readings(3, range(T0 + taken, T0 + taken + 1000))))
    assert store.count(3, 0, FAR_S) == taken
    assert store.latest([3])["time_s"].tolist() == [T0 + taken - 1]
    assert "free some space" in str(store.ready())
    store.close()


def test_room_made_by_the_operator_lets_it_go_on(small_disk: Path) -> None:
    """On a disk that others filled to the last byte old readings can be trimmed, and a disk that is freed heals by itself."""
    store = SqliteStore(small_disk / "g.sqlite", ballast_bytes=BALLAST)
    store.write(Batch(readings=readings(3, range(T0, T0 + 30_000))))
    filler = small_disk / "filler"
    fill(filler)

    assert "free some space" in str(store.ready())
    store.close()
    store = SqliteStore(small_disk / "g.sqlite", ballast_bytes=BALLAST)
    with pytest.raises(StoreFull):
        store.write(Batch(states={3: b"x"}))
    size = (small_disk / "g.sqlite").stat().st_size
    store.trim("raw", T0 + 25_000)
    assert (small_disk / "g.sqlite").stat().st_size < size / 2
    assert store.count(3, 0, FAR_S) == 5_000
    filler.unlink()
    assert store.ready() is None
    store.write(Batch(states={3: b"x"}))
    store.close()


def test_trimming_alone_makes_it_ready_again(small_disk: Path) -> None:
    """Where the file itself filled the disk, what is trimmed goes back to the disk."""
    store = SqliteStore(small_disk / "g.sqlite", ballast_bytes=BALLAST)
    taken = write_until_full(store)

    store.trim("raw", T0 + taken - 500)

    assert store.ready() is None
    store.write(Batch(readings=readings(3, range(T0 + taken, T0 + taken + 1000))))
    assert store.count(3, 0, FAR_S) == 1500
    store.close()


def test_a_batch_that_does_not_fit_is_not_there_at_all(small_disk: Path) -> None:
    """A batch that meets the end of the disk in its middle leaves nothing, and smaller ones are refused too until there is room."""
    store = SqliteStore(small_disk / "g.sqlite", ballast_bytes=BALLAST)
    store.write(Batch(readings=readings(3, range(T0, T0 + 1000))))
    wide = np.zeros(70_000, WINDOW)
    wide["series"], wide["start_s"] = 4, range(T0, T0 + 60 * 70_000, 60)
    for name in ("min", "max", "sum", "sum2", "first", "last", "expected", "value", "completeness"):
        wide[name] = 0.1  # a zero would take no room

    with pytest.raises(StoreFull, match="free some space"):
        store.write(Batch(readings=readings(4, range(T0, T0 + 1000)), m1=wide, states={4: b"x"}))

    assert store.count(4, 0, FAR_S) == 0
    assert len(store.latest([4])) == 0
    assert store.count(3, 0, FAR_S) == 1000
    store.close()


def test_the_newest_of_several_for_one_moment_is_the_last() -> None:
    """Of equal times the row that came last counts, in each series."""
    rows = np.concatenate([readings(4, range(3)), readings(3, range(5)), readings(3, range(5))])
    rows["value"] = range(len(rows))

    assert newest(rows)[["series", "value"]].tolist() == [(3, 12.0), (4, 2.0)]
    assert len(newest(rows[:0])) == 0


WRITER = """
import sys
from pathlib import Path
import numpy as np
from gateway.numerics.columns import READING, WINDOW
from gateway.store.port import Batch, Point
from gateway.store.sqlite import SqliteStore

store = SqliteStore(Path(sys.argv[1]), ballast_bytes=1 << 16)
n = 0
while True:
    rows, windows = np.zeros(40, READING), np.zeros(4, WINDOW)
    rows["series"], rows["time_s"], rows["value"] = np.repeat(range(1, 5), 10), np.tile(range(10), 4) + 10 * n, n
    windows["series"], windows["start_s"], windows["count"] = range(1, 5), 10 * n // 60 * 60, n
    store.write(Batch(readings=rows, m1=windows, states={1: str(n).encode()}, points=[Point("gateway", n, {}, {"n": n})]))
    print(n, flush=True)
    n += 1
"""


def check_what_is_left(path: Path, said: int) -> None:
    """Every batch that WRITER reported is there, whole, and so is the next one or not at all; the file is sound."""
    store = SqliteStore(path, ballast_bytes=1 << 16)
    kept = int(store.states()[1])
    assert said <= kept <= said + 1
    for series in range(1, 5):
        assert store.read(series, 0, FAR_S)["value"].tolist() == [n for n in range(kept + 1) for _ in range(10)]
        assert store.read(series, 0, FAR_S, tier="m1")["count"][-1] == kept
    assert store.latest(range(1, 5))["time_s"].tolist() == [10 * kept + 9] * 4
    assert [point.fields["n"] for point in store.points("gateway", 0, FAR_S)] == list(range(kept + 1))
    store.close()
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.slow
@pytest.mark.parametrize("moment", [3, 20, 57, 88, 131])
def test_what_was_written_survives_a_kill(path: Path, moment: int) -> None:
    """A writer killed at any moment leaves every batch that it reported."""
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = [int(child.stdout.readline()) for _ in range(moment)]
        child.kill()
        said += [int(line) for line in child.stdout]

    check_what_is_left(path, said[-1])


@pytest.mark.slow
@pytest.mark.parametrize("moment", [9, 40, 70, 140])
def test_what_was_written_survives_a_power_cut(own_disk: Any, moment: int) -> None:
    """When the disk stops in the midst of writing and all that was not flushed is gone, what was reported is not."""
    path = own_disk.path / "g.sqlite"
    with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        said = [int(child.stdout.readline()) for _ in range(moment)]
        child.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOWAIT)
        own_disk.cut()
        child.kill()
        said += [int(line) for line in child.stdout]
    own_disk.power_on()

    check_what_is_left(path, said[-1])
