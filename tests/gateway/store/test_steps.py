"""The embedded file is brought up to date once, and a newer or foreign one is refused with a sentence."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.port import StoreAway, StoreMismatch
from gateway.store.steps import APPLICATION_ID, VERSION, check, connect, known, prepare


def test_a_new_file_gets_all_tables_and_the_version(tmp_path: Path) -> None:
    """A file that did not exist has the store's tables and the newest version afterwards."""
    with contextlib.closing(connect(tmp_path / "g.sqlite")) as db:
        prepare(db)

        names = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert {"store_raw", "store_m1", "store_h1", "store_latest", "store_states", "store_points"} <= names
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_every_commit_is_durable(tmp_path: Path) -> None:
    """Connections write ahead and wait for the disk: NORMAL loses acknowledged rows in a power cut."""
    with contextlib.closing(connect(tmp_path / "g.sqlite")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_many_may_prepare_at_once(tmp_path: Path) -> None:
    """Processes that start together take the steps once between them."""
    failed: list[Exception] = []

    def start() -> None:
        try:
            with contextlib.closing(connect(tmp_path / "g.sqlite")) as db:
                prepare(db)
        except Exception as e:  # noqa: BLE001 - told to the test's own thread
            failed.append(e)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []


def test_a_newer_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    """A file of a later schema is refused by both doors with what to do, and not changed."""
    with contextlib.closing(connect(tmp_path / "g.sqlite")) as db:
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {VERSION + 1}")

        with pytest.raises(StoreMismatch, match="install the newer girouette"):
            prepare(db)
        with pytest.raises(StoreMismatch, match="install the newer girouette"):
            check(db)

        assert db.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


@pytest.mark.parametrize(
    "leave", ["CREATE TABLE visitors (name)", "PRAGMA user_version = 9", "PRAGMA application_id = 7"]
)
def test_another_programs_file_is_refused_and_left_alone(tmp_path: Path, leave: str) -> None:
    """A database that is not ours gets no tables of ours, whatever its version says."""
    with contextlib.closing(sqlite3.connect(tmp_path / "g.sqlite")) as db:
        db.execute(leave)
    with contextlib.closing(connect(tmp_path / "g.sqlite")) as db:
        before = db.execute("SELECT sql FROM sqlite_master").fetchall()

        for door in (prepare, check, known):
            with pytest.raises(StoreMismatch, match="another program's database"):
                door(db)
        assert db.execute("SELECT sql FROM sqlite_master").fetchall() == before


def test_an_older_file_is_not_changed_by_a_reader(tmp_path: Path) -> None:
    """Who only reads refuses a file that the gateway has not brought up to date."""
    with contextlib.closing(connect(tmp_path / "g.sqlite")):
        pass
    with contextlib.closing(connect(tmp_path / "g.sqlite", read_only=True)) as db:
        assert known(db) == 0
        with pytest.raises(StoreMismatch, match="start the gateway once"):
            check(db)


def test_room_can_go_back_to_the_disk(tmp_path: Path) -> None:
    """A new file is laid out so that pages that are no longer used can be cut off."""
    with contextlib.closing(connect(tmp_path / "g.sqlite")) as db:
        prepare(db)

        assert db.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    """Another kind of file is refused with a sentence, not overwritten."""
    (tmp_path / "g.sqlite").write_text("a letter to the mayor\n" * 100)

    with pytest.raises(StoreMismatch, match="restore a backup"):
        connect(tmp_path / "g.sqlite")

    assert (tmp_path / "g.sqlite").read_text().startswith("a letter")


def test_a_missing_file_cannot_be_read(tmp_path: Path) -> None:
    """A reader of a file that is not there is told so."""
    with pytest.raises(StoreAway, match="cannot be opened"):
        connect(tmp_path / "none.sqlite", read_only=True)


@pytest.fixture
def usual_mask() -> Iterator[None]:
    """New files may be read by everybody, as on most systems."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Who may do what with each file."""
    return {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}


@pytest.mark.usefixtures("usual_mask")
def test_its_owner_alone_reads_a_new_file(tmp_path: Path) -> None:
    """From its first byte on, with what SQLite keeps beside it: keys of boards and private links are in there."""
    with contextlib.closing(connect(tmp_path / "g.sqlite")) as db:
        prepare(db)

        assert modes(tmp_path) == dict.fromkeys(("g.sqlite", "g.sqlite-wal", "g.sqlite-shm"), 0o600)


@pytest.mark.usefixtures("usual_mask")
def test_a_file_that_others_could_read_is_closed_to_them_when_it_is_opened(tmp_path: Path) -> None:
    """One of an earlier version, in use as it was made then; who only reads changes nothing."""
    path = tmp_path / "g.sqlite"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as before:
        before.execute("PRAGMA journal_mode = WAL")
        before.execute("CREATE TABLE store_x (n)")
        assert set(modes(tmp_path).values()) == {0o644}
        connect(path, read_only=True).close()
        assert set(modes(tmp_path).values()) == {0o644}

        with contextlib.closing(connect(path)):
            assert set(modes(tmp_path).values()) == {0o600}


def test_a_file_that_is_not_ours_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its owner shared it: its mode is theirs to choose, and nothing fails."""
    path = tmp_path / "g.sqlite"
    connect(path).close()
    path.chmod(0o666)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)

    with contextlib.closing(connect(path)) as db:
        prepare(db)

    assert modes(tmp_path)["g.sqlite"] == 0o666
