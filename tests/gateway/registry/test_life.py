"""The life of a device, and what the public may see of each moment of it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import pytest

from gateway.registry import STAGES, Installation, RegistryRefusal, RegistryUnknown
from gateway.registry.database import sqlite_path


def spans(town: Any, channel: str = "temperature", place: Any = None) -> list[tuple[int, int | None]]:
    """What the public may see of a channel."""
    return town.registry.public_spans(town.number(channel, place=place))


def test_a_new_device_is_seen_by_nobody(town: Any) -> None:
    """In `atelier` and `essai` nothing is public."""
    town.add("air-1")

    assert spans(town) == []
    town.registry.set_stage("air-1", "essai", at_s=2000)
    assert spans(town) == []


def test_public_opens_and_leaving_closes_and_hides(town: Any) -> None:
    """A public device is seen from that moment on; once it leaves `public` that interval is gone, and the next one is new."""
    town.add("air-1")

    town.registry.set_stage("air-1", "public", at_s=2000)
    assert spans(town) == spans(town, "pm2_5") == [(2000, None)]
    town.registry.set_stage("air-1", "loaned", at_s=3000)
    assert spans(town) == []
    town.registry.set_stage("air-1", "public", at_s=4000)
    assert spans(town) == [(4000, None)]


@pytest.mark.parametrize("stage", ["atelier", "essai", "loaned"])
def test_every_way_out_of_public_hides(town: Any, stage: str) -> None:
    """Whichever living stage follows, the interval is closed and hidden."""
    town.add("air-1")
    town.registry.set_stage("air-1", "public", at_s=2000)

    town.registry.set_stage("air-1", stage, at_s=3000)

    assert spans(town) == []


def test_public_is_cut_to_the_installation(town: Any) -> None:
    """A device that is said to be public since before it was installed shows nothing of that time."""
    town.add("air-1", at_s=1000)

    town.registry.set_stage("air-1", "public", at_s=500)

    assert spans(town) == [(1000, None)]


def test_what_was_hidden_can_be_opened_again_by_its_date(town: Any) -> None:
    """An operator who says that a device is public since an earlier day shows that time again, once."""
    town.add("air-1")
    town.registry.set_stage("air-1", "public", at_s=2000)
    town.registry.set_stage("air-1", "essai", at_s=3000)

    town.registry.set_stage("air-1", "public", at_s=2000)

    assert spans(town) == [(2000, None)]


def test_a_move_leaves_the_past_where_it_was_measured(town: Any) -> None:
    """A moved device goes on at the new place; both intervals stay public, each at its own place."""
    town.add("air-1")
    town.registry.set_stage("air-1", "public", at_s=2000)

    town.registry.move("air-1", town.school.id, at_s=3000)

    assert town.registry.installations() == [
        Installation(1, "air-1", town.hall.id, 1000, 3000),
        Installation(2, "air-1", town.school.id, 3000, None),
    ]
    assert spans(town) == [(2000, 3000)]
    assert spans(town, place=town.school) == [(3000, None)]
    town.registry.set_stage("air-1", "essai", at_s=4000)
    assert spans(town) == [(2000, 3000)]
    assert spans(town, place=town.school) == []


def test_a_replaced_device_continues_the_series(town: Any) -> None:
    """The series outlives the board: its successor fills the same numbers, and each shows its own time."""
    town.add("air-1")
    town.registry.set_stage("air-1", "public", at_s=2000)
    before = [s.id for s in town.registry.series()]

    town.registry.retire("air-1", at_s=3000)
    town.add("air-2", at_s=3500)
    town.registry.set_stage("air-2", "public", at_s=4000)

    assert [s.id for s in town.registry.series()] == before
    assert spans(town) == [(2000, 3000), (4000, None)]


def test_devices_that_share_a_place_open_their_own_channels(town: Any) -> None:
    """A public device opens no channel of its neighbour."""
    town.add("air-1")
    town.add("noise-1", channels=[("noise", "noise", {})])

    town.registry.set_stage("noise-1", "public", at_s=2000)

    assert spans(town, "noise") == [(2000, None)]
    assert spans(town) == []


def test_one_series_is_filled_by_one_device(town: Any) -> None:
    """A second living device with a channel that the place has already is refused, by adding and by moving."""
    town.add("air-1")
    with pytest.raises(RegistryRefusal, match="girouette device stage air-1 retired"):
        town.add("air-2")
    town.add("air-2", place=town.school)
    with pytest.raises(RegistryRefusal, match="air-1 measures temperature at Mairie already"):
        town.registry.move("air-2", town.hall.id, at_s=2000)

    assert [i.end_s for i in town.registry.installations()] == [None, None]


def test_a_channel_keeps_its_quantity(town: Any) -> None:
    """A successor that calls something else by the name of a series is refused."""
    town.add("air-1")
    town.registry.retire("air-1", at_s=2000)

    with pytest.raises(RegistryRefusal, match="name its channel otherwise"):
        town.add("odd-1", channels=[("temperature", "humidity", {})], at_s=3000)


def test_retired_is_for_ever(town: Any) -> None:
    """A retired device stays as a tombstone: neither its stage, its place nor its name come back."""
    town.add("air-1")
    town.registry.retire("air-1", at_s=2000)

    assert [(d.id, d.stage) for d in town.registry.devices()] == [("air-1", "retired")]
    for again in (
        lambda: town.registry.set_stage("air-1", "public", at_s=3000),
        lambda: town.registry.move("air-1", town.school.id, at_s=3000),
        lambda: town.registry.set_period("air-1", 10, at_s=3000),
    ):
        with pytest.raises(RegistryRefusal, match="for ever"):
            again()
    with pytest.raises(RegistryRefusal, match="names are never given twice"):
        town.add("air-1", at_s=3000)


def test_numbers_are_never_given_twice(town: Any) -> None:
    """Even where rows were taken out by hand, a new series gets a number that nobody ever had."""
    path = sqlite_path(town.url)
    if path is None:
        return
    town.add("air-1")
    last = max(s.id for s in town.registry.series())
    with closing(sqlite3.connect(path)) as file:
        file.execute("DELETE FROM registry_period")
        file.execute("DELETE FROM registry_series")
        file.commit()

    town.add("noise-1", channels=[("noise", "noise", {})])

    assert town.number("noise") == last + 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("Air 1", "use 1 to 32"), ("a" * 33, "use 1 to 32"), ("", "use 1 to 32"), ("a/b", "use 1 to 32")],
)
def test_a_device_has_a_name_that_topics_can_hold(town: Any, name: str, sentence: str) -> None:
    """Names are what the wire allows."""
    with pytest.raises(RegistryRefusal, match=sentence):
        town.add(name)


@pytest.mark.parametrize("channels", [[], [("t", "t", {}), ("t", "t", {})], [(f"c{n}", "q", {}) for n in range(65)]])
def test_a_device_has_one_to_sixty_four_channels(town: Any, channels: list[tuple[str, str, dict[str, float]]]) -> None:
    """No channel, too many, or two of one name are refused."""
    with pytest.raises(RegistryRefusal, match="1 to 64 channels"):
        town.add("air-1", channels=channels)


def test_what_is_not_there_is_told(town: Any) -> None:
    """Unknown pilots, devices and stages are refused with where to look."""
    town.add("air-1")
    with pytest.raises(RegistryUnknown, match="girouette device list"):
        town.registry.set_stage("air-2", "public", at_s=0)
    with pytest.raises(RegistryRefusal, match=", ".join(STAGES)):
        town.registry.set_stage("air-1", "published", at_s=0)
    with pytest.raises(RegistryUnknown, match="no pilot 9"):
        town.registry.add_device(
            "b", pilot_id=9, recipe="air", channels=[("t", "t", {})], period_s=1, place_id=1, at_s=0, password_hash="x"
        )


def test_a_device_goes_to_another_place_of_its_own_pilot(town: Any) -> None:
    """Neither the place where it stands nor one of another pilot will do, nor a time before it came."""
    town.add("air-1")
    other = town.registry.add_pilot("nantes", "Nantes")
    elsewhere = town.registry.add_place(other.id, "Château", lat=47.2, lon=-1.5)
    with pytest.raises(RegistryRefusal, match="choose another place"):
        town.registry.move("air-1", town.hall.id, at_s=2000)
    with pytest.raises(RegistryRefusal, match="another pilot"):
        town.registry.move("air-1", elsewhere.id, at_s=2000)
    with pytest.raises(RegistryRefusal, match="choose a later time"):
        town.registry.move("air-1", town.school.id, at_s=500)


def test_another_board_goes_on_with_the_series_of_the_old_one(town: Any) -> None:
    """The same numbers, thresholds and public page without a gap; stage and groups come along; the old one is in stock."""
    town.add("air-1")
    town.add("air-2", place=town.school, period_s=30)
    town.registry.identities.join(["air-1"], "ecole")
    town.registry.set_stage("air-1", "public", at_s=2000)
    town.registry.set_quality(town.number(), {"fail_high": 40})

    town.registry.replace("air-1", "air-2", at_s=3000)

    old, new = town.registry.devices()
    assert (old.stage, new.stage, new.groups) == ("atelier", "public", ("ecole",))
    assert spans(town) == [(2000, None)]
    assert town.registry.periods(town.number()) == ((0, 60.0), (3000, 30.0))
    assert town.registry.series()[0].quality["fail_high"] == 40
    stays = [(i.device_id, i.place_id, i.start_s, i.end_s) for i in town.registry.installations()]
    assert stays == [
        ("air-1", town.hall.id, 1000, 3000),
        ("air-2", town.school.id, 1000, 3000),
        ("air-2", town.hall.id, 3000, None),
    ]
    town.registry.move("air-1", town.school.id, at_s=4000)
    assert town.registry.identities.last_place("air-1") == town.school.id, "who is in stock can stand somewhere again"


def test_a_revoked_device_is_replaced_and_stays_revoked(town: Any) -> None:
    """Its place is what is handed over."""
    town.add("air-1")
    town.add("air-2", place=town.school)
    town.registry.identities.revoke("air-1", at_s=2000)

    town.registry.replace("air-1", "air-2", at_s=3000)

    assert town.registry.identities.device("air-1").revoked_s == 2000
    assert town.registry.identities.last_place("air-2") == town.hall.id


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("air-1", "dry", "temperature, pm2_5 would be missing"),
        ("air-1", "odd", "does not measure all that air-1 does: pm2_5 would"),
        ("air-1", "air-1", "cannot replace itself"),
        ("stock", "air-1", "stands nowhere"),
        ("air-1", "lost", "is revoked"),
        ("air-1", "gone", "for ever"),
        ("gone", "air-1", "for ever"),
        ("air-1", "abroad", "another pilot"),
    ],
)
def test_what_cannot_go_on_is_refused_and_nothing_changes(town: Any, old: str, new: str, sentence: str) -> None:
    """Which channels are missing, or who may not; both stand where they stood."""
    other = town.registry.add_pilot("brest", "Brest")
    channels = {
        "dry": (("humidity", "humidity", {}),),
        "odd": (("temperature", "temperature", {}), ("pm2_5", "pm10", {})),
    }
    town.add("air-1")
    for name in ("dry", "odd", "stock", "lost", "gone", "abroad"):
        town.registry.add_device(
            name, pilot_id=other.id if name == "abroad" else town.pilot.id, recipe="air", period_s=60, place_id=None, at_s=1000,
            channels=channels.get(name, (("temperature", "temperature", {}), ("pm2_5", "pm2_5", {}))), password_hash="",
        )  # fmt: skip
    town.registry.identities.revoke("lost", at_s=1500)
    town.registry.retire("gone", at_s=1500)
    before = (town.registry.devices(), town.registry.installations())

    with pytest.raises(RegistryRefusal, match=sentence):
        town.registry.replace(old, new, at_s=3000)

    assert (town.registry.devices(), town.registry.installations()) == before
