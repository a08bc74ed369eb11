"""The embedded file is brought up to date once, and a newer or foreign one is refused with a sentence."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
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
