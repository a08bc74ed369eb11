"""The journal: what was committed is there after any end, and what is refused is kept within bounds."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gateway import quarantine
from gateway.journal import KEEP_S, Change, Entry, Journal, Lost, entries_of
from gateway.numerics.columns import Columns, no_columns
from gateway.quarantine import Refused
from gateway.store.port import Batch, StoreAway, StoreFull, StoreMismatch
from gateway.store.sqlite import SqliteStore

ROOT = Path(__file__).parent.parent.parent
ENTRY = Entry("air-1", 77, n=3, lo=1, dr=0, heard_s=1000, edges=[1, 4, 6, 8])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file is."""
    return tmp_path / "girouette.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """An empty journal."""
    with contextlib.closing(Journal(path)) as made:
        yield made


def readings(*values: float, series: int = 1) -> Columns:
    """Readings of one series, one second apart."""
    count = len(values)
    return Columns(np.full(count, series), np.arange(100, 100 + count), np.array(values, np.float64))


def refused(
    sq: int, *, code: str = "wrong-unit", device: str = "air-1", ep: int = 77, payload: bytes = b"[]"
) -> Refused:
    """A refusal of one sample."""
    return Refused(code, device, ep, sq, 1000, f"gir/1/00/{device}/obs", payload)


def test_what_was_committed_is_there_after_reopening(path: Path, journal: Journal) -> None:
    """Readings, ledger and quarantine come back, and the ledger keeps its id."""
    seq = journal.commit(readings(1.5, -2.25), Change([ENTRY], refused=[refused(9)]), now_s=1000)
    journal.close()

    with contextlib.closing(Journal(path)) as again:
        found = again.read_from(0)
        assert [n for n, _ in found] == [seq]
        assert found[0][1].value.tolist() == [1.5, -2.25]
        assert found[0][1].time_s.tolist() == [100, 101]
        assert again.entries() == [ENTRY]
        assert again.refused_samples() == {("air-1", 77, 9)}
        assert again.st == journal.st


@pytest.mark.slow
def test_a_commit_is_whole_or_not_at_all(path: Path) -> None:
    """A process killed at any of its writes leaves batches whose three parts are all there, in order, or none of them."""
    script = textwrap.dedent(f"""
        import pathlib, sys
        sys.path.insert(0, {str(ROOT / "tests/gateway")!r})
        from test_journal import Change, Entry, Journal, readings, refused
        journal = Journal(pathlib.Path({str(path)!r}))
        for n in range(1, 100_000):
            entry = Entry("air-1", 77, n, 1, 0, n, [1, n + 1])
            journal.commit(readings(float(n)), Change([entry], refused=[refused(n)]), now_s=n)
            print(n, flush=True)
    """)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=env) as child:
        assert child.stdout is not None
        told = [int(next(child.stdout)) for _ in range(40)][-1]
        child.send_signal(signal.SIGKILL)
        told = max([told, *(int(line) for line in child.stdout if line.endswith(b"\n"))])

    with contextlib.closing(Journal(path)) as journal:
        last = journal.read_from(0, most=100_000)[-1][1].value[0]
        assert last in {told, told + 1}
        assert journal.entries()[0].n == last
        assert max(sq for _, _, sq in journal.refused_samples()) == last


def test_every_commit_waits_for_the_disk(path: Path, journal: Journal) -> None:
    """The file is in WAL with synchronous=FULL: with less, a power cut takes what was receipted."""
    assert journal._db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert journal._db.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_nothing_to_say_costs_no_write(journal: Journal) -> None:
    """A batch of health messages alone commits nothing."""
    before = journal._db.execute("PRAGMA data_version").fetchone(), journal._db.total_changes

    assert journal.commit(no_columns(), Change(), now_s=1) is None
    assert (journal._db.execute("PRAGMA data_version").fetchone(), journal._db.total_changes) == before


def test_the_ledger_is_rewritten_and_forgotten(journal: Journal) -> None:
    """An entry replaces the one of the same `ep`; a forgotten one is gone."""
    other = Entry("air-1", 78, 1, 1, 0, 1001, [])
    newer = Entry("air-1", 77, 9, 2, 1, 1002, [1, 10])
    journal.commit(no_columns(), Change([ENTRY, other]), now_s=1000)
    journal.commit(no_columns(), Change([newer], forgotten=[("air-1", 78)]), now_s=1002)

    assert journal.entries() == [newer]


def test_numbers_go_on_where_the_store_trims_in_the_same_file(path: Path, journal: Journal) -> None:
    """The embedded store deletes what it holds in its own transaction; no number is given twice meanwhile."""
    first = journal.commit(readings(1.0), Change(), now_s=1)
    with contextlib.closing(SqliteStore(path, ballast_bytes=1 << 12)) as store:
        store.write(Batch(journal_seq=first))

    assert journal.read_from(0) == []
    assert journal.commit(readings(2.0), Change(), now_s=2) == 2


def test_numbers_go_on_after_a_restart_whose_follower_was_first(path: Path, journal: Journal) -> None:
    """A restarted gateway stores and trims what the last one left, then commits: that number must be new to its follower."""
    for _ in range(3):
        left = journal.commit(readings(1.0), Change(), now_s=1000)
    journal.close()

    with contextlib.closing(Journal(path)) as again, contextlib.closing(SqliteStore(path)) as store:
        done = again.read_from(0)[-1][0]
        store.write(Batch(journal_seq=done))
        seq = again.commit(readings(2.0), Change(), now_s=1000)
        assert done == left
        assert [number for number, _ in again.read_from(done)] == [seq]


def test_a_remote_store_can_be_given_a_week_again(path: Path, journal: Journal) -> None:
    """Drained batches stay for seven days, and numbers go on after all of them are gone."""
    for now_s in (1, 2):
        journal.commit(readings(1.0), Change(), now_s=now_s)
    journal.drained(2, now_s=3)
    assert (journal.waiting_from(), len(journal.read_from(0)), journal.read_from(2)) == (2, 2, [])

    journal.drained(2, now_s=KEEP_S + 2)
    assert [seq for seq, _ in journal.read_from(0)] == [2]
    journal.drained(2, now_s=KEEP_S + 3)
    journal.close()
    with contextlib.closing(Journal(path)) as again:
        assert again.commit(readings(1.0), Change(), now_s=1) == 3


def test_a_resend_adds_nothing_to_quarantine(journal: Journal) -> None:
    """Rows are kept by (device, ep, sq), those without a number by their bytes."""
    nameless = [refused(-1, ep=-1, code="not-json", payload=b"{"), refused(-1, ep=-1, code="not-json", payload=b"[")]
    for _ in range(2):
        journal.commit(no_columns(), Change(refused=[refused(1), refused(1), refused(2), *nameless]), now_s=1)

    assert [row.payload for row in journal.refused(code="not-json")] == [b"[", b"{"]
    assert len(journal.refused()) == 4


def test_quarantine_is_bounded_by_device_and_in_all_and_counts_what_goes(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest rows stay; one device that shouts costs the others nothing until all are too many."""
    monkeypatch.setattr(quarantine, "MOST_OF_DEVICE", 5)
    monkeypatch.setattr(quarantine, "MOST", 8)
    journal.commit(no_columns(), Change(refused=[refused(1, device="calm")]), now_s=1)
    for sq in range(1, 11):
        journal.commit(no_columns(), Change(refused=[refused(sq, device="loud")]), now_s=1)

    assert [row.sq for row in journal.refused(device="loud")] == [10, 9, 8, 7, 6]
    assert len(journal.refused(device="calm")) == 1
    assert journal.refused_counts() == ({"wrong-unit": 6}, 5)

    journal.commit(no_columns(), Change(refused=[refused(n, device="other") for n in range(4)]), now_s=1)
    assert [row.device for row in journal.refused(most=20)] == ["other"] * 4 + ["loud"] * 4
    assert journal.refused_counts()[1] == 7


def test_bytes_that_are_no_text_are_kept_as_they_are(journal: Journal) -> None:
    """A payload is a blob: no byte of it is changed."""
    journal.commit(no_columns(), Change(refused=[refused(1, payload=b"\xff\x00\xd8")]), now_s=1)
    row = journal.refused_row(journal.refused()[0].id)

    assert row is not None
    assert row.payload == b"\xff\x00\xd8"
    assert journal.refused_row(row.id + 1) is None


def test_rows_are_asked_for_once_more_and_go_when_they_are_admitted(journal: Journal) -> None:
    """Replay marks by number, code or device; the gateway drops what it admits and tells why it refuses the rest."""
    journal.commit(no_columns(), Change(refused=[refused(1), refused(2), refused(3, code="past")]), now_s=1)
    ids = {row.sq: row.id for row in journal.refused()}
    assert journal.replay(ids=[ids[1], 99]) == 1
    assert journal.replay(code="past") == 1
    assert [row.sq for row in journal.to_replay()] == [1, 3]

    journal.commit(no_columns(), Change(replayed=[ids[1]], again=[("future", ids[3])]), now_s=2)

    assert journal.to_replay() == []
    assert [(row.sq, row.code) for row in journal.refused()] == [(3, "future"), (2, "wrong-unit")]
    assert journal.replay(device="air-1") == 2
    assert journal.replay() == 2


def test_what_is_lost_by_a_restore_is_written_down(journal: Journal) -> None:
    """Ranges are kept once, however often they are found."""
    for last in (8, 9, 7):
        journal.lose([Lost("air-1", 77, 5, last)], now_s=1)

    assert journal.lost() == [Lost("air-1", 77, 5, 9)]


def test_a_fault_of_the_file_is_told_in_the_ports_words(path: Path, journal: Journal) -> None:
    """A file whose tables are gone is away with a sentence, and the journal goes on when they are back."""
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("ALTER TABLE journal_log RENAME TO elsewhere")
        with pytest.raises(StoreAway):
            journal.commit(readings(1.0), Change(), now_s=1)
        other.execute("ALTER TABLE elsewhere RENAME TO journal_log")

    assert journal.commit(readings(1.0), Change(), now_s=1) == 1


def test_a_full_disk_takes_no_more_and_lets_go_of_what_was_drained(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last room of a disk is not for new packs; a journal of a remote store is trimmed all the same, and goes on after."""
    journal.commit(readings(1.0), Change(), now_s=1)
    assert path.with_name(f"{path.name}.ballast").stat().st_size == 8 << 20
    monkeypatch.setattr("gateway.store.ballast.Ballast._free", lambda _: 0)
    with pytest.raises(StoreFull, match="free some space"):
        journal.commit(readings(2.0), Change([ENTRY]), now_s=2)
    journal.drained(1, now_s=KEEP_S + 2)
    assert journal.read_from(0) == []
    assert journal.entries() == []

    monkeypatch.undo()
    assert journal.commit(readings(2.0), Change(), now_s=2) == 2


def test_a_file_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    """Another file than a journal is left as it is."""
    other = tmp_path / "other"
    other.write_bytes(b"no database" * 100)
    with pytest.raises(StoreMismatch, match="restore a backup"):
        Journal(other)

    assert other.read_bytes() == b"no database" * 100


def test_the_ledger_is_read_without_a_touch(path: Path, journal: Journal) -> None:
    """Beside a gateway that writes; a file in which no journal was kept has none, and one that is not there is away."""
    journal.commit(no_columns(), Change([ENTRY], [], []), now_s=1)
    assert entries_of(path) == journal.entries() == [ENTRY]

    other = path.with_name("other.sqlite")
    with contextlib.closing(sqlite3.connect(other)) as db:
        db.execute("CREATE TABLE registry (id)")
    assert entries_of(other) == []
    with pytest.raises(StoreAway):
        entries_of(path.with_name("none.sqlite"))
    assert not path.with_name("none.sqlite").exists()
