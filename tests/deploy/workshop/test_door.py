"""What stands behind the atelier's pages, on a real registry and a real store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from wholes import whole

from api.atelier.port import Wanted
from deploy.accounts import PASSWORDS, SERVICES, WATCHED
from deploy.settings import Settings
from deploy.workshop.door import Bench, open_workshop, passes_of
from devices.recipe import load_recipes
from gateway.numerics.columns import GOOD, READING
from gateway.registry import Registry
from gateway.registry.enrol import Newcomer, enrol
from gateway.store.port import Batch
from gateway.store.sqlite import SqliteStore

NOW_S = 1_795_615_200


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """A workshop of the test's own."""
    url = f"sqlite:{tmp_path / 'room.sqlite'}"
    with (
        contextlib.closing(SqliteStore(tmp_path / "room.sqlite")) as store,
        contextlib.closing(Registry(url)) as registry,
    ):
        made = open_workshop(Settings(store=url), registry, store)
        assert made is not None
        yield made


def measured(bench: Bench, place: int, channel: str, times_s: list[int], value: float) -> None:
    """Readings of one series of a place."""
    assert isinstance(bench.store, SqliteStore)
    rows = np.zeros(len(times_s), READING)
    rows["series"] = next(s.id for s in bench.registry.series() if (s.place_id, s.channel) == (place, channel))
    rows["time_s"], rows["value"], rows["flag"], rows["score"] = times_s, value, GOOD, np.nan
    bench.store.write(Batch(readings=rows))


def test_the_first_reading_is_the_devices_own(bench: Bench) -> None:
    """Not what another device measured at the place before it; all channels of the first moment, none of later ones."""
    pilot = bench.registry.add_pilot("rennes", "Rennes")
    place = bench.registry.add_place(pilot.id, "Mairie", lat=48.1, lon=-1.6)
    recipes = [load_recipes()["climate"]]
    enrol(bench.registry, Newcomer(recipes, pilot.id, place.id, 60, NOW_S, id="old"))
    measured(bench, place.id, "temperature", [NOW_S + 60, NOW_S + 120], 99.0)
    bench.registry.retire("old", at_s=NOW_S + 200)
    enrol(bench.registry, Newcomer(recipes, pilot.id, place.id, 60, NOW_S + 300, id="new"))

    assert bench.first_reading("new") is None
    measured(bench, place.id, "temperature", [NOW_S + 320, NOW_S + 380], 21.5)
    measured(bench, place.id, "humidity", [NOW_S + 320, NOW_S + 380], 40.0)
    measured(bench, place.id, "pressure", [NOW_S + 380], 1013.0)

    first = bench.first_reading("new")
    assert first is not None
    assert (first.time_s, dict(first.values)) == (NOW_S + 320, {"temperature": 21.5, "humidity": 40.0})


def test_a_device_that_stands_nowhere_has_no_reading(bench: Bench) -> None:
    """One in stock."""
    pilot = bench.registry.add_pilot("rennes", "Rennes")
    enrol(bench.registry, Newcomer([load_recipes()["air"]], pilot.id, None, 60, NOW_S, id="stock"))

    assert bench.first_reading("stock") is None


@pytest.mark.parametrize("watched", [False, True])
def test_who_makes_a_board_is_told_what_lets_it_in(bench: Bench, tmp_path: Path, watched: bool) -> None:
    """The command, where the broker has accounts and does not see by itself that they have changed; nothing else."""
    accounts = tmp_path / "accounts"
    accounts.mkdir()
    (accounts / SERVICES).write_text("")
    if watched:
        (accounts / WATCHED).write_text("")
    (tmp_path / "c6.bin").write_bytes(whole("c6"))
    told = {**bench.settings.model_dump(), "accounts": accounts, "board_micropython": tmp_path / "c6.bin"}
    guarded = open_workshop(Settings(**told), bench.registry, bench.store)
    assert guarded is not None

    made = guarded.make(Wanted("air", "c6", "ESP32-C6", 4 << 20), by="here")

    assert made.todo == (None if watched else "sudo systemctl reload mosquitto")
    assert made.device in (accounts / PASSWORDS).read_text()


def test_the_atelier_may_be_switched_off(bench: Bench, tmp_path: Path) -> None:
    """Then there is none; its links lie beside the registry, or where it is said."""
    url = f"sqlite:{tmp_path / 'room.sqlite'}"

    assert open_workshop(Settings(store=url, atelier="off"), bench.registry, bench.store) is None
    assert passes_of(Settings(store=url))._path == tmp_path / "girouette-atelier.sqlite"
    assert passes_of(Settings(store=url, atelier_passes=tmp_path / "x.sqlite"))._path == tmp_path / "x.sqlite"
