"""Rows read from the registry's tables, as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Table, select

from gateway.registry.rows import Device, Installation, Pilot, Place, Series
from gateway.registry.spans import Span, merged, overlap
from gateway.registry.tables import CHANNEL, DEVICE, GROUP, INSTALLATION, OPENING, PERIOD, PILOT, PLACE, SERIES

Periods = tuple[tuple[int, float], ...]
_DEVICE = [column for column in DEVICE.c if column.name != "number"]


def pilots(connection: Connection) -> list[Pilot]:
    """All pilots, in the order of their numbers."""
    return [Pilot(*row) for row in _rows(connection, PILOT)]


def places(connection: Connection) -> list[Place]:
    """All places, in the order of their numbers."""
    return [Place(*row) for row in _rows(connection, PLACE)]


def place_by_key(connection: Connection, key: str) -> Place | None:
    """The place that this key opens."""
    row = connection.execute(select(PLACE).where(PLACE.c.key == key)).first()
    return None if row is None else Place(*row)


def devices(connection: Connection) -> list[Device]:
    """All devices, retired ones included, in the order in which they came."""
    of = groups(connection)
    rows = connection.execute(select(*_DEVICE).order_by(DEVICE.c.number))
    return [replace(Device(*row), groups=of.get(row.id, ())) for row in rows]


def device(connection: Connection, name: str) -> Device:
    """The device of this name, which is registered."""
    row = connection.execute(select(*_DEVICE).where(DEVICE.c.id == name)).one()
    mine = connection.execute(select(GROUP.c.name).where(GROUP.c.device_id == name).order_by(GROUP.c.name)).scalars()
    return replace(Device(*row), groups=tuple(mine))


def groups(connection: Connection) -> Mapping[str, tuple[str, ...]]:
    """The groups of every device that is in one, in the order of the alphabet."""
    found: dict[str, list[str]] = defaultdict(list)
    for row in connection.execute(select(GROUP).order_by(GROUP.c.name)):
        found[row.device_id].append(row.name)
    return {device: tuple(names) for device, names in found.items()}


def channels(connection: Connection) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """What every device measures: (channel, quantity), in the order of its recipe."""
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in connection.execute(select(CHANNEL).order_by(CHANNEL.c.id)):
        found[row.device_id].append((row.channel, row.quantity))
    return {device: tuple(measured) for device, measured in found.items()}


def installations(connection: Connection) -> list[Installation]:
    """All installations, past ones included, in the order of their numbers."""
    return [Installation(*row) for row in _rows(connection, INSTALLATION)]


def series(connection: Connection) -> list[Series]:
    """All series, in the order of their numbers."""
    dated = periods(connection)
    return [_series(row, dated[row.id]) for row in _rows(connection, SERIES)]


def periods(connection: Connection) -> Mapping[int, Periods]:
    """The expected periods of every series, each with the time from which it holds, oldest first."""
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for row in connection.execute(select(PERIOD).order_by(PERIOD.c.from_s)):
        found[row.series_id].append((row.from_s, row.period_s))
    return {series_id: tuple(dated) for series_id, dated in found.items()}


def public_spans(connection: Connection) -> Mapping[int, list[Span]]:
    """For every series that the public may see, when it may: while a device that measures it was public at its place."""
    query = (
        select(SERIES.c.id, INSTALLATION.c.start_s, INSTALLATION.c.end_s, OPENING.c.start_s, OPENING.c.end_s)
        .select_from(OPENING)
        .join(INSTALLATION, OPENING.c.installation_id == INSTALLATION.c.id)
        .join(SERIES, SERIES.c.place_id == INSTALLATION.c.place_id)
        .join(CHANNEL, (CHANNEL.c.device_id == INSTALLATION.c.device_id) & (CHANNEL.c.channel == SERIES.c.channel))
        .where(~OPENING.c.hidden)
    )
    found: dict[int, list[Span]] = defaultdict(list)
    for number, from_s, until_s, start_s, end_s in connection.execute(query):
        if (span := overlap((from_s, until_s), (start_s, end_s))) is not None:
            found[number].append(span)
    return {number: merged(spans) for number, spans in found.items()}


def _rows(connection: Connection, table: Table) -> list[Any]:
    return list(connection.execute(select(table).order_by(table.c.id)))


def _series(row: Any, dated: Periods) -> Series:
    number, place_id, channel, quantity, generated_until_s, recipe, own = row
    return Series(number, place_id, channel, quantity, dated[-1][1], generated_until_s, {**recipe, **own}, own)
