"""Who a device is on the broker and by its link, in which groups it is, and how it is locked out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from sqlalchemy import Connection, delete, insert, select, update

from gateway.registry import catalogue, life
from gateway.registry.database import Database
from gateway.registry.rows import Device, RegistryRefusal, RegistryUnknown
from gateway.registry.tables import DEVICE, GROUP, INSTALLATION

GROUP_NAME = re.compile(r"[a-z0-9-]{1,32}")
LATE_S = 15
"""The gateway writes down within a second whom it has heard in time; only then is ended who was not."""
NO_SECRETS = {"password_hash": "", "update_key": ""}


class Identities:
    """The part of the registry that knows devices one by one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def device(self, name: str) -> Device:
        """The device of this name. Raises RegistryUnknown."""
        with self._database.reading() as connection:
            life.device_row(connection, name)
            return catalogue.device(connection, name)

    def by_link(self, link: str) -> Device | None:
        """The device that this link opens; one look into an index."""
        with self._database.reading() as connection:
            name = connection.execute(select(DEVICE.c.id).where(DEVICE.c.link == link)).scalar() if link else None
            return None if name is None else catalogue.device(connection, name)

    def last_place(self, name: str) -> int | None:
        """The place where the device stands, or stood last; None where it never stood anywhere."""
        stays = select(INSTALLATION.c.place_id).where(INSTALLATION.c.device_id == name)
        newest = stays.order_by(INSTALLATION.c.start_s.desc(), INSTALLATION.c.id.desc()).limit(1)
        with self._database.reading() as connection:
            return connection.execute(newest).scalar()

    def renew_link(self, name: str) -> Device:
        """The device under a new link: the old one opens nothing any more."""
        with self._database.writing() as connection:
            life.living(connection, name)
            return _changed(connection, name, link=life.fresh_link())

    def set_password(self, name: str, password_hash: str) -> Device:
        """The device comes in by this password alone. Raises RegistryRefusal for one that is locked out."""
        with self._database.writing() as connection:
            if life.living(connection, name).revoked_s is not None:
                raise RegistryRefusal("revoked", name=name)
            return _changed(connection, name, password_hash=password_hash)

    def set_expiry(self, name: str, expires_s: int | None) -> Device:
        """The device is retired at this time unless it is heard before; None: never."""
        with self._database.writing() as connection:
            life.living(connection, name)
            return _changed(connection, name, expires_s=expires_s)

    def heard(self, names: Collection[str]) -> None:
        """These devices were heard in time: they expire no more."""
        with self._database.writing() as connection:
            connection.execute(update(DEVICE).where(DEVICE.c.id.in_(names)).values(expires_s=None))

    def expire(self, *, at_s: int) -> list[str]:
        """Retire and lock out the devices that were to be heard by now and were not; which ones. None: nothing has changed."""
        with self._database.reading() as connection:
            if not _overdue(connection, at_s):
                return []
        with self._database.writing() as connection:
            names = _overdue(connection, at_s)
            for name in names:
                life.set_stage(connection, name, life.RETIRED, at_s=at_s)
                _changed(connection, name, revoked_s=at_s, **NO_SECRETS)
            return names

    def revoke(self, name: str, *, at_s: int) -> Device:
        """The device is locked out and its secrets are forgotten; where it stands and what it sent stay."""
        with self._database.writing() as connection:
            if life.device_row(connection, name).revoked_s is not None:
                raise RegistryRefusal("revoked_already", name=name)
            return _changed(connection, name, revoked_s=at_s, **NO_SECRETS)

    def restore(self, name: str) -> Device:
        """The device may come in again, once it has been given new secrets."""
        with self._database.writing() as connection:
            if life.living(connection, name).revoked_s is None:
                raise RegistryRefusal("not_revoked", name=name)
            return _changed(connection, name, revoked_s=None)

    def join(self, names: Iterable[str], group: str) -> None:
        """These devices are in the group."""
        if not GROUP_NAME.fullmatch(group):
            raise RegistryRefusal("bad_group", group=group)
        with self._database.writing() as connection:
            for name in names:
                life.device_row(connection, name)
                at = {"device_id": name, "name": group}
                if connection.execute(select(GROUP.c.id).filter_by(**at)).first() is None:
                    connection.execute(insert(GROUP).values(**at))

    def leave(self, names: Iterable[str], group: str) -> None:
        """These devices are in the group no more. Raises RegistryUnknown for one that was not."""
        with self._database.writing() as connection:
            for name in names:
                life.device_row(connection, name)
                row = (GROUP.c.device_id == name, GROUP.c.name == group)
                if connection.execute(delete(GROUP).where(*row)).rowcount == 0:
                    raise RegistryUnknown("not_in_group", name=name, group=group)


def _overdue(connection: Connection, at_s: int) -> list[str]:
    late = (DEVICE.c.expires_s <= at_s, DEVICE.c.stage != life.RETIRED)
    return list(connection.execute(select(DEVICE.c.id).where(*late).order_by(DEVICE.c.number)).scalars())


def _changed(connection: Connection, name: str, **values: str | int | None) -> Device:
    connection.execute(update(DEVICE).where(DEVICE.c.id == name).values(**values))
    return catalogue.device(connection, name)
