"""A row is in exactly one of a tier's two tables, fresh or settled, and old ones leave a few at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gateway.numerics.columns import READING
from gateway.store import tiers
from gateway.store.port import FAR_S
from gateway.store.steps import connect, prepare
from gateway.store.tiers import Table, tables

Rows = list[tuple[int, int, float]]


def readings(rows: Rows) -> NDArray[np.void]:
    """READING rows from (series, second, value)."""
    return np.array([(*row, 1, 0, 0.5) for row in rows], READING)


def fresh_and_settled(db: sqlite3.Connection) -> tuple[int, int]:
    """How many raw rows are in each of the two tables."""
    counts = [db.execute(f"SELECT count(*) FROM store_raw{end}").fetchone()[0] for end in ("_fresh", "")]
    return counts[0], counts[1]


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """A file with its tables."""
    with closing(connect(tmp_path / "g.sqlite")) as made:
        prepare(made)
        yield made


@pytest.fixture
def raw(monkeypatch: pytest.MonkeyPatch) -> Table:
    """The raw tier, which settles and trims by a few rows instead of thousands."""
    monkeypatch.setattr(tiers, "SETTLE_ROWS", 8)
    monkeypatch.setattr(tiers, "TRIM_ROWS", 3)
    return tables()["raw"]


def test_what_is_new_lies_by_time(db: sqlite3.Connection, raw: Table) -> None:
    """Few rows are all fresh, so that a commit writes few pages."""
    raw.put(db, readings([(s, t, 1.0) for t in range(2) for s in range(1, 4)]))
    raw.settle(db, series=1)

    assert fresh_and_settled(db) == (6, 0)


def test_most_are_settled_when_enough_have_gathered(db: sqlite3.Connection, raw: Table) -> None:
    """All but about the newest quarter move, and what is asked is answered as before."""
    raw.put(db, readings([(3, t, float(t)) for t in range(16)]))
    before = raw.read(db, 3, 0, FAR_S)
    assert raw.ripe

    raw.settle(db, series=1)

    assert fresh_and_settled(db) == (4, 12)
    assert raw.read(db, 3, 0, FAR_S).tolist() == before.tolist()
    assert raw.tail(db, 3, FAR_S, 6)["time_s"].tolist() == list(range(10, 16))
    assert raw.count(db, 3, 5, 14) == 9
    assert not raw.ripe


def test_where_there_are_many_series_more_gather(db: sqlite3.Connection, raw: Table) -> None:
    """Four rows a series at least stay together, or settling would touch a page for every one of them."""
    raw.put(db, readings([(s, 0, 1.0) for s in range(1, 21)]))
    raw.settle(db, series=20)

    assert fresh_and_settled(db) == (20, 0)


def test_an_old_row_is_replaced_where_it_lies(db: sqlite3.Connection, raw: Table) -> None:
    """What was settled is rewritten there, what is fresh here: never is one moment in both."""
    raw.put(db, readings([(3, t, 1.0) for t in range(16)]))
    raw.settle(db, series=1)

    raw.put(db, readings([(3, t, 2.0) for t in (0, 11, 12, 15)]))

    assert fresh_and_settled(db) == (4, 12)
    assert raw.read(db, 3, 0, FAR_S)["value"].tolist() == [2.0 if t in {0, 11, 12, 15} else 1.0 for t in range(16)]


def test_a_new_process_goes_on_where_the_last_one_was(db: sqlite3.Connection, raw: Table) -> None:
    """The mark is in the file: a table made anew puts old rows among the settled ones."""
    raw.put(db, readings([(3, t, 1.0) for t in range(16)]))
    raw.settle(db, series=1)

    tables()["raw"].put(db, readings([(4, 0, 1.0), (4, 20, 1.0)]))

    assert fresh_and_settled(db) == (5, 13)


def test_old_rows_leave_a_few_at_a_time(db: sqlite3.Connection, raw: Table) -> None:
    """Each step deletes at most as many as a transaction should, until nothing older is left in any series."""
    raw.put(db, readings([(s, t, 1.0) for s in (2, 7) for t in range(20)]))
    raw.settle(db, series=1)
    left, reached, more, steps = raw.count(db, 2, 0, FAR_S) + raw.count(db, 7, 0, FAR_S), 0, True, 0
    settled = fresh_and_settled(db)[1]

    while more:
        reached, more = raw.trim_some(db, 18, after=reached)
        now = fresh_and_settled(db)[1]
        assert settled - now <= 3
        settled, steps = now, steps + 1

    assert left == 40
    assert [raw.count(db, s, 0, FAR_S) for s in (2, 7)] == [2, 2]
    assert [raw.count(db, s, 0, 18) for s in (2, 7)] == [0, 0]
    assert steps > 5


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.lists(st.tuples(st.integers(1, 4), st.integers(0, 60), st.floats(0, 9)))),
            st.tuples(st.just("delete"), st.tuples(st.integers(1, 4), st.integers(0, 60), st.integers(0, 60))),
            st.tuples(st.just("trim"), st.integers(0, 60)),
        ),
        max_size=12,
    )
)
def test_whatever_is_done_it_is_one_table(done: list[tuple[str, object]]) -> None:
    """Any order of writing, settling, deleting and trimming answers as a plain table would."""
    with pytest.MonkeyPatch.context() as patch, closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        patch.setattr(tiers, "SETTLE_ROWS", 8)
        patch.setattr(tiers, "TRIM_ROWS", 3)
        prepare(db)
        raw, plain = tables()["raw"], {}
        for what, given_ in done:
            if what == "put":
                raw.put(db, readings(given_))
                raw.settle(db, series=2)
                plain |= {(series, t): value for series, t, value in given_}
            elif what == "delete":
                raw.delete(db, *given_)
                plain = {k: v for k, v in plain.items() if not (k[0] == given_[0] and given_[1] <= k[1] < given_[2])}
            else:
                reached, more = 0, True
                while more:
                    reached, more = raw.trim_some(db, given_, after=reached)
                plain = {k: v for k, v in plain.items() if k[1] >= given_}

        for series in range(1, 5):
            expected = sorted((t, value) for (one, t), value in plain.items() if one == series)
            assert raw.read(db, series, 0, FAR_S)[["time_s", "value"]].tolist() == expected
            assert raw.count(db, series, 0, FAR_S) == len(expected)
            assert raw.tail(db, series, FAR_S, 3)["time_s"].tolist() == [t for t, _ in expected[-3:]]
