"""The first reading is looked for where the gateway puts it, and where it is not there that is said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from deploy.flashing.enrolling import Enrolling
from deploy.flashing.faults import FlashError
from deploy.flashing.first import Gateway, Stored, first_reading, newest, series_of
from deploy.flashing.wish import Who, Wish
from deploy.workshop.reach import Reach
from devices.recipe import load_recipes
from gateway.numerics.columns import READING
from gateway.registry import Registry
from gateway.store.port import Batch
from gateway.store.sqlite import SqliteStore


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A registry with two devices of one recipe, and an empty store."""
    with (
        closing(SqliteStore(tmp_path / "girouette.sqlite")) as store,
        closing(Registry(f"sqlite:{tmp_path / 'girouette.sqlite'}")) as registry,
    ):
        enrolling = Enrolling(registry, load_recipes(), Reach("127.0.0.1", 1883), [])
        for mac in ("1", "2"):
            enrolling.enrol(mac, Who(("climate",), None, keeps=False), Wish(place="48.1,-1.7"))
        yield Gateway(registry, store)


def put(gateway: Gateway, *rows: tuple[int, int, float]) -> None:
    """Readings by series, time and value."""
    readings = np.zeros(len(rows), READING)
    for name, column in zip(("series", "time_s", "value"), zip(*rows, strict=True), strict=True):
        readings[name] = column
    gateway.store.write(Batch(readings=readings))  # type: ignore[attr-defined]


def test_each_device_has_the_series_of_its_own_place(gateway: Gateway) -> None:
    """Two devices of one recipe, two places; a device that nobody knows has none."""
    one, two = series_of(gateway.registry, "climate-1"), series_of(gateway.registry, "climate-2")

    assert set(one.values()) == set(two.values()) == {"temperature", "humidity", "pressure"}
    assert not one.keys() & two.keys()
    assert series_of(gateway.registry, "climate-3") == {}


def test_the_newest_moment_since_then_is_the_first_reading(gateway: Gateway) -> None:
    """Readings from before the board was flashed, and those of others, are none."""
    of = {channel: number for number, channel in series_of(gateway.registry, "climate-1").items()}
    other = next(iter(series_of(gateway.registry, "climate-2")))
    put(gateway, (of["temperature"], 100, 20.0), (other, 200, 5.0))
    assert newest(gateway.store, series_of(gateway.registry, "climate-1"), 150) is None

    put(gateway, (of["temperature"], 160, 21.5), (of["humidity"], 160, 48.0), (of["pressure"], 155, 1000.0))

    found = first_reading(gateway, "climate-1", since_s=150)
    assert found == Stored(160, {"temperature": 21.5, "humidity": 48.0})


def test_a_reading_that_is_not_stored_here_is_told(gateway: Gateway) -> None:
    """The board has a receipt, so it is another store: the sentence says where to look."""
    with pytest.raises(FlashError, match="quarantine list") as missing:
        first_reading(gateway, "climate-1", since_s=0, within_s=0.1)

    assert missing.value.key == "not_stored"
