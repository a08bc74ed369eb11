"""The registry's tables: names, and numbers that are never given twice."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from gateway.registry import Registry
from gateway.registry.tables import METADATA


def test_every_table_is_the_registrys_by_its_name() -> None:
    """The store and the journal live in the same file under names of their own."""
    assert METADATA.tables
    assert all(name.startswith("registry_") for name in METADATA.tables)


def test_a_number_is_never_given_twice(tmp_path: Path) -> None:
    """Not even after its row was deleted by hand: a series of that number would continue a stranger's readings."""
    file = tmp_path / "registry.sqlite"
    with contextlib.closing(Registry(f"sqlite:{file}")) as registry:
        first = registry.add_pilot("one", "One").id
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("DELETE FROM registry_pilot")
    with contextlib.closing(Registry(f"sqlite:{file}")) as registry:
        assert registry.add_pilot("two", "Two").id > first
