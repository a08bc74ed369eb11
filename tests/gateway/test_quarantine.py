"""The quarantine's rows, apart from the journal: tests/gateway/test_journal.py tries both together."""

from __future__ import annotations

import contextlib
import sqlite3

from hypothesis import given
from hypothesis import strategies as st

from gateway.quarantine import Quarantine, Refused
from gateway.store.steps import _JOURNAL_1


@given(st.lists(st.tuples(st.sampled_from(["a", "b", ""]), st.integers(-1, 3), st.binary(max_size=2))))
def test_a_row_is_kept_once_whatever_comes_again(seen: list[tuple[str, int, bytes]]) -> None:
    """What has a number is known by it, whatever its bytes; what has none by its bytes."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for statement in _JOURNAL_1:
            db.execute(statement)
        rows = Quarantine(db)
        for device, sq, payload in seen:
            rows.put([Refused("past", device, -1 if sq < 0 else 7, sq, 1, "t", payload)])
        known = {(device, sq, payload if sq < 0 else b"") for device, sq, payload in seen}

        assert sum(rows.counts().values()) == len(known)
        assert rows.overflow() == 0
        assert [row.id for row in rows.newest(most=1000)] == sorted(
            (row.id for row in rows.newest(most=1000)), reverse=True
        )


def test_what_came_before_its_device_was_registered_is_found_by_its_topic() -> None:
    """It lies under nobody's name; another device's, and one whose name only begins alike, are left alone."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        for statement in _JOURNAL_1:
            db.execute(statement)
        rows = Quarantine(db)
        for number, (device, topic) in enumerate(
            [
                ("", "gir/1/82/air-1/obs"),
                ("", "gir/1/82/air-10/obs"),
                ("air-1", "gir/1/82/air-1/obs"),
                ("b", "gir/1/00/b/obs"),
            ]
        ):
            rows.put([Refused("unknown-device", device, -1, -1, 1, topic, bytes([number]))])

        assert {row.payload for row in rows.newest(device="air-1")} == {b"\x00", b"\x02"}
        assert rows.replay(device="air-1") == 2
