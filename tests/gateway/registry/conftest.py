"""A registry with one pilot and two places, in a file; and on PostgreSQL where GIROUETTE_TEST_POSTGRES_URL names a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from gateway.registry import Device, Pilot, Place, Registry

POSTGRES = os.environ.get("GIROUETTE_TEST_POSTGRES_URL")
AIR = (("temperature", "temperature", {"fail_high": 60.0}), ("pm2_5", "pm2_5", {}))


@dataclass
class Town:
    """A pilot, two places, and the registry that knows them."""

    registry: Registry
    url: str
    pilot: Pilot
    hall: Place
    school: Place

    def add(
        self,
        name: str,
        *,
        place: Place | None = None,
        at_s: int = 1000,
        channels: Sequence[tuple[str, str, Mapping[str, float]]] = AIR,
        period_s: float = 60,
    ) -> Device:
        """Register a device of the recipe `air`, at the town hall unless said otherwise."""
        return self.registry.add_device(
            name,
            pilot_id=self.pilot.id,
            recipe="air",
            channels=channels,
            period_s=period_s,
            place_id=(place or self.hall).id,
            at_s=at_s,
            password_hash="$7$101$c2FsdA==$aGFzaA==",
        )

    def number(self, channel: str = "temperature", *, place: Place | None = None) -> int:
        """The number of the series of a channel."""
        where = (place or self.hall).id
        return next(s.id for s in self.registry.series() if (s.place_id, s.channel) == (where, channel))


@pytest.fixture(params=["sqlite", *(["postgresql"] if POSTGRES else [])])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a registry that is empty."""
    if request.param == "sqlite":
        return f"sqlite:{tmp_path / 'girouette.sqlite'}"
    engine = create_engine(POSTGRES)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    return POSTGRES


@pytest.fixture
def opened(url: str) -> Iterator[Callable[..., Registry]]:
    """Opens the registry as often as asked, and closes them all."""
    registries: list[Registry] = []

    def open_one(**how: bool) -> Registry:
        registries.append(Registry(url, **how))
        return registries[-1]

    yield open_one
    for registry in registries:
        registry.close()


@pytest.fixture
def town(opened: Callable[..., Registry], url: str) -> Town:
    """A pilot with two places and no device."""
    registry = opened()
    pilot = registry.add_pilot("rennes", "Rennes")
    hall = registry.add_place(pilot.id, "Mairie", lat=48.11, lon=-1.68)
    return Town(registry, url, pilot, hall, registry.add_place(pilot.id, "École", lat=48.12, lon=-1.66))
