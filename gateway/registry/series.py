"""Series: one channel of one place, its thresholds, and what is expected of it from when on."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sqlalchemy import Connection, Row, insert, select, update

from gateway.numerics.params import THRESHOLDS
from gateway.registry.rows import RegistryRefusal, RegistryUnknown
from gateway.registry.tables import CHANNEL, DEVICE, INSTALLATION, PERIOD, SERIES


def continue_series(
    connection: Connection, place_id: int, channel: Row[tuple[object, ...]], *, period_s: float, at_s: int
) -> None:
    """The series of this channel at this place is there and expects the device's period from at_s on."""
    here = (SERIES.c.place_id == place_id, SERIES.c.channel == channel.channel)
    found = connection.execute(select(SERIES).where(*here)).first()
    if found is None:
        values = {"quantity": channel.quantity, "recipe_quality": channel.quality, "own_quality": {}}
        new = insert(SERIES).values(place_id=place_id, channel=channel.channel, **values).returning(SERIES.c.id)
        expect(connection, connection.execute(new).scalar_one(), period_s, from_s=0)
        return
    if found.quantity != channel.quantity:
        raise RegistryRefusal(
            "other_quantity", channel=channel.channel, place=place_id, kept=found.quantity, measured=channel.quantity
        )
    connection.execute(update(SERIES).where(*here).values(recipe_quality=channel.quality))
    expect(connection, found.id, period_s, from_s=at_s)


def expect(connection: Connection, series_id: int, period_s: float, *, from_s: int) -> None:
    """From from_s on, until the next dated period, the series is expected to have a reading every period_s."""
    dated = connection.execute(select(PERIOD).where(PERIOD.c.series_id == series_id).order_by(PERIOD.c.from_s)).all()
    before = [row.period_s for row in dated if row.from_s <= from_s]
    if before and before[-1] == period_s:
        return
    at = (PERIOD.c.series_id == series_id, PERIOD.c.from_s == from_s)
    if connection.execute(update(PERIOD).where(*at).values(period_s=period_s)).rowcount == 0:
        connection.execute(insert(PERIOD).values(series_id=series_id, from_s=from_s, period_s=period_s))


def set_period(connection: Connection, device: str, period_s: float, *, at_s: int) -> None:
    """The device sends every period_s from at_s on, and the series that it fills now expect it."""
    connection.execute(update(DEVICE).where(DEVICE.c.id == device).values(period_s=period_s))
    filled = (
        select(SERIES.c.id)
        .join(INSTALLATION, INSTALLATION.c.place_id == SERIES.c.place_id)
        .join(CHANNEL, (CHANNEL.c.device_id == INSTALLATION.c.device_id) & (CHANNEL.c.channel == SERIES.c.channel))
        .where(INSTALLATION.c.device_id == device, INSTALLATION.c.end_s.is_(None))
    )
    for number in connection.execute(filled).scalars().all():
        expect(connection, number, period_s, from_s=at_s)


def set_quality(connection: Connection, series_id: int, quality: Mapping[str, float]) -> None:
    """These are the series' own thresholds, above those of the recipe."""
    _change(connection, series_id, own_quality=quality_of(quality))


def set_generated_until(connection: Connection, series_id: int, until_s: int | None) -> None:
    """Readings of the series before until_s were generated."""
    _change(connection, series_id, generated_until_s=until_s)


def quality_of(quality: Mapping[str, float]) -> dict[str, float]:
    """The thresholds as they are kept. Raises RegistryRefusal for a name or a number that is none.

    >>> quality_of({"fail_high": 60})
    {'fail_high': 60.0}
    """
    for name, value in quality.items():
        if name not in THRESHOLDS:
            raise RegistryRefusal("no_threshold", name=name, choices=", ".join(THRESHOLDS))
        if not math.isfinite(value):
            raise RegistryRefusal("bad_threshold", name=name, value=value)
    return {name: float(value) for name, value in quality.items()}


def _change(connection: Connection, series_id: int, **values: object) -> None:
    if connection.execute(update(SERIES).where(SERIES.c.id == series_id).values(**values)).rowcount == 0:
        raise RegistryUnknown("no_series", series=series_id)
