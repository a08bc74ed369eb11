"""New versions of devices: the numbers of orders, what became of each, and what devices were heard to run."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, insert, select, update

from gateway.registry.life import living
from gateway.registry.rows import Update
from gateway.registry.tables import DEVICE, UPDATE

KEPT = "kept"


def updates(connection: Connection) -> list[Update]:
    """All of them, in the order in which they ended."""
    return [Update(*row) for row in connection.execute(select(UPDATE).order_by(UPDATE.c.id))]


def next_serial(connection: Connection, name: str, *, at_s: int) -> int:
    """A number above that of every order before; it follows the clock, so that a registry from a backup gives new ones too."""
    device = living(connection, name)
    serial = max(int(device.update_serial) + 1, at_s)
    connection.execute(update(DEVICE).where(DEVICE.c.id == name).values(update_serial=serial))
    return serial


def note_update(connection: Connection, name: str, version: str, end: str, why: str, *, at_s: int) -> None:
    """Write down what became of a version."""
    living(connection, name)
    connection.execute(insert(UPDATE).values(device_id=name, at_s=at_s, version=version, end=end, why=why))
    if end == KEPT:
        note_firmware(connection, {name: version})


def note_firmware(connection: Connection, heard: Mapping[str, str]) -> None:
    """Write down what devices run; those that are not registered are left out."""
    for name, version in heard.items():
        connection.execute(update(DEVICE).where(DEVICE.c.id == name).values(firmware=version))


def set_key(connection: Connection, name: str, key: str) -> None:
    """Give the device another key."""
    living(connection, name)
    connection.execute(update(DEVICE).where(DEVICE.c.id == name).values(update_key=key))
