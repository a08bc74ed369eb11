"""The life of a device: registered, installed, moved, shown to the public, retired; every change is dated."""

from __future__ import annotations

import re
import secrets
import zlib
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, Row, insert, or_, select, update

from gateway.registry.passwords import is_service
from gateway.registry.rows import STAGES, RegistryRefusal, RegistryUnknown
from gateway.registry.series import continue_series, quality_of
from gateway.registry.tables import CHANNEL, DEVICE, INSTALLATION, OPENING, PILOT, PLACE, STAGE

Channels = Sequence[tuple[str, str, Mapping[str, float]]]
"""Channel, quantity, thresholds that differ from the quantity's."""
Found = Row[tuple[object, ...]]
NAME = re.compile(r"[a-z0-9-]{1,32}")
MOST_CHANNELS = 64
LINK_BYTES = 16
"""128 random bits: nobody guesses a link."""
PUBLIC, RETIRED = "public", "retired"


def register(
    connection: Connection, name: str, *, pilot_id: int, recipe: str, channels: Channels, period_s: float,
    password_hash: str, at_s: int,
) -> Found:  # fmt: skip
    """The row of a new device, in the first stage and not installed yet."""
    _check_new(connection, name, pilot_id, channels)
    connection.execute(
        insert(DEVICE).values(
            id=name, pilot_id=pilot_id, shard=f"{zlib.crc32(name.encode()) & 0xFF:02x}", recipe=recipe,
            period_s=positive(period_s), stage=STAGES[0], user=name, password_hash=password_hash, added_s=at_s,
            link=fresh_link(),
        )
    )  # fmt: skip
    for channel, quantity, quality in channels:
        values = {"channel": channel, "quantity": quantity, "quality": quality_of(quality)}
        connection.execute(insert(CHANNEL).values(device_id=name, **values))
    connection.execute(insert(STAGE).values(device_id=name, at_s=at_s, stage=STAGES[0]))
    return device_row(connection, name)


def install(connection: Connection, device: Found, place_id: int, *, at_s: int) -> None:
    """From at_s on the device fills the series of this place: those that are there are continued, others begin."""
    place = connection.execute(select(PLACE).where(PLACE.c.id == place_id)).first()
    if place is None:
        raise RegistryUnknown("no_place", place=place_id)
    if place.pilot_id != device.pilot_id:
        raise RegistryRefusal("other_pilot", place=place_id, device=device.id)
    channels = connection.execute(select(CHANNEL).where(CHANNEL.c.device_id == device.id).order_by(CHANNEL.c.id)).all()
    _refuse_taken(connection, place, {row.channel for row in channels}, at_s)
    made = connection.execute(
        insert(INSTALLATION).values(device_id=device.id, place_id=place_id, start_s=at_s).returning(INSTALLATION.c.id)
    ).scalar_one()
    for channel in channels:
        continue_series(connection, place_id, channel, period_s=device.period_s, at_s=at_s)
    if device.stage == PUBLIC:
        connection.execute(insert(OPENING).values(installation_id=made, start_s=at_s, hidden=False))


def move(connection: Connection, name: str, place_id: int, *, at_s: int) -> None:
    """From at_s on the device measures at another place; what it measured before stays where it was, as public as it was."""
    device = living(connection, name)
    for here in _installed(connection, name):
        if here.place_id == place_id:
            raise RegistryRefusal("stands_there", device=name, place=place_id)
    _take_away(connection, name, at_s)
    install(connection, device, place_id, at_s=at_s)


def replace(connection: Connection, old: str, new: str, *, at_s: int) -> None:
    """From at_s on the new device fills what the old one filled, at its place, in its stage and its groups; the old one is in stock.

    What the old one measured before at_s is its own, and is taken in whenever it comes. Refused where the new one lacks a
    channel, or measures another quantity by it.
    """
    if old == new:
        raise RegistryRefusal("same_device", device=old)
    before, after = living(connection, old), living(connection, new)
    here = _installed(connection, old)
    if not here:
        raise RegistryRefusal("stands_nowhere", device=old)
    if after.revoked_s is not None:
        raise RegistryRefusal("revoked", name=new)
    _refuse_other_channels(connection, old, new)
    _take_away(connection, old, at_s)
    _take_away(connection, new, at_s)
    for stay in here:
        install(connection, after, stay.place_id, at_s=at_s)
    if after.stage != before.stage:
        set_stage(connection, new, before.stage, at_s=at_s)
    if before.stage != STAGES[0]:
        set_stage(connection, old, STAGES[0], at_s=at_s)


def set_stage(connection: Connection, name: str, stage: str, *, at_s: int) -> None:
    """From at_s on the device is in this stage.

    Becoming public opens its installations from at_s on, past ones included where at_s lies in them. Leaving public closes
    and hides what was open where it stands. Retiring takes it away first, so that what was public stays so.
    """
    if stage not in STAGES:
        raise RegistryRefusal("no_stage", stage=stage, choices=", ".join(STAGES))
    device = living(connection, name)
    if stage == RETIRED:
        _take_away(connection, name, at_s)
    elif stage == PUBLIC:
        _open(connection, name, at_s)
    elif device.stage == PUBLIC:
        _close(connection, name, at_s, hidden=True)
    connection.execute(update(DEVICE).where(DEVICE.c.id == name).values(stage=stage))
    connection.execute(insert(STAGE).values(device_id=name, at_s=at_s, stage=stage))


def fresh_link() -> str:
    """What an unguessable address ends with."""
    return secrets.token_urlsafe(LINK_BYTES)


def device_row(connection: Connection, name: str) -> Found:
    """The row of a device. Raises RegistryUnknown."""
    row = connection.execute(select(DEVICE).where(DEVICE.c.id == name)).first()
    if row is None:
        raise RegistryUnknown("no_device", name=name)
    return row


def living(connection: Connection, name: str) -> Found:
    """The row of a device that is not retired."""
    row = device_row(connection, name)
    if row.stage == RETIRED:
        raise RegistryRefusal("retired", name=name)
    return row


def positive(period_s: float) -> float:
    """A period that can be expected."""
    if not 0 < period_s < 1e7:
        raise RegistryRefusal("bad_period", period_s=period_s)
    return float(period_s)


def _check_new(connection: Connection, name: str, pilot_id: int, channels: Channels) -> None:
    if not NAME.fullmatch(name):
        raise RegistryRefusal("bad_name", name=name)
    if is_service(name):
        raise RegistryRefusal("service_name", name=name)
    if connection.execute(select(DEVICE.c.id).where(DEVICE.c.id == name)).first() is not None:
        raise RegistryRefusal("name_taken", name=name)
    if connection.execute(select(PILOT.c.id).where(PILOT.c.id == pilot_id)).first() is None:
        raise RegistryUnknown("no_pilot", pilot=pilot_id)
    names = [channel for channel, _, _ in channels]
    if not 0 < len(names) <= MOST_CHANNELS or len(set(names)) < len(names):
        raise RegistryRefusal("bad_channels", name=name, most=MOST_CHANNELS, channels=names)


def _refuse_taken(connection: Connection, place: Found, channels: set[str], at_s: int) -> None:
    """Two devices cannot fill one series at the same time."""
    query = (
        select(INSTALLATION.c.device_id, CHANNEL.c.channel)
        .join(CHANNEL, CHANNEL.c.device_id == INSTALLATION.c.device_id)
        .where(INSTALLATION.c.place_id == place.id, CHANNEL.c.channel.in_(channels))
        .where(or_(INSTALLATION.c.end_s.is_(None), INSTALLATION.c.end_s > at_s))
    )
    taken = connection.execute(query.order_by(CHANNEL.c.id)).first()
    if taken is not None:
        raise RegistryRefusal("channel_taken", device=taken.device_id, channel=taken.channel, place=place.name)


def _refuse_other_channels(connection: Connection, old: str, new: str) -> None:
    """The series go on: what filled them is measured by the new device too, under the same names."""
    both = connection.execute(select(CHANNEL).where(CHANNEL.c.device_id.in_((old, new))).order_by(CHANNEL.c.id)).all()
    fills = {(row.channel, row.quantity) for row in both if row.device_id == new}
    missing = [row.channel for row in both if row.device_id == old and (row.channel, row.quantity) not in fills]
    if missing:
        raise RegistryRefusal("channels_differ", old=old, new=new, channels=", ".join(missing))


def _installed(connection: Connection, name: str) -> Sequence[Found]:
    return connection.execute(
        select(INSTALLATION).where(INSTALLATION.c.device_id == name, INSTALLATION.c.end_s.is_(None))
    ).all()


def _take_away(connection: Connection, name: str, at_s: int) -> None:
    """End where the device stands now; what was public there until then stays public."""
    _close(connection, name, at_s, hidden=False)
    for here in _installed(connection, name):
        if at_s < here.start_s:
            raise RegistryRefusal("came_later", device=name, place=here.place_id, start_s=here.start_s)
        connection.execute(update(INSTALLATION).where(INSTALLATION.c.id == here.id).values(end_s=at_s))


def _open(connection: Connection, name: str, at_s: int) -> None:
    all_of_it = select(INSTALLATION).where(INSTALLATION.c.device_id == name)
    for there in connection.execute(
        all_of_it.where(or_(INSTALLATION.c.end_s.is_(None), INSTALLATION.c.end_s > at_s))
    ).all():
        values = {"start_s": max(at_s, there.start_s), "end_s": there.end_s, "hidden": False}
        connection.execute(insert(OPENING).values(installation_id=there.id, **values))


def _close(connection: Connection, name: str, at_s: int, *, hidden: bool) -> None:
    here = [row.id for row in _installed(connection, name)]
    of_it = (OPENING.c.installation_id.in_(here), OPENING.c.end_s.is_(None))
    connection.execute(update(OPENING).where(*of_it).values(end_s=at_s, hidden=hidden))
