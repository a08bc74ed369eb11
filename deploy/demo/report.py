"""What came of a run: the boards' own logs, held against the store."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from devices.console import Sample, Told

RENUMBERED = "renumbered"
"""What a board says of a sample that goes on under another number: it is counted there."""
Key = tuple[int, int]
"""A reading's name: series and time."""
Number = tuple[str, int, int]
"""A sample's name: device, ep and sq."""


@dataclass(frozen=True, slots=True)
class Count:
    """Samples by their fate, and readings of the store by what they are."""

    sent: int = 0
    """Samples that boards numbered; every one is kept, refused, held, dropped or lost."""
    acknowledged: int = 0
    """Covered by a receipt that its board saw."""
    kept: int = 0
    """All its readings are in the store, with their values."""
    refused: int = 0
    """In quarantine."""
    held: int = 0
    """Still on its board, not receipted."""
    dropped: int = 0
    """Given up by its board, which said so."""
    lost: int = 0
    """Receipted, and neither stored nor in quarantine."""
    duplicated: int = 0
    """Readings in the store that no board made."""
    resent: int = 0
    """Times that a sample was sent beyond its first."""
    readings: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Quantity -> flag -> readings."""


def count(
    told: Mapping[str, Told],
    series: Mapping[tuple[str, str], int],
    stored: Mapping[Key, float],
    refused: Collection[Number] = (),
) -> Count:
    """Hold the logs of the boards against what is stored of their measured readings; `series` is by device and channel."""
    fates: Counter[str] = Counter()
    made: set[Key] = set()
    for device, log in told.items():
        for sample in log.samples:
            readings = {
                (series[device, channel], sample.time_s): value
                for channel, value in sample.values.items()
                if sample.time_s is not None and (device, channel) in series
            }
            made |= readings.keys()
            if sample.dropped != RENUMBERED:
                fates["sent"] += 1
                fates["acknowledged"] += sample.receipted
                fates[fate(sample, readings, stored, (device, sample.ep, sample.sq) in refused)] += 1
    return Count(
        sent=fates["sent"], acknowledged=fates["acknowledged"], kept=fates["kept"], refused=fates["refused"],
        held=fates["held"], dropped=fates["dropped"], lost=fates["lost"],
        duplicated=len(stored.keys() - made), resent=sum(log.resent() for log in told.values()),
    )  # fmt: skip


def fate(sample: Sample, readings: Mapping[Key, float], stored: Mapping[Key, float], refused: bool) -> str:  # noqa: FBT001
    """What became of one sample."""
    if readings and all(stored.get(key) == value for key, value in readings.items()):
        return "kept"
    if refused:
        return "refused"
    if sample.dropped is not None:
        return "dropped"
    return "lost" if sample.receipted else "held"


def by_flag(rows: Iterable[tuple[str, NDArray[np.void]]]) -> dict[str, dict[str, int]]:
    """Readings by quantity and flag, from pairs of a quantity and READING rows.

    >>> from gateway.numerics.columns import READING
    >>> by_flag([("rain", np.array([(1, 60, 0.5, 1, 0, 0), (1, 62, 0.5, 3, 0, 0)], READING))])
    {'rain': {'1': 1, '3': 1}}
    """
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for quantity, readings in rows:
        flags, counts = np.unique(readings["flag"], return_counts=True)
        for flag, many in zip(flags.tolist(), counts.tolist(), strict=True):
            found[quantity][str(flag)] += many
    return {quantity: dict(sorted(flags.items())) for quantity, flags in sorted(found.items())}
