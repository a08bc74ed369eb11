"""The stores that the contract is held against: a fresh one of each kind for every test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.store.port import Store
from gateway.store.sqlite import SqliteStore


@pytest.fixture(params=["sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    made = SqliteStore(tmp_path / "girouette.sqlite", ballast_bytes=1 << 16)
    yield made
    made.close()
