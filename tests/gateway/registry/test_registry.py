"""The registry as other rooms use it: what is put in comes out, and what does not fit is refused with a sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from gateway.registry import Installation, Registry, RegistryRefusal, RegistryUnknown


def test_a_device_brings_its_installation_and_series(town: Any) -> None:
    """One call registers a device in `atelier`, installs it, and numbers the series that it will fill."""
    device = town.add("air-1")

    assert (device.stage, device.shard, device.user, device.period_s) == ("atelier", "82", "air-1", 60.0)
    assert town.registry.devices() == [device]
    assert town.registry.installations() == [Installation(1, "air-1", town.hall.id, 1000, None)]
    assert town.registry.channels() == {"air-1": (("temperature", "temperature"), ("pm2_5", "pm2_5"))}
    first, second = town.registry.series()
    assert (first.channel, first.period_s, first.quality) == ("temperature", 60.0, {"fail_high": 60.0})
    assert (second.channel, second.quality, second.generated_until_s) == ("pm2_5", {}, None)


def test_what_is_written_is_read_by_another_process(town: Any, opened: Callable[..., Registry]) -> None:
    """A second registry on the same database reads the same values, and its revision moves with ours."""
    other = opened()
    before = other.revision()

    town.add("air-1")

    assert other.revision() > before
    assert other.devices() == town.registry.devices()
    assert (other.pilots(), other.places()) == (town.registry.pilots(), town.registry.places())


def test_reading_does_not_move_the_revision(town: Any) -> None:
    """The revision stands while nothing changes."""
    before = town.registry.revision()

    town.registry.series(), town.registry.devices(), town.registry.public_spans(1)

    assert town.registry.revision() == before


def test_a_refused_change_changes_nothing(town: Any) -> None:
    """A change that is refused half-way leaves no row and the revision where it was."""
    before = town.registry.revision()

    with pytest.raises(RegistryUnknown, match="girouette place add"):
        town.registry.add_device(
            "air-1", pilot_id=town.pilot.id, recipe="air", channels=[("temperature", "temperature", {})], period_s=60,
            place_id=99, at_s=0, password_hash="x",
        )  # fmt: skip

    assert (town.registry.devices(), town.registry.revision()) == ([], before)


def test_writers_take_turns(town: Any, opened: Callable[..., Registry]) -> None:
    """Eight writers at once all get through, and each change moves the revision by one."""
    before = town.registry.revision()
    registries = [opened() for _ in range(8)]
    threads = [
        threading.Thread(target=lambda r=r, n=n: r.add_place(town.pilot.id, f"place {n}", lat=48, lon=-1))
        for n, r in enumerate(registries)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(town.registry.places()) == 10
    assert town.registry.revision() == before + 8


def test_a_place_opens_by_its_key_alone(town: Any) -> None:
    """The preview link of a place cannot be guessed, opens that place only, and can be renewed."""
    key = town.hall.key

    assert len(key) >= 20
    assert key != town.school.key
    assert town.registry.place_by_key(key) == town.hall
    assert town.registry.place_by_key("") is None
    renewed = town.registry.renew_key(town.hall.id)
    assert town.registry.place_by_key(key) is None
    assert town.registry.place_by_key(renewed.key) == renewed
    with pytest.raises(RegistryUnknown, match="no place 99"):
        town.registry.renew_key(99)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"slug": "Rennes!"}, "use 1 to 32 of a-z"),
        ({"slug": "rennes"}, "choose another short name"),
        ({"slug": "nantes", "timezone": "Europe/Rennes"}, "like Europe/Paris"),
    ],
)
def test_a_pilot_that_does_not_fit_is_refused(town: Any, asked: dict[str, str], sentence: str) -> None:
    """A bad or taken short name and an unknown time zone are refused with what to do."""
    with pytest.raises(RegistryRefusal, match=sentence):
        town.registry.add_pilot(**asked, name="Ville")


@pytest.mark.parametrize("where", [(91, 0), (0, 181), (float("nan"), 0), (0, float("inf"))])
def test_a_place_is_on_earth(town: Any, where: tuple[float, float]) -> None:
    """Coordinates that are nowhere are refused."""
    with pytest.raises(RegistryRefusal, match="give latitude, longitude"):
        town.registry.add_place(town.pilot.id, "nowhere", lat=where[0], lon=where[1])


def test_a_place_needs_its_pilot(town: Any) -> None:
    """A place of an unknown pilot is refused."""
    with pytest.raises(RegistryUnknown, match="girouette pilot add"):
        town.registry.add_place(99, "Mairie", lat=48, lon=-1)


def test_changes_together_are_one_change(town: Any, opened: Callable[..., Registry]) -> None:
    """Others see all of them or none; the revision moves once; what raises undoes them all."""
    other, before = opened(), town.registry.revision()
    with town.registry.together():
        place = town.registry.add_place(town.pilot.id, "Quay", lat=48.1, lon=-1.7)
        town.registry.add_place(town.pilot.id, "Park", lat=48.2, lon=-1.7)
        assert place in town.registry.places()
        assert place not in other.places()

    after = town.registry.revision()
    assert (after, place in other.places()) == (before + 1, True)

    with pytest.raises(RegistryRefusal), town.registry.together():  # noqa: PT012 - the second one raises
        town.registry.add_place(town.pilot.id, "Bridge", lat=48.1, lon=-1.7)
        town.registry.add_place(town.pilot.id, "Nowhere", lat=99, lon=0)
    assert (town.registry.revision(), other.places()) == (after, town.registry.places())
    assert "Bridge" not in {p.name for p in other.places()}


def test_a_part_of_a_change_fails_by_itself(town: Any) -> None:
    """What it changed is undone, what came before and after it stays; where the whole fails nothing stays."""

    def half(name: str) -> None:
        with town.registry.attempt():
            park = town.registry.add_place(town.pilot.id, "Half made", lat=48, lon=2)
            town.add(name, place=park)

    def whole(*names: str) -> None:
        with town.registry.together():
            for name in names:
                half(name)

    with town.registry.together():
        town.add("first")
        with pytest.raises(RegistryRefusal):
            half("first")
        town.add("second", place=town.school)
    assert [d.id for d in town.registry.devices()] == ["first", "second"]

    with pytest.raises(RegistryRefusal):
        whole("third", "first")
    assert [p.name for p in town.registry.places()] == ["Mairie", "École"]
