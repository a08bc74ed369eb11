"""Calibrations: how a channel of a device is corrected, from when to when; one at a time, and none is ever forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select, update

from gateway.numerics.corrections import METHODS
from gateway.registry.life import device_row
from gateway.registry.rows import Calibration, RegistryRefusal, RegistryUnknown
from gateway.registry.spans import overlap
from gateway.registry.tables import CALIBRATION, CHANNEL


@dataclass(frozen=True, slots=True)
class Wanted:
    """A correction that is not recorded yet: it holds for what the device measures in [start_s, end_s)."""

    device_id: str
    channel: str
    method: str
    numbers: Mapping[str, float]
    start_s: int = 0
    end_s: int | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)


def calibrations(connection: Connection, *, removed: bool) -> list[Calibration]:
    """Those that hold, with `removed` also those that were taken back, in the order of their numbers."""
    query = select(CALIBRATION).order_by(CALIBRATION.c.id)
    rows = connection.execute(query if removed else query.where(CALIBRATION.c.removed_s.is_(None)))
    return [Calibration(*row) for row in rows]


def add(connection: Connection, wanted: Wanted, *, at_s: int) -> Calibration:
    """Record it. Raises RegistryUnknown for a channel that no device has, RegistryRefusal where another one holds then."""
    device_row(connection, wanted.device_id)
    mine = (CHANNEL.c.device_id == wanted.device_id, CHANNEL.c.channel == wanted.channel)
    if connection.execute(select(CHANNEL.c.id).where(*mine)).first() is None:
        measured = connection.execute(select(CHANNEL.c.channel).where(mine[0]).order_by(CHANNEL.c.id)).scalars()
        raise RegistryUnknown(
            "no_channel", device=wanted.device_id, channel=wanted.channel, choices=", ".join(measured)
        )
    if wanted.end_s is not None and wanted.end_s <= wanted.start_s:
        raise RegistryRefusal("backwards")
    for other in calibrations(connection, removed=False):
        same = (other.device_id, other.channel) == (wanted.device_id, wanted.channel)
        if same and overlap((other.start_s, other.end_s), (wanted.start_s, wanted.end_s)) is not None:
            raise RegistryRefusal("calibrated", name=other.name, number=other.id)
    values = {
        "device_id": wanted.device_id, "channel": wanted.channel, "method": wanted.method,
        "version": METHODS[wanted.method].version, "start_s": wanted.start_s, "end_s": wanted.end_s,
        "numbers": dict(wanted.numbers), "evidence": dict(wanted.evidence), "added_s": at_s, "removed_s": None,
    }  # fmt: skip
    made = Calibration(*connection.execute(insert(CALIBRATION).values(values).returning(*CALIBRATION.c)).one())
    if made.version:
        return made
    return _changed(connection, made.id, version=made.id)


def remove(connection: Connection, number: int, *, at_s: int) -> Calibration:
    """Take it back. Raises RegistryUnknown where none of this number holds."""
    return _changed(connection, number, removed_s=at_s)


def _changed(connection: Connection, number: int, **values: int) -> Calibration:
    holds = (CALIBRATION.c.id == number, CALIBRATION.c.removed_s.is_(None))
    row = connection.execute(update(CALIBRATION).where(*holds).values(**values).returning(*CALIBRATION.c)).first()
    if row is None:
        raise RegistryUnknown("no_calibration", number=number)
    return Calibration(*row)
