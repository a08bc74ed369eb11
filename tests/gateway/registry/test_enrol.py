"""Newcomers become devices: names and secrets of their own, told once, whoever asks and however many at a time."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable
from typing import Any

import pytest

from devices.reading import topic_of
from devices.recipe import load_recipes
from gateway.registry import Registry, RegistryRefusal, RegistryUnknown
from gateway.registry.enrol import (
    Newcomer,
    enrol,
    first_moment,
    free_name,
    fresh_secrets,
    page_of,
    renew_secrets,
)
from gateway.registry.passwords import hash_password

AIR = (load_recipes()["air"],)


def newcomer(town: Any, **more: Any) -> Newcomer:
    """A device of the recipe `air` at the town hall."""
    return Newcomer(
        **{"recipes": AIR, "pilot_id": town.pilot.id, "place_id": town.hall.id, "period_s": 60, "at_s": 1000, **more}
    )


def opens(kept: str, password: str) -> bool:
    """Is this the hash of the password?"""
    return hash_password(password, base64.b64decode(kept.split("$")[3])) == kept


def test_a_newcomer_is_told_all_that_a_board_needs(town: Any) -> None:
    """Its name, its topic, secrets of its own and its page; the registry keeps what it promises, and no password."""
    made = enrol(town.registry, newcomer(town, groups=["ecole", "atelier"], expires_s=5000))
    (row,) = town.registry.devices()

    assert (made.id, made.topic, made.user, made.place_id) == ("air-1", topic_of("air-1"), "air-1", town.hall.id)
    assert opens(row.password_hash, made.password)
    assert (row.update_key, row.link, row.expires_s) == (made.update_key, made.link, 5000)
    assert row.groups == ("atelier", "ecole")
    assert made.page("https://air.example/") == f"https://air.example/d/{made.link}"


def test_secrets_are_long_enough_and_stay_out_of_logs(town: Any) -> None:
    """256 bits of password and key, 128 of link; what a log or a traceback shows of them is nothing."""
    made = enrol(town.registry, newcomer(town))

    assert (len(made.password), len(made.update_key), len(made.link)) == (43, 64, 22)
    assert not any(secret in repr(made) for secret in (made.password, made.update_key, made.link))


def test_chance_comes_from_outside() -> None:
    """The same random bytes give the same secrets: nothing else is in them."""
    assert fresh_secrets(bytes) == ("A" * 43, "0" * 64)


@pytest.mark.slow
def test_of_many_at_once_no_name_and_no_secret_is_given_twice(town: Any, opened: Callable[..., Registry]) -> None:
    """Four processes enrol five each, every one by its own connection."""
    made: list[Any] = []

    def work(registry: Registry) -> None:
        made.extend(enrol(registry, newcomer(town, place_id=None)) for _ in range(5))

    threads = [threading.Thread(target=work, args=(opened(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {m.id for m in made} == {f"air-{n}" for n in range(1, 21)}
    for secret in ("password", "update_key", "link"):
        assert len({getattr(m, secret) for m in made}) == 20
    assert len({row.password_hash.split("$")[3] for row in town.registry.devices()}) == 20, "each has a salt of its own"


def test_a_refused_newcomer_leaves_nothing(town: Any) -> None:
    """Neither a device nor a group, whatever it was refused for; a name stays free."""
    for wrong in (
        {"groups": ["ok", "Not a group"]},
        {"id": "Air 1"},
        {"id": "gateway-0"},
        {"place_id": 99},
        {"period_s": 0},
    ):
        with pytest.raises((RegistryRefusal, RegistryUnknown)):
            enrol(town.registry, newcomer(town, **wrong))

    assert town.registry.devices() == []
    assert enrol(town.registry, newcomer(town)).id == "air-1"


def test_who_has_no_place_is_in_stock(town: Any) -> None:
    """It is registered and fills no series, until it is moved to a place."""
    enrol(town.registry, newcomer(town, place_id=None))
    assert (town.registry.installations(), town.registry.series()) == ([], [])

    town.registry.move("air-1", town.hall.id, at_s=2000)

    assert [(i.device_id, i.start_s) for i in town.registry.installations()] == [("air-1", 2000)]


def test_a_board_that_is_flashed_anew_has_fresh_secrets(town: Any) -> None:
    """The same device, place and link; the password and the key from before open nothing."""
    first = enrol(town.registry, newcomer(town))
    second = renew_secrets(town.registry, "air-1")
    (row,) = town.registry.devices()

    assert (second.id, second.place_id, second.link) == (first.id, first.place_id, first.link)
    assert opens(row.password_hash, second.password)
    assert not opens(row.password_hash, first.password)
    assert row.update_key == second.update_key != first.update_key


def test_who_is_gone_gets_no_secrets(town: Any) -> None:
    """Neither a stranger, nor a revoked device, nor a retired one."""
    for name in ("lost", "old"):
        enrol(town.registry, newcomer(town, id=name, place_id=None))
    town.registry.identities.revoke("lost", at_s=2000)
    town.registry.retire("old", at_s=2000)

    for name in ("stranger", "lost", "old"):
        with pytest.raises((RegistryRefusal, RegistryUnknown)):
            renew_secrets(town.registry, name)


def test_names_count_up_and_are_never_given_twice(town: Any) -> None:
    """A retired device's name is taken, too."""
    enrol(town.registry, newcomer(town))
    town.registry.retire("air-1", at_s=2000)

    assert free_name(town.registry, None, AIR) == "air-2"
    assert free_name(town.registry, None, [load_recipes()["water-level"]]) == "water-level-1"
    with pytest.raises(RegistryRefusal, match="never given twice"):
        free_name(town.registry, "air-1", AIR)


def test_the_first_moment_is_after_who_was_there(town: Any) -> None:
    """What a newcomer measured before does not count where another device stood then."""
    enrol(town.registry, newcomer(town))
    town.registry.retire("air-1", at_s=2000)

    assert first_moment(town.registry, town.hall.id, 1500) == 2000
    assert first_moment(town.registry, town.hall.id, 2500) == 2500
    assert first_moment(town.registry, town.school.id, -5) == 0


def test_the_address_of_a_page_is_its_path_where_no_public_address_is_known() -> None:
    """Whoever prints it says so."""
    assert page_of("x", "") == "/d/x"
