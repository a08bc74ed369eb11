"""A board becomes a device: its place, its image, and the same identity again where it did not take it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from deploy.flashing.enrolling import Enrolling, unfinished
from deploy.flashing.faults import FlashError
from deploy.flashing.wish import Who, Wish
from deploy.workshop.reach import Reach
from devices.recipe import load_recipes
from gateway.registry import Registry, RegistryRefusal

CLIMATE, NOISE = Who(("climate",), None, keeps=False), Who(("noise",), None, keeps=False)
HERE = Wish(place="48.11,-1.68", place_name="Atelier")
MAC, OTHER = "24:0a:c4:1f:67:7d", "24:0a:c4:1f:67:7e"


@pytest.fixture
def enrolling(tmp_path: Path) -> Iterator[Enrolling]:
    """A fresh registry, and a broker somewhere."""
    with closing(Registry(f"sqlite:{tmp_path / 'girouette.sqlite'}")) as registry:
        home = {"ssid": "maison", "password": "un-mot-de-passe"}
        yield Enrolling(registry, load_recipes(), Reach("10.0.0.2", 1883), [home], "https://air.example")


def places(enrolling: Enrolling) -> list[str]:
    """The names of the places that there are."""
    return [place.name for place in enrolling.registry.places()]


def test_a_board_that_did_not_take_its_identity_takes_it_at_the_next_try(enrolling: Enrolling) -> None:
    """The same name under other secrets, so that no dead device is left; once it has it, the next enrolment is another."""
    first = enrolling.enrol(MAC, CLIMATE, HERE)
    second = enrolling.enrol(MAC, CLIMATE, HERE)

    assert (first.id, second.id) == ("climate-1", "climate-1")
    assert first.password != second.password
    assert first.update_key != second.update_key
    assert [d.groups for d in enrolling.registry.devices()] == [(unfinished(MAC),)]

    enrolling.finished("climate-1", MAC)
    enrolling.finished("climate-1", MAC)

    assert [d.groups for d in enrolling.registry.devices()] == [()]
    assert enrolling.enrol(MAC, CLIMATE, HERE).id == "climate-2"


def test_another_board_does_not_take_what_one_has_left(enrolling: Enrolling) -> None:
    """Nor does the same board, as another recipe."""
    enrolling.enrol(MAC, CLIMATE, HERE)

    assert enrolling.enrol(OTHER, CLIMATE, HERE).id == "climate-2"
    assert enrolling.enrol(MAC, NOISE, HERE).id == "noise-1"


def test_boards_of_one_recipe_each_get_a_place_at_the_same_point(enrolling: Enrolling) -> None:
    """One series has one device; another recipe fits beside the first. Only the first time the point has to be said."""
    for number, who in enumerate((CLIMATE, CLIMATE, NOISE, CLIMATE)):
        enrolling.enrol(f"{number}", who, HERE if number == 0 else Wish())

    assert places(enrolling) == ["Atelier", "Atelier 2", "Atelier 3"]
    assert len({(place.lat, place.lon) for place in enrolling.registry.places()}) == 1
    at = {i.device_id: i.place_id for i in enrolling.registry.installations()}
    assert at == {"climate-1": 1, "climate-2": 2, "noise-1": 1, "climate-3": 3}


def test_a_place_that_is_meant_by_its_number_is_that_one(enrolling: Enrolling) -> None:
    """If another device fills it already, the registry says so, and nothing is enrolled."""
    enrolling.enrol(MAC, CLIMATE, HERE)

    with pytest.raises(RegistryRefusal):
        enrolling.enrol(OTHER, CLIMATE, Wish(place="1"))

    assert [d.id for d in enrolling.registry.devices()] == ["climate-1"]


def test_where_nothing_is_known_the_place_is_a_question(enrolling: Enrolling) -> None:
    """The sentence says how it is told, once; no pilot and no device is left of the try."""
    with pytest.raises(FlashError, match="--place"):
        enrolling.enrol(MAC, CLIMATE, Wish())

    assert enrolling.registry.devices() == []
    assert enrolling.registry.pilots() == []


def test_a_named_device_gets_fresh_secrets_on_its_new_board(enrolling: Enrolling) -> None:
    """The old board's open nothing any more; name, place and link stay."""
    first = enrolling.enrol(MAC, CLIMATE, HERE)
    enrolling.finished(first.id, MAC)

    again = enrolling.enrol(OTHER, Who(("climate",), "climate-1", keeps=False), Wish())

    assert (again.id, again.link, again.place_id) == (first.id, first.link, first.place_id)
    assert again.password != first.password


def test_the_image_has_what_the_board_must_know_and_its_files_no_secret(enrolling: Enrolling) -> None:
    """Broker, page and networks are settings; the files are the same for every board of a recipe."""
    made = enrolling.enrol(MAC, CLIMATE, Wish(**{**wish_of(HERE), "period_s": 30, "groups": ("cours",)}))

    image = enrolling.image(("climate",), "c3", Wish(period_s=30), made)
    empty = enrolling.image(("climate",), "c3", Wish())

    assert image.told["broker"] == {"host": "10.0.0.2", "port": 1883, "user": made.user, "password": made.password}
    assert image.told["page"] == f"https://air.example/d/{made.link}"
    assert image.told["period_s"] == 30
    assert [network["ssid"] for network in image.told["wifi"]] == ["maison"]
    assert dict(empty.files) == dict(image.files)
    assert dict(empty.settings) == {}
    assert not [path for path, content in image.files.items() if made.password.encode() in content]
    assert "cours" in enrolling.registry.identities.device(made.id).groups


def wish_of(wish: Wish) -> dict[str, object]:
    """The fields of a wish."""
    return {name: getattr(wish, name) for name in Wish.__slots__}
