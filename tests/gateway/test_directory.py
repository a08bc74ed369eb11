"""The directory says what the registry says, to the second, and follows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.quantity import load_quantities
from gateway.directory import Directory
from gateway.numerics.params import AGGREGATES
from gateway.registry import Registry

AIR = (("temperature", "temperature", {"fail_high": 50.0}), ("wind", "wind_direction", {}))


@dataclass
class Town:
    """A registry with two places of one pilot."""

    registry: Registry
    pilot: int
    hall: int
    school: int

    def add(
        self, device: str, *, place: int, at_s: int, channels: tuple[tuple[str, str, dict[str, float]], ...] = AIR
    ) -> None:
        """Register a device."""
        self.registry.add_device(
            device, pilot_id=self.pilot, recipe="air", channels=channels, period_s=60, place_id=place, at_s=at_s,
            password_hash="",
        )  # fmt: skip

    def series(self, place: int, channel: str = "temperature") -> int:
        """The number of a series."""
        return next(s.id for s in self.registry.series() if (s.place_id, s.channel) == (place, channel))

    def directory(self) -> Directory:
        """A directory of this registry."""
        return Directory(self.registry, load_quantities())


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """Two places and no device."""
    registry = Registry(f"sqlite:{tmp_path / 'girouette.sqlite'}")
    pilot = registry.add_pilot("rennes", "Rennes")
    hall, school = (registry.add_place(pilot.id, name, lat=48.11, lon=-1.68) for name in ("Mairie", "École"))
    yield Town(registry, pilot.id, hall.id, school.id)
    registry.close()


def filled(directory: Directory, device: str, time_s: int, channel: str = "temperature") -> int | None:
    """The series that a device fills at a time."""
    found = next(known for known in directory.topics.values() if known.device == device)
    return found.channels[channel].series_at(time_s)


def test_a_reading_finds_the_series_of_the_place_where_it_was_measured(town: Town) -> None:
    """A device that was moved fills the first place's series until that second, and the second place's from then on."""
    town.add("air-1", place=town.hall, at_s=1000)
    town.registry.move("air-1", town.school, at_s=2000)
    directory = town.directory()

    assert filled(directory, "air-1", 1999) == town.series(town.hall)
    assert filled(directory, "air-1", 2000) == town.series(town.school)
    assert filled(directory, "air-1", 1 << 40) == town.series(town.school)


def test_what_was_measured_before_the_first_installation_belongs_there(town: Town) -> None:
    """A board that ran before somebody registered it fills its first place, but not before the device that stood there."""
    town.add("old", place=town.hall, at_s=500)
    town.registry.retire("old", at_s=900)
    town.add("new", place=town.hall, at_s=1000)
    directory = town.directory()

    assert filled(directory, "old", 10) == town.series(town.hall)
    assert filled(directory, "old", 900) is None
    assert filled(directory, "new", 900) == town.series(town.hall)
    assert filled(directory, "new", 899) is None


def test_it_reads_the_registry_again_only_when_that_changed(town: Town) -> None:
    """A refresh without a change is False; after one it is True, and positions of devices stay what they were."""
    town.add("b", place=town.hall, at_s=1000)
    directory = town.directory()
    assert not directory.refresh()

    town.add("a", place=town.school, at_s=1000)
    town.registry.retire("b", at_s=2000)

    assert directory.refresh()
    assert directory.devices == ["b", "a"]
    assert [directory.number(name) for name in ("b", "a", "c")] == [0, 1, None]
    assert directory.shard("b") == "f9"
    assert sorted(directory.topics) == ["gir/1/43/a/obs", "gir/1/f9/b/obs"]


def test_a_quantity_that_the_catalogue_lacks_costs_its_channel(town: Town) -> None:
    """A device of a recipe whose quantities are not loaded goes on with its other channels, and the lack is told."""
    town.add("x", place=town.hall, at_s=1000, channels=(("smell", "smell", {}), ("temperature", "temperature", {})))
    directory = town.directory()

    (known,) = directory.topics.values()
    assert set(known.channels) == {"temperature"}
    assert directory.strange == {"smell"}
    assert directory.params(town.series(town.hall, "smell"))["aggregate"] == AGGREGATES.index("mean")


def test_thresholds_are_the_quantitys_the_recipes_and_the_series_own(town: Town) -> None:
    """The table has a record a series id: the quantity's thresholds, overridden by the recipe's, then by its own."""
    town.add("air-1", place=town.hall, at_s=1000)
    number = town.series(town.hall)
    directory = town.directory()
    quantity = load_quantities()["temperature"].quality
    before = directory.table()[number]
    assert (before["fail_low"], before["fail_high"]) == (quantity["fail_low"], 50.0)

    town.registry.set_quality(number, {"fail_high": 40.0})
    directory.refresh()

    assert directory.table()[number]["fail_high"] == 40.0
    assert directory.params(number) == directory.table()[number]
    wind = directory.table()[town.series(town.hall, "wind")]
    assert AGGREGATES[wind["aggregate"]] == "circular"
    with pytest.raises(KeyError):
        directory.params(99)


def test_expected_periods_are_dated(town: Town) -> None:
    """A period that changed holds from its second on, and the one before it until then."""
    town.add("air-1", place=town.hall, at_s=1000)
    town.registry.set_period("air-1", 10, at_s=5000)

    row = town.directory().params(town.series(town.hall))

    assert (row["since_s"], row["hz"], row["hz_before"]) == (5000, 1 / 10, 1 / 60)


def test_who_is_locked_out_is_no_device_to_speak_for(town: Town) -> None:
    """A revoked device's topic is nobody's from the next refresh on, and its own again after it was undone; why is known."""
    town.add("air-1", place=town.hall, at_s=1000)
    directory = town.directory()
    town.registry.identities.revoke("air-1", at_s=2000)
    assert directory.refresh()

    assert (directory.topics, directory.barred) == ({}, {"air-1": "revoked"})
    assert directory.number("air-1") == 0, "its account in the ledger stays its own"

    town.registry.identities.restore("air-1")
    assert directory.refresh()
    assert filled(directory, "air-1", 1500) == town.series(town.hall)
    assert directory.barred == {}


def test_an_identity_made_in_advance_waits_to_be_heard(town: Town) -> None:
    """In time it may speak, and that is written down; afterwards nobody who was not heard may."""
    town.add("used", place=town.hall, at_s=1000)
    town.add("unused", place=town.school, at_s=1000)
    for name in ("used", "unused"):
        town.registry.identities.set_expiry(name, 2000)
    directory = town.directory()
    used, unused = directory.waiting
    assert directory.topics == {}

    assert directory.welcome(used, 1999.9)
    assert not directory.welcome(unused, 2000)
    assert directory.welcome(used, 2001), "once heard, it stays, though the registry does not know it yet"
    assert list(directory.topics) == [used]

    directory.note_welcomed()
    assert town.registry.identities.expire(at_s=2000) == ["unused"]
    directory.refresh()
    assert (list(directory.topics), directory.waiting) == ([used], {})
    assert directory.barred == {"unused": "expired"}


def test_a_refresh_forgets_nobody_who_was_heard(town: Town) -> None:
    """Where another change of the registry comes before it was written down who was heard."""
    town.add("used", place=town.hall, at_s=1000)
    town.registry.identities.set_expiry("used", 2000)
    directory = town.directory()
    (topic,) = directory.waiting
    assert directory.welcome(topic, 1999)

    town.add("other", place=town.school, at_s=1000)
    directory.refresh()

    assert directory.welcome(topic, 3000)


def test_who_was_revoked_before_it_ended_is_revoked(town: Town) -> None:
    """Somebody said so: that is the reason which people read."""
    town.add("air-1", place=town.hall, at_s=1000)
    town.registry.identities.set_expiry("air-1", 2000)
    town.registry.identities.revoke("air-1", at_s=1500)

    assert town.directory().barred == {"air-1": "revoked"}
