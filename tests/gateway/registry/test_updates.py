"""New versions of devices in the registry: numbers that only grow, what became of each, and registries made before them."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event

from gateway.registry import Registry, RegistryRefusal, RegistryUnknown
from gateway.registry.database import upgrade


def test_the_number_of_an_order_only_grows(town: Any) -> None:
    """It follows the clock, and goes on by one where the clock went back: a board takes no lower one."""
    town.add("air-1")

    assert town.registry.next_serial("air-1", at_s=1_800_000_000) == 1_800_000_000
    assert town.registry.next_serial("air-1", at_s=1_700_000_000) == 1_800_000_001
    assert town.registry.devices()[0].update_serial == 1_800_000_001


def test_what_became_of_a_version_is_kept(town: Any) -> None:
    """In order; a version that was kept is the one that the device runs, one that came back is not."""
    town.add("air-1")

    town.registry.note_update("air-1", "aaaa", "kept", at_s=10)
    town.registry.note_update("air-1", "bbbb", "back", "boots", at_s=20)

    assert [(u.device_id, u.at_s, u.version, u.end, u.why) for u in town.registry.updates()] == [
        ("air-1", 10, "aaaa", "kept", ""),
        ("air-1", 20, "bbbb", "back", "boots"),
    ]
    assert town.registry.devices()[0].firmware == "aaaa"


def test_what_devices_run_is_as_they_were_heard(town: Any) -> None:
    """A device that is not registered is left out; a key can be replaced, but not a retired device's."""
    town.add("air-1")

    town.registry.note_firmware({"air-1": "cccc", "stranger": "dddd"})
    town.registry.set_update_key("air-1", "00ff")

    assert [(d.firmware, d.update_key) for d in town.registry.devices()] == [("cccc", "00ff")]
    town.registry.retire("air-1", at_s=2000)
    with pytest.raises(RegistryRefusal):
        town.registry.set_update_key("air-1", "11")
    with pytest.raises(RegistryUnknown):
        town.registry.next_serial("stranger", at_s=1)


def test_a_registry_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """Its devices stay, without a key and with nothing heard; afterwards they can be given both."""
    file = tmp_path / "old.sqlite"
    engine = create_engine("sqlite://", creator=lambda: sqlite3.connect(file))
    event.listen(engine, "begin", lambda db: db.exec_driver_sql("BEGIN"))
    with engine.connect() as connection, connection.begin():
        upgrade(connection, "0001")
        connection.exec_driver_sql(
            "INSERT INTO registry_pilot (slug, name, timezone, licence, attribution, demo) VALUES ('t', 'T', 'UTC', 'x', '', 0)"
        )
        connection.exec_driver_sql(
            "INSERT INTO registry_device (id, pilot_id, shard, recipe, period_s, stage, user, password_hash, added_s)"
            " VALUES ('air-1', 1, '82', 'air', 60, 'atelier', 'air-1', 'h', 5)"
        )
    engine.dispose()

    with contextlib.closing(Registry(f"sqlite:{file}")) as registry:
        (device,) = registry.devices()
        assert (device.id, device.update_key, device.update_serial, device.firmware) == ("air-1", "", 0, "")
        assert registry.updates() == []
