"""The one door from the public side to the store."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import numpy as np
import pytest

from api.catalogue import FOR_EVER_S, Catalogue
from api.readings import Desk, Readings
from devices.quantity import load_quantities
from gateway.numerics.columns import as_bytes


@pytest.fixture
def parc(city: Any) -> Any:
    """A series that is public for two hours, hidden, then public again."""
    return Catalogue(city.registry, load_quantities()).view().series(city.series("Parc", "noise_level"))


def test_every_way_of_reading_agrees(city: Any, parc: Any) -> None:
    """Whole, in blocks of any size, newest first, and counted."""
    readings = Readings(city.store)
    whole = readings.read(parc, 0, FOR_EVER_S)

    assert len(whole) == readings.count(parc, 0, FOR_EVER_S) > 100
    for rows in (1, 7, 10_000):
        blocks = list(readings.blocks(parc, 0, FOR_EVER_S, rows=rows))
        newest = list(readings.newest_first(parc, 0, FOR_EVER_S, rows=rows))
        assert all(0 < len(b) <= rows for b in (*blocks, *newest))
        assert list(map(as_bytes, np.concatenate(blocks))) == list(map(as_bytes, whole))
        assert list(map(as_bytes, np.concatenate(newest))) == list(map(as_bytes, whole[::-1]))
    assert readings.extent(parc) == (int(whole["time_s"][0]), int(whole["time_s"][-1]))


def test_nothing_visible_is_nothing(city: Any, parc: Any) -> None:
    """Before it opened, and of no series at all."""
    readings = Readings(city.store)

    assert len(readings.read(parc, 0, 1000)) == 0
    assert readings.latest([]) == {}


def test_long_reads_run_in_one_thread_of_their_own() -> None:
    """Short ones in the loop where that was chosen; pieces of a stream come in order."""
    desk = Desk(short_in_loop=True)

    async def ask() -> tuple[str, str, list[bytes]]:
        name = lambda: threading.current_thread().name  # noqa: E731
        pieces = [piece async for piece in desk.stream(iter([b"a", b"b", b"c"]))]
        return await desk.short(name), await desk.long(name), pieces

    short, long, pieces = asyncio.run(ask())
    desk.close()

    assert short == threading.main_thread().name
    assert long.startswith("api-reader")
    assert pieces == [b"a", b"b", b"c"]
