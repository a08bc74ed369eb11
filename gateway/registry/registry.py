"""The registry: pilots, places, devices, installations and series, read and changed through one object."""

from __future__ import annotations

import contextlib
import math
import re
import secrets
import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from sqlalchemy import Connection, insert, select, update

from gateway.registry import calibrations, catalogue, life, series, updates
from gateway.registry.calibrations import Wanted
from gateway.registry.database import Database
from gateway.registry.identities import Identities
from gateway.registry.rows import (
    Calibration,
    Device,
    Installation,
    Pilot,
    Place,
    RegistryRefusal,
    RegistryUnknown,
    Series,
    Update,
)
from gateway.registry.spans import Span
from gateway.registry.tables import PILOT, PLACE

T = TypeVar("T")
SLUG = re.compile(r"[a-z0-9-]{1,32}")


class Registry:
    """The relational catalogue of one installation of Girouette; any thread may use it.

    The URL is `sqlite:PATH` (the file may be the store's) or PostgreSQL's. Tables are brought up to date unless `migrate`
    is False. Raises RegistryMismatch for a schema that is not ours, RegistryAway where nothing answers.
    """

    def __init__(self, url: str, *, migrate: bool = True) -> None:
        self._database = Database(url, migrate=migrate)
        self.identities = Identities(self._database)
        """Secrets, links, groups, and who is locked out."""
        self._spans: tuple[int, Mapping[int, list[Span]]] = (-1, {})

    def close(self) -> None:
        """Let go of all connections."""
        self._database.close()

    def revision(self) -> int:
        """A number that is higher after every change, whoever made it."""
        return self._database.revision()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What this thread changes meanwhile is changed at once, or not at all where something raises."""
        with self._database.writing():
            yield
        self._spans = (-1, {})

    @contextlib.contextmanager
    def attempt(self) -> Iterator[None]:
        """Within `together`: what is changed meanwhile is undone where it raises, without harm to the rest."""
        with self._database.attempting():
            yield

    def pilots(self) -> list[Pilot]:
        """All pilots."""
        return self._read(catalogue.pilots)

    def places(self) -> list[Place]:
        """All places."""
        return self._read(catalogue.places)

    def devices(self) -> list[Device]:
        """All devices, retired ones included."""
        return self._read(catalogue.devices)

    def channels(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """What every device measures: device -> (channel, quantity), in the order of its recipe."""
        return self._read(catalogue.channels)

    def installations(self) -> list[Installation]:
        """All installations, past ones included."""
        return self._read(catalogue.installations)

    def series(self) -> list[Series]:
        """All series."""
        return self._read(catalogue.series)

    def periods(self, series_id: int) -> tuple[tuple[int, float], ...]:
        """The expected periods of a series: (from_s, period_s), oldest first."""
        return self.all_periods().get(series_id, ())

    def all_periods(self) -> Mapping[int, tuple[tuple[int, float], ...]]:
        """The expected periods of every series."""
        return self._read(catalogue.periods)

    def public_spans(self, series_id: int) -> list[Span]:
        """When the public may see the series, as disjoint [start_s, end_s), oldest first; end_s is None while it lasts."""
        revision = self.revision()
        known = self._spans
        if known[0] != revision:
            self._spans = known = (revision, self._read(catalogue.public_spans))
        return list(known[1].get(series_id, ()))

    def place_by_key(self, key: str) -> Place | None:
        """The place that an unguessable link opens."""
        return self._read(lambda connection: catalogue.place_by_key(connection, key))

    def add_pilot(
        self, slug: str, name: str, *, timezone: str = "Europe/Paris", licence: str = "etalab-2.0", attribution: str = "",
        demo: bool = False,
    ) -> Pilot:  # fmt: skip
        """A new pilot."""
        if not SLUG.fullmatch(slug):
            raise RegistryRefusal("bad_slug", slug=slug)
        if timezone not in zoneinfo.available_timezones():
            raise RegistryRefusal("no_timezone", timezone=timezone)
        values = {"slug": slug, "name": name, "timezone": timezone, "licence": licence}
        with self._database.writing() as connection:
            if connection.execute(select(PILOT.c.id).where(PILOT.c.slug == slug)).first() is not None:
                raise RegistryRefusal("pilot_taken", slug=slug)
            new = insert(PILOT).values(**values, attribution=attribution, demo=demo).returning(*PILOT.c)
            return Pilot(*connection.execute(new).one())

    def add_place(self, pilot_id: int, name: str, *, lat: float, lon: float) -> Place:
        """A new place, which opens by its key until a device there is public."""
        if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180):
            raise RegistryRefusal("nowhere", lat=lat, lon=lon)
        with self._database.writing() as connection:
            if connection.execute(select(PILOT.c.id).where(PILOT.c.id == pilot_id)).first() is None:
                raise RegistryUnknown("no_pilot", pilot=pilot_id)
            values = {"pilot_id": pilot_id, "name": name, "lat": lat, "lon": lon, "key": _key()}
            return Place(*connection.execute(insert(PLACE).values(**values).returning(*PLACE.c)).one())

    def renew_key(self, place_id: int) -> Place:
        """The place under a new key: links with the old one open nothing any more."""
        with self._database.writing() as connection:
            change = update(PLACE).where(PLACE.c.id == place_id).values(key=_key()).returning(*PLACE.c)
            row = connection.execute(change).first()
            if row is None:
                raise RegistryUnknown("unknown_place", place=place_id)
            return Place(*row)

    def add_device(
        self, device: str, *, pilot_id: int, recipe: str, channels: life.Channels, period_s: float,
        place_id: int | None, at_s: int, password_hash: str,
    ) -> Device:  # fmt: skip
        """A new device in the stage `atelier`, installed at the place from at_s on; in stock where there is no place.

        Series that the place has already are continued. Refused where another device fills one of them, and where the name
        was ever given.
        """
        with self._database.writing() as connection:
            row = life.register(
                connection, device, pilot_id=pilot_id, recipe=recipe, channels=channels, period_s=period_s,
                password_hash=password_hash, at_s=at_s,
            )  # fmt: skip
            if place_id is not None:
                life.install(connection, row, place_id, at_s=at_s)
            return catalogue.device(connection, device)

    def move(self, device: str, place_id: int, *, at_s: int) -> None:
        """From at_s on the device is at another place; what it measured stays where it was measured."""
        with self._database.writing() as connection:
            life.move(connection, device, place_id, at_s=at_s)

    def replace(self, old: str, new: str, *, at_s: int) -> None:
        """From at_s on the new device goes on with the series of the old one, which is in stock then; groups come along."""
        with self._database.writing() as connection:
            life.replace(connection, old, new, at_s=at_s)
            for group in catalogue.device(connection, old).groups:
                self.identities.join([new], group)

    def set_stage(self, device: str, stage: str, *, at_s: int) -> None:
        """From at_s on the device is in this stage; leaving `public` closes and hides what was open where it stands."""
        with self._database.writing() as connection:
            life.set_stage(connection, device, stage, at_s=at_s)

    def retire(self, device: str, *, at_s: int) -> None:
        """The device is taken away for ever; its row stays as a tombstone, and what was public stays public."""
        self.set_stage(device, life.RETIRED, at_s=at_s)

    def set_period(self, device: str, period_s: float, *, at_s: int) -> None:
        """From at_s on the device is expected to send every period_s."""
        with self._database.writing() as connection:
            life.living(connection, device)
            series.set_period(connection, device, life.positive(period_s), at_s=at_s)

    def set_quality(self, series_id: int, quality: Mapping[str, float]) -> None:
        """These are the series' own thresholds, above its recipe's; an empty mapping takes them back."""
        with self._database.writing() as connection:
            series.set_quality(connection, series_id, quality)

    def set_generated_until(self, series_id: int, until_s: int | None) -> None:
        """Readings before until_s were generated, not measured; None: all were measured."""
        with self._database.writing() as connection:
            series.set_generated_until(connection, series_id, until_s)

    def calibrations(self, *, removed: bool = False) -> list[Calibration]:
        """All corrections that hold; with `removed` those that were taken back, too."""
        return self._read(lambda connection: calibrations.calibrations(connection, removed=removed))

    def add_calibration(self, wanted: Wanted, *, at_s: int) -> Calibration:
        """The channel is corrected so, in all its past and future that the dates allow; refused where it is already."""
        with self._database.writing() as connection:
            return calibrations.add(connection, wanted, at_s=at_s)

    def remove_calibration(self, number: int, *, at_s: int) -> Calibration:
        """The correction of this number holds no more, nor ever did; its row stays for the record."""
        with self._database.writing() as connection:
            return calibrations.remove(connection, number, at_s=at_s)

    def updates(self) -> list[Update]:
        """All new versions that devices were given, with what became of them, oldest first."""
        return self._read(updates.updates)

    def next_serial(self, device: str, *, at_s: int) -> int:
        """The number of this device's next order: above all before it, those of a registry that was lost included."""
        with self._database.writing() as connection:
            return updates.next_serial(connection, device, at_s=at_s)

    def note_update(self, device: str, version: str, end: str, why: str = "", *, at_s: int) -> None:
        """This became of a version that the device was given; one that it kept is the one that it runs."""
        with self._database.writing() as connection:
            updates.note_update(connection, device, version, end, why, at_s=at_s)

    def note_firmware(self, heard: Mapping[str, str]) -> None:
        """These devices were heard to run these versions."""
        with self._database.writing() as connection:
            updates.note_firmware(connection, heard)

    def set_update_key(self, device: str, key: str) -> None:
        """The device has another key for its updates; the board must be flashed with it."""
        with self._database.writing() as connection:
            updates.set_key(connection, device, key)

    def _read(self, what: Callable[[Connection], T]) -> T:
        with self._database.reading() as connection:
            return what(connection)


def _key() -> str:
    return secrets.token_urlsafe(16)
