"""A generated past: the same signals that simulated sensors meet, condensed by the same numerics as measured readings."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import Columns
from gateway.numerics.params import no_params, params_row
from gateway.numerics.state import fresh, pack
from gateway.numerics.stream import advance
from gateway.store.port import Batch

EVERY_S = 1800
"""A generated reading each half hour: enough for curves of a day, a week and a month, and 60,000 readings for twelve devices."""
MINUTES_S = 2 * 86_400
"""How long a past has windows of a minute: each would hold one reading, and a day of them is all that a page draws."""
SPREAD = 0.03
"""How far apart in their slow wave the devices of a town are, as in `devices/sim/waves.py`."""
Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Past:
    """One series to be given a past."""

    series: int
    device: str
    channel: str
    longitude: float
    """Degrees east."""
    signal: Mapping[str, Any]
    """Its table of `signal.toml`."""
    aggregate: str
    digits: int
    quality: Mapping[str, float]

    @property
    def kind(self) -> str:
        """`sine`, `wind` or `rain`."""
        return str(self.signal.get("kind", "sine"))

    def number(self, name: str, default: float = 0.0) -> float:
        """A number of its signal."""
        return float(self.signal.get(name, default))


def times(start_s: int, end_s: int, every_s: int = EVERY_S) -> NDArray[np.int64]:
    """The moments of generated readings: whole multiples in [start_s, end_s).

    >>> times(100, 1900).tolist()
    [600, 1200, 1800]
    """
    return np.arange(-(-start_s // every_s) * every_s, end_s, every_s, dtype=np.int64)


def signal_at(past: Past, time_s: NDArray[np.int64]) -> Values:
    """The signal without noise, by the formula of `devices/sim/waves.py`. Rain is its intensity in mm/h."""
    own = zlib.crc32(f"{past.device}/{past.channel}".encode()) / 2**32
    phase = zlib.crc32(past.channel.encode()) / 2**32 + SPREAD * own
    base, slow = past.number("base"), past.number("slow")
    wave: Values = np.sin(2 * np.pi * (time_s / 3600 / past.number("slow_h", 37.0) + phase))
    if past.kind == "rain":
        return np.maximum(0.0, (wave - 0.6) / 0.4) * base
    hour = time_s / 3600 + past.longitude / 15
    day: Values = past.number("day") * np.cos(2 * np.pi * (hour - past.number("peak_h", 15.0)) / 24)
    value = base + day + slow * wave
    return value % 360 if past.kind == "wind" else value


def values(past: Past, time_s: NDArray[np.int64]) -> Values:
    """What its sensor would have said, noise included; the same for the same moments."""
    clean = signal_at(past, time_s)
    if past.kind == "rain":
        return np.cumsum(clean * (EVERY_S / 3600)).round(past.digits)
    chance = np.random.default_rng(zlib.crc32(f"{past.device}/{past.channel}".encode())).standard_normal(len(time_s))
    noisy = clean + past.number("noise") * chance
    if past.kind == "wind":
        return np.round(noisy, past.digits) % 360
    return np.clip(noisy, past.number("low", -np.inf), past.number("high", np.inf)).round(past.digits)


def history(pasts: Sequence[Past], start_s: int, end_s: int) -> Batch:
    """Readings, windows and states of all these series over [start_s, end_s), as one batch for the store."""
    time_s = times(start_s, end_s)
    rows = 1 + max((p.series for p in pasts), default=0)
    params, state = no_params(rows), fresh(rows)
    for past in pasts:
        params[past.series] = params_row(past.aggregate, EVERY_S, past.quality)
    columns = Columns(
        np.repeat(np.array([p.series for p in pasts], np.int64), len(time_s)),
        np.tile(time_s, len(pasts)),
        np.concatenate([values(p, time_s) for p in pasts]) if pasts else np.empty(0),
    )
    step = advance(state, params, columns)
    blobs = {p.series: pack(state[p.series]) for p in pasts}
    m1 = step.m1[step.m1["start_s"] >= end_s - MINUTES_S]
    return Batch(readings=step.readings, m1=m1, h1=step.h1, states=blobs)
