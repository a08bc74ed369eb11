"""The first reading of a device at the gateway: what an agent waits for, and what is shown when it is there."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploy.faults import AWAY
from deploy.flashing.faults import FlashError

if TYPE_CHECKING:
    from gateway.registry import Registry
    from gateway.store.port import Reader

LOOK_S = 0.3
STORED_S = 30.0
"""A receipt means kept; the numerics bring it to the store within a second or two."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A device's readings of one moment, as they are in the store."""

    time_s: int
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where readings end up: the registry that says which series are whose, and the store that has them."""

    registry: Registry
    store: Reader


def first_reading(gateway: Gateway, device: str, *, since_s: int, within_s: float = STORED_S) -> Stored:
    """The newest readings of a device in the store, once there are some since a moment. Raises FlashError, StoreError."""
    until_s = time.monotonic() + within_s
    series = series_of(gateway.registry, device)
    while True:
        if (found := newest(gateway.store, series, since_s)) is not None:
            return found
        if time.monotonic() > until_s:
            raise FlashError("not_stored", code=AWAY, device=device, store=type(gateway.store).__name__)
        time.sleep(LOOK_S)


def series_of(registry: Registry, device: str) -> dict[int, str]:
    """The series that a device fills where it stands now, with their channels; none where it stands nowhere."""
    places = {i.place_id for i in registry.installations() if (i.device_id, i.end_s) == (device, None)}
    channels = {channel for channel, _ in registry.channels().get(device, ())}
    return {s.id: s.channel for s in registry.series() if s.place_id in places and s.channel in channels}


def newest(store: Reader, series: Mapping[int, str], since_s: int) -> Stored | None:
    """The readings of the latest moment since then; None where there are none."""
    rows = [row for row in store.latest(list(series)) if int(row["time_s"]) >= since_s]
    if not rows:
        return None
    last_s = max(int(row["time_s"]) for row in rows)
    return Stored(
        last_s, {series[int(row["series"])]: float(row["value"]) for row in rows if int(row["time_s"]) == last_s}
    )
