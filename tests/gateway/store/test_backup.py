"""A copy is made beside a gateway at work and put back whole, or not at all."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from gateway.numerics.columns import READING
from gateway.store import backup
from gateway.store.backup import back_up, restore
from gateway.store.port import FAR_S, Batch, StoreAway, StoreFull, StoreMismatch
from gateway.store.sqlite import SqliteStore
from gateway.store.steps import APPLICATION_ID, VERSION

T0 = 1_795_615_200
ROWS, STEP_PAGES = 15_000, 40
"""More pages than one step copies here."""


def batch(series: int, start: int, count: int, *, value: float = 1.0) -> Batch:
    """Readings of one series from a second on."""
    rows = np.zeros(count, READING)
    rows["series"], rows["time_s"], rows["value"], rows["flag"] = series, np.arange(start, start + count), value, 1
    return Batch(readings=rows, states={series: b"x" * 100})


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file is copied in many steps too."""
    monkeypatch.setattr(backup, "STEP_PAGES", STEP_PAGES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file is made."""
    return tmp_path / "girouette.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    """A store with readings of series 3."""
    made = SqliteStore(path, ballast_bytes=1 << 16)
    made.write(batch(3, T0, ROWS))
    yield made
    made.close()


def test_a_copy_is_of_one_moment_while_the_gateway_writes(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """What is written between the steps is not in the copy, is in the file, and does not make the copy begin again."""
    steps: list[tuple[int, int]] = []

    def meanwhile(done: int, total: int) -> None:
        steps.append((done, total))
        store.write(batch(4, T0 + 1000 * len(steps), 1000))
        store.write(batch(3, T0, 1000, value=2.0))

    back_up(path, tmp_path / "copy", progress=meanwhile)

    assert len(steps) > 1
    assert [done for done, _ in steps] == sorted({done for done, _ in steps})
    assert steps[-1][0] == steps[-1][1] > STEP_PAGES
    copy = SqliteStore(tmp_path / "copy", read_only=True)
    assert copy.count(3, 0, FAR_S) == ROWS
    assert copy.count(4, 0, FAR_S) == 0
    assert np.all(copy.read(3, 0, FAR_S)["value"] == 1.0)
    copy.close()
    assert store.count(4, 0, FAR_S) == 1000 * len(steps)


def test_a_copy_is_one_file_for_its_owner_alone(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """Nothing lies beside it, nobody else may read it (accounts are in it), and it can be read where nothing can be written."""
    folder = tmp_path / "kept"
    folder.mkdir()

    back_up(path, folder / "copy")

    assert [p.name for p in folder.iterdir()] == ["copy"]
    assert (folder / "copy").stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(f"file:{folder / 'copy'}?mode=ro&immutable=1", uri=True)) as db:
        assert db.execute("SELECT count(*) FROM store_states").fetchone() == (1,)


def test_what_was_backed_up_comes_back(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """After a restore the file holds what the copy held and nothing of what came later, and can be written to."""
    back_up(path, tmp_path / "copy")
    store.write(batch(4, T0, 1000))
    store.delete(3, 0, FAR_S)
    store.close()
    steps: list[tuple[int, int]] = []

    restore(tmp_path / "copy", path, progress=lambda done, total: steps.append((done, total)))

    assert steps[-1][0] == steps[-1][1] > STEP_PAGES
    again = SqliteStore(path, ballast_bytes=1 << 16)
    assert (again.count(3, 0, FAR_S), again.count(4, 0, FAR_S)) == (ROWS, 0)
    again.write(batch(4, T0, 10))
    assert again.count(4, 0, FAR_S) == 10
    again.close()


def test_a_file_is_restored_on_an_empty_machine(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """Where there is no file yet, the copy becomes one."""
    back_up(path, tmp_path / "copy")

    restore(tmp_path / "copy", tmp_path / "new.sqlite")

    new = SqliteStore(tmp_path / "new.sqlite", read_only=True)
    assert new.count(3, 0, FAR_S) == ROWS
    new.close()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_file_in_use_is_not_restored(store: SqliteStore, path: Path, tmp_path: Path, read_only: bool) -> None:
    """While the gateway or the public side has the file open, it stays as it is, and they are told to stop first."""
    back_up(path, tmp_path / "copy")
    store.write(batch(4, T0, 10))
    store.close()
    program = (
        "import sys; from pathlib import Path; from gateway.store.sqlite import SqliteStore\n"
        f"s = SqliteStore(Path(sys.argv[1]), read_only={read_only}); s.count(3, 0, 1); print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(StoreAway, match="stop the gateway"):
            restore(tmp_path / "copy", path)
        child.kill()

    kept = SqliteStore(path, ballast_bytes=1 << 16)
    assert kept.count(4, 0, FAR_S) == 10
    kept.close()
    restore(tmp_path / "copy", path)


def test_a_restore_that_is_killed_leaves_what_was_there(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """Killed after its first step, a restore has changed nothing."""
    back_up(path, tmp_path / "copy")
    store.write(batch(4, T0, 20_000))
    store.delete(3, 0, FAR_S)
    store.close()
    program = (
        "import os, sys; from pathlib import Path; from gateway.store import backup\n"
        "backup.STEP_PAGES = 40\n"
        "backup.restore(Path(sys.argv[1]), Path(sys.argv[2]), progress=lambda done, total: os.kill(os.getpid(), 9))"
    )

    ended = subprocess.run([sys.executable, "-c", program, str(tmp_path / "copy"), str(path)])

    assert ended.returncode == -signal.SIGKILL
    kept = SqliteStore(path, ballast_bytes=1 << 16)
    assert (kept.count(3, 0, FAR_S), kept.count(4, 0, FAR_S)) == (0, 20_000)
    kept.close()


def test_a_newer_backup_is_refused_and_a_newer_file_may_go_back(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """A backup of a later schema is refused by name; going back to an older one is what backups are for."""
    back_up(path, tmp_path / "copy")
    store.close()
    shutil.copy(tmp_path / "copy", tmp_path / "newer")
    for file in (tmp_path / "newer", path):
        with closing(sqlite3.connect(file)) as db:
            db.execute(f"PRAGMA user_version = {VERSION + 1}")

    with pytest.raises(StoreMismatch, match="install the newer girouette"):
        restore(tmp_path / "newer", path)
    with pytest.raises(StoreMismatch, match="install the newer girouette"):
        back_up(path, tmp_path / "other")
    restore(tmp_path / "copy", path)

    SqliteStore(path, ballast_bytes=1 << 16).close()


def test_a_damaged_backup_is_refused(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """Bytes that were spoilt on the way are found before anything is changed."""
    back_up(path, tmp_path / "copy")
    store.close()
    size = (tmp_path / "copy").stat().st_size
    with (tmp_path / "copy").open("r+b") as handle:
        handle.seek(size - 400_000)  # in use; in the middle are pages that settling left unused
        handle.write(os.urandom(400_000))

    with pytest.raises(StoreMismatch, match="damaged"):
        restore(tmp_path / "copy", path)

    kept = SqliteStore(path, read_only=True)
    assert kept.count(3, 0, FAR_S) == ROWS
    kept.close()


def test_half_a_backup_is_refused(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """A copy that was cut short is found too."""
    back_up(path, tmp_path / "copy")
    store.close()
    os.truncate(tmp_path / "copy", (tmp_path / "copy").stat().st_size // 2)

    with pytest.raises(StoreMismatch, match=r"copy: .*damaged"):
        restore(tmp_path / "copy", path)


def test_what_is_not_ours_is_neither_backed_up_nor_restored(path: Path, tmp_path: Path) -> None:
    """Another program's database, an empty one and a missing one are refused with a sentence, and nothing is left behind."""
    other = tmp_path / "other"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE visitors (name)")
    (tmp_path / "empty").touch()

    with pytest.raises(StoreMismatch, match=r"other: .* another program's"):
        back_up(other, tmp_path / "copy")
    with pytest.raises(StoreMismatch, match="holds nothing"):
        back_up(tmp_path / "empty", tmp_path / "copy")
    with pytest.raises(StoreAway, match="cannot be opened"):
        back_up(path, tmp_path / "copy")
    with pytest.raises(StoreMismatch, match="another program's"):
        restore(other, path)
    assert {p.name for p in tmp_path.iterdir()} == {"other", "empty"}


def test_nothing_of_another_program_is_overwritten(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """A copy never replaces a file that is there, and a restore no other program's database."""
    back_up(path, tmp_path / "copy")
    other = tmp_path / "other"
    with closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE visitors (name)")

    with pytest.raises(StoreAway, match="there already"):
        back_up(path, tmp_path / "copy")
    with pytest.raises(StoreMismatch, match="another program's"):
        restore(tmp_path / "copy", other)
    with pytest.raises(StoreAway, match="yours to write to"):
        back_up(path, tmp_path / "nowhere" / "copy")


def test_a_copy_that_does_not_fit_leaves_nothing(store: SqliteStore, path: Path, small_disk: Path) -> None:
    """On a disk that is too small the half copy is taken away, and a restore there changes nothing."""
    (small_disk / "filler").write_bytes(bytes((8 << 20) - (200 << 10)))

    with pytest.raises(StoreFull, match="free some space"):
        back_up(path, small_disk / "copy")

    assert [p.name for p in small_disk.iterdir()] == ["filler"]


def test_a_backup_of_an_older_version_is_taken_as_it_is(store: SqliteStore, path: Path, tmp_path: Path) -> None:
    """Before a file is brought up to date it can be kept: the copy carries our mark and its own version."""
    back_up(path, tmp_path / "copy")

    with closing(sqlite3.connect(tmp_path / "copy")) as db:
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
