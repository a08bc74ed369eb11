"""A small town in a real registry and a real store, with what the public may see and what it may not.

Every hidden reading is worth 666.125, every hidden name holds `secret`: what leaks is found by looking for them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray

from api.app import create_app
from api.settings import ApiSettings
from devices.quantity import load_quantities
from gateway.numerics.columns import FAIL, GOOD, MISSING, NOT_EVALUATED, READING, SUSPECT, TIERS, WINDOW, Columns
from gateway.numerics.params import series_row
from gateway.numerics.state import fresh
from gateway.numerics.stream import advance
from gateway.registry import Registry
from gateway.store.port import Batch
from gateway.store.sqlite import SqliteStore

NOW_S = 1_795_615_200
"""2026-11-25T14:00:00Z, 15:00 in Rennes."""
HOUR_S = 3600
BEGAN_S = NOW_S - 6 * HOUR_S
PERIOD_S = 60
HIDDEN = 666.125
Channels = Sequence[tuple[str, str, Mapping[str, float]]]


@dataclass
class City:
    """Two pilots that show something, one that shows nothing; all times are BEGAN_S and some hours."""

    path: Path
    now_s: float = NOW_S
    places: dict[str, Any] = field(default_factory=dict)
    registry: Registry = field(init=False)
    store: SqliteStore = field(init=False)

    def __post_init__(self) -> None:
        """Open a new file."""
        self.store = SqliteStore(self.path)
        self.registry = Registry(f"sqlite:{self.path}")

    def close(self) -> None:
        """Let go of the file."""
        self.registry.close()
        self.store.close()

    def app(self, **settings: Any) -> Any:
        """The public side of this city, at its own time."""
        told = ApiSettings(**{"now_s": lambda: self.now_s, **settings})
        return create_app(registry=self.registry, store=self.store, quantities=load_quantities(), settings=told)

    def add_place(self, pilot_id: int, name: str, lat: float, lon: float) -> int:
        """A place, known by its name from here on."""
        self.places[name] = self.registry.add_place(pilot_id, name, lat=lat, lon=lon)
        return self.places[name].id

    def add_device(self, name: str, pilot_id: int, place: str, quantities: str, at_s: int = BEGAN_S) -> None:
        """A device in the atelier, its channels called as its quantities, or `where.quantity`."""
        channels: Channels = [(q, q.rpartition(".")[2], {}) for q in quantities.split()]
        self.registry.add_device(
            name, pilot_id=pilot_id, recipe="air", channels=channels, period_s=PERIOD_S, place_id=self.places[place].id,
            at_s=at_s, password_hash="hash-secret",
        )  # fmt: skip

    def series(self, place: str, channel: str) -> int:
        """The number of a series."""
        where = self.places[place].id
        return next(s.id for s in self.registry.series() if (s.place_id, s.channel) == (where, channel))

    def fill(self, place: str, channel: str, value: Callable[[int], float], *hidden: tuple[int, int]) -> None:
        """Six hours of readings, one a minute, with windows made by the rule of a mean; hidden ones are HIDDEN."""
        times = np.arange(BEGAN_S, NOW_S, PERIOD_S)
        rows = np.zeros(len(times), READING)
        rows["series"], rows["time_s"], rows["flag"], rows["score"] = self.series(place, channel), times, GOOD, np.nan
        secret = np.any([(times >= a) & (times < b) for a, b in hidden] or [times < 0], axis=0)
        rows["value"] = np.where(secret, HIDDEN, [value(int(t)) for t in times])
        self.store.write(Batch(readings=rows, **{tier: condensed(rows, width) for tier, width in TIERS.items()}))

    def flag(self, place: str, channel: str, time_s: int, flag: int, value: float) -> None:
        """One reading with another flag and value."""
        row = np.zeros(1, READING)
        row["series"], row["time_s"], row["value"] = self.series(place, channel), time_s, value
        row["flag"], row["score"] = flag, np.nan
        self.store.write(Batch(readings=row))

    def judge(self, place: str, channel: str, start_s: int, values: NDArray[np.float64]) -> int:
        """Put readings of these values, one a minute, in place of all others, with the flags that the gateway gives; the series."""
        number = self.series(place, channel)
        known = np.array([series_row(load_quantities()[channel], [(0, PERIOD_S)], {})])
        columns = Columns(np.zeros(len(values), np.int64), start_s + PERIOD_S * np.arange(len(values)), values)
        step = advance(fresh(1), known, columns)
        self.store.delete(number, 0, 1 << 40)
        for rows in (step.readings, step.m1, step.h1):
            rows["series"] = number
        self.store.write(Batch(readings=step.readings, m1=step.m1, h1=step.h1))
        return number


def condensed(rows: NDArray[np.void], width: int) -> NDArray[np.void]:
    """Windows of readings that are all good."""
    starts = rows["time_s"] // width * width
    first = np.flatnonzero(np.r_[True, np.diff(starts) != 0])
    made = np.zeros(len(first), WINDOW)
    made["series"], made["start_s"], made["flag"] = rows["series"][0], starts[first], GOOD
    made["count"] = made["seen"] = np.diff(np.r_[first, len(rows)])
    made["sum"] = np.add.reduceat(rows["value"], first)
    made["min"], made["max"] = np.minimum.reduceat(rows["value"], first), np.maximum.reduceat(rows["value"], first)
    made["value"], made["expected"] = made["sum"] / made["count"], width / PERIOD_S
    made["completeness"] = np.minimum(1, made["count"] / made["expected"])
    return made


def build(path: Path) -> City:
    """The city: see each place's comment for what of it is public."""
    city = City(path)
    add, stage = city.add_place, city.registry.set_stage
    rennes = city.registry.add_pilot("rennes", "Rennes, essai", attribution="Ville de Rennes", demo=True).id
    brest = city.registry.add_pilot("brest", "Brest", licence="odbl-1.0", attribution="=Brest, services").id
    secret = city.registry.add_pilot("secret", "secret pilot", attribution="secret").id
    for pilot, name, lat, lon in [
        (rennes, "Quai ouest", 48.1120, -1.6900),  # public from the beginning; its first hour is generated
        (
            rennes,
            "Parc",
            48.1140,
            -1.6650,
        ),  # public, hidden after two hours, public again after four and a half minutes
        (rennes, "secret court", 48.1100, -1.6800),  # never public
        (rennes, "Toit", 48.1080, -1.6600),  # public for three hours, then its device was moved and another tried there
        (rennes, "Gare", 48.1030, -1.6720),  # where that device was moved
        (brest, "Port", 48.3810, -4.4860),  # another pilot, another licence
        (secret, "secret harbour", 48.4, -4.5),
    ]:
        add(pilot, name, lat, lon)
    city.add_device("air-1", rennes, "Quai ouest", "temperature pm2_5 indoor.temperature")
    city.add_device("noise-1", rennes, "Parc", "noise_level")
    city.add_device("secret-1", rennes, "secret court", "temperature")
    city.add_device("wind-1", rennes, "Toit", "wind_direction wind_speed")
    city.add_device("rain-1", brest, "Port", "rain")
    city.add_device("secret-2", secret, "secret harbour", "temperature")
    for device in ("air-1", "noise-1", "wind-1", "rain-1"):
        stage(device, "public", at_s=BEGAN_S)
    stage("noise-1", "essai", at_s=BEGAN_S + 2 * HOUR_S)
    stage("noise-1", "public", at_s=BEGAN_S + 4 * HOUR_S + 270)
    moved_s = BEGAN_S + 3 * HOUR_S
    city.registry.move("wind-1", city.places["Gare"].id, at_s=moved_s)
    city.add_device("secret-3", rennes, "Toit", "wind_direction wind_speed", at_s=moved_s)
    city.registry.set_generated_until(city.series("Quai ouest", "temperature"), BEGAN_S + HOUR_S)
    fill(city, moved_s)
    return city


def fill(city: City, moved_s: int) -> None:
    """Readings of all series: what is not public is HIDDEN."""
    whole = (BEGAN_S, NOW_S)
    city.fill("Quai ouest", "temperature", lambda t: round(10 + (t - BEGAN_S) / HOUR_S, 2))
    city.fill("Quai ouest", "pm2_5", lambda t: float(t // 60 % 7))
    city.fill("Quai ouest", "indoor.temperature", lambda _: 19.5)
    city.fill("Parc", "noise_level", lambda t: 50.0 + t // 60 % 10, (BEGAN_S, BEGAN_S + 4 * HOUR_S + 270))
    city.fill("secret court", "temperature", lambda _: 0.0, whole)
    city.fill("Toit", "wind_direction", lambda t: float((350 + t // 60) % 360), (moved_s, NOW_S))
    city.fill("Toit", "wind_speed", lambda _: 3.25, (moved_s, NOW_S))
    city.fill("Gare", "wind_direction", lambda _: 90.0, (BEGAN_S, moved_s))
    city.fill("Gare", "wind_speed", lambda _: 4.5, (BEGAN_S, moved_s))
    city.fill("Port", "rain", lambda t: round((t - BEGAN_S) / HOUR_S, 1))
    city.fill("secret harbour", "temperature", lambda _: 0.0, whole)
    last_s = NOW_S - PERIOD_S
    city.flag("Quai ouest", "temperature", last_s, SUSPECT, 45.5)
    city.flag("Quai ouest", "temperature", last_s - 60, FAIL, 99.0)
    city.flag("Quai ouest", "temperature", last_s - 120, MISSING, np.nan)
    city.flag("Quai ouest", "pm2_5", last_s, NOT_EVALUATED, 3.0)
    city.flag("Gare", "wind_speed", last_s, FAIL, 80.0)


class Asker:
    """A client of an application in the same process: errors come as answers, as over a network."""

    def __init__(self, app: Any) -> None:
        self._runner = asyncio.Runner()
        self._app = app
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://girouette.test")

    def __call__(self, path: str, method: str = "GET", **more: Any) -> httpx.Response:
        """One request; redirects are not followed."""
        return self._runner.run(self._client.request(method, path, **more))

    def json(self, path: str, **more: Any) -> Any:
        """The JSON of an answer that must be 200."""
        told = self(path, **more)
        assert told.status_code == 200, told.text
        return told.json()

    def close(self) -> None:
        """Let go of the application and its reader thread."""
        self._runner.run(self._client.aclose())
        if hasattr(self._app, "router"):
            self._runner.run(self._stop())
        self._runner.close()

    async def _stop(self) -> None:
        async with self._app.router.lifespan_context(self._app):
            pass


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """The city that nobody changes."""
    with contextlib.closing(build(tmp_path_factory.mktemp("city") / "city.sqlite")) as made:
        yield made


@pytest.fixture
def own_city(tmp_path: Path) -> Iterator[City]:
    """A city of the test's own, to be changed."""
    with contextlib.closing(build(tmp_path / "city.sqlite")) as made:
        yield made


@pytest.fixture
def asker() -> Iterator[Callable[[Any], Asker]]:
    """A function that gives a client for an application."""
    with contextlib.ExitStack() as open_ones:
        yield lambda app: open_ones.enter_context(contextlib.closing(Asker(app)))


@pytest.fixture
def ask(city: City, asker: Callable[[Any], Asker]) -> Asker:
    """A client of the city's public side."""
    return asker(city.app())
