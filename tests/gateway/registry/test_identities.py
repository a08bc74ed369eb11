"""Devices one by one: their links, their groups, how they are locked out, and when an unused identity ends."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from gateway.registry import Registry, RegistryRefusal, RegistryUnknown

GOLDEN = Path(__file__).parent.parent / "golden"


def test_a_link_opens_its_device_and_no_other(town: Any) -> None:
    """Every device has one of its own; a part of it, another's and nothing open nothing."""
    town.add("air-1")
    town.add("air-2", place=town.school)
    one, other = town.registry.devices()

    assert len(one.link) == len(other.link) == 22
    assert one.link != other.link
    assert town.registry.identities.by_link(one.link) == one
    assert [town.registry.identities.by_link(wrong) for wrong in ("", one.link[:-1], one.link.swapcase())] == [None] * 3


def test_a_device_stands_at_its_newest_place(town: Any) -> None:
    """Also after it was taken away from there; one that never stood anywhere has none."""
    town.add("air-1")
    town.registry.move("air-1", town.school.id, at_s=2000)
    assert town.registry.identities.last_place("air-1") == town.school.id

    town.registry.retire("air-1", at_s=3000)
    assert town.registry.identities.last_place("air-1") == town.school.id
    assert town.registry.identities.last_place("stranger") is None


def test_a_renewed_link_shuts_the_old_one(town: Any) -> None:
    """Labels from before open nothing."""
    old = town.add("air-1").link
    new = town.registry.identities.renew_link("air-1").link

    assert new != old
    assert town.registry.identities.by_link(old) is None
    assert town.registry.identities.by_link(new).id == "air-1"


def test_devices_from_before_have_links_of_their_own(tmp_path: Path) -> None:
    """A registry of the version before links opens with one for each device, none expiring, none revoked, in no group."""
    file = tmp_path / "old.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.executescript((GOLDEN / "registry-0003.sql").read_text())

    with contextlib.closing(Registry(f"sqlite:{file}")) as registry:
        one, other = registry.devices()
        assert len(one.link) == len(other.link) == 22
        assert one.link != other.link
        assert {(d.expires_s, d.revoked_s, d.groups) for d in (one, other)} == {(None, None, ())}
        assert registry.identities.by_link(other.link) == other


def test_a_registry_of_this_version_keeps_what_it_knew(tmp_path: Path) -> None:
    """Links, groups, ends and locks as the published version wrote them."""
    file = tmp_path / "old.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as db:
        db.executescript((GOLDEN / "registry-0004.sql").read_text())

    with contextlib.closing(Registry(f"sqlite:{file}")) as registry:
        one, other = registry.devices()
        assert (one.link, one.revoked_s, one.groups) == ("link-of-air-1", 1_700_350_000, ("ecole",))
        assert (other.expires_s, other.groups) == (1_700_500_000, ("atelier-2026", "ecole"))


def test_a_device_is_in_any_number_of_groups(town: Any) -> None:
    """Joining twice is joining once; leaving one leaves the others."""
    known = town.registry.identities
    town.add("air-1")
    town.add("air-2", place=town.school)
    known.join(["air-1", "air-2"], "ecole")
    known.join(["air-1"], "ecole")
    known.join(["air-1"], "b")

    assert [d.groups for d in town.registry.devices()] == [("b", "ecole"), ("ecole",)]
    known.leave(["air-1"], "ecole")
    assert [d.groups for d in town.registry.devices()] == [("b",), ("ecole",)]
    assert known.device("air-1").groups == ("b",)


def test_groups_are_refused_with_what_to_do(town: Any) -> None:
    """A bad name, a stranger, and leaving where one never was; then nobody has joined or left."""
    town.add("air-1")
    known = town.registry.identities
    for what in (
        lambda: known.join(["air-1"], "École"),
        lambda: known.join(["air-1", "stranger"], "ecole"),
        lambda: known.leave(["air-1"], "ecole"),
    ):
        with pytest.raises((RegistryRefusal, RegistryUnknown)):
            what()

    assert known.device("air-1").groups == ()


def test_a_revoked_device_has_no_secrets_and_keeps_its_place(town: Any) -> None:
    """Its password and its key are forgotten, so that undoing it lets nobody in who has them."""
    town.add("air-1")
    town.registry.set_update_key("air-1", "00ff")
    town.registry.identities.revoke("air-1", at_s=2000)
    (row,) = town.registry.devices()

    assert (row.revoked_s, row.password_hash, row.update_key, row.stage) == (2000, "", "", "atelier")
    assert town.registry.installations()[0].end_s is None
    with pytest.raises(RegistryRefusal, match="revoked already"):
        town.registry.identities.revoke("air-1", at_s=2001)
    with pytest.raises(RegistryRefusal, match="--undo"):
        town.registry.identities.set_password("air-1", "hash")

    assert town.registry.identities.restore("air-1").password_hash == ""
    assert town.registry.identities.set_password("air-1", "hash").password_hash == "hash"
    with pytest.raises(RegistryRefusal, match="nothing to undo"):
        town.registry.identities.restore("air-1")


def test_an_identity_that_was_not_heard_in_time_ends(town: Any) -> None:
    """It is retired and locked out, its name stays its own; one that was heard lasts, one whose time has not come waits."""
    for name, place, expires_s in (("late", town.hall, 2000), ("heard", town.school, 2000)):
        town.add(name, place=place)
        town.registry.identities.set_expiry(name, expires_s)
    town.registry.identities.heard(["heard", "stranger"])

    assert town.registry.identities.expire(at_s=1999) == []
    before = town.registry.revision()
    assert town.registry.identities.expire(at_s=2000) == ["late"]
    assert town.registry.revision() > before
    late, heard = town.registry.devices()
    assert (late.stage, late.revoked_s, late.password_hash) == ("retired", 2000, "")
    assert (heard.stage, heard.expires_s, heard.revoked_s) == ("atelier", None, None)

    after = town.registry.revision()
    assert town.registry.identities.expire(at_s=9999) == []
    assert town.registry.revision() == after, "nothing to end changes nothing"


def test_who_is_retired_gets_no_link_and_no_end(town: Any) -> None:
    """What is over stays as it was."""
    town.add("air-1")
    town.registry.retire("air-1", at_s=2000)

    for change in (
        lambda: town.registry.identities.renew_link("air-1"),
        lambda: town.registry.identities.set_expiry("air-1", 1),
    ):
        with pytest.raises(RegistryRefusal, match="for ever"):
            change()
