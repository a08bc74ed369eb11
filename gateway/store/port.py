"""The one seam to whatever keeps the series: an embedded file, InfluxDB, or what comes later.

One contract suite (tests/gateway/store/test_contract.py) runs over every adapter.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from devices.refusal import SpokenError
from gateway.numerics.columns import READING, WINDOW
from gateway.numerics.watch.events import EVENT

Tier = Literal["raw", "m1", "h1", "d1"]
FAR_S = 1 << 40
"""A time beyond all readings: `read(series, 0, FAR_S)` is everything."""


class StoreError(SpokenError):
    """The store could not do it; the sentence says what to do.

    StoreError
    |-- StoreAway      it may work later: keep the batch and try again
    |-- StoreFull      no room is left: stop taking packs, stay alive
    `-- StoreMismatch  its schema is not ours: stop with this sentence
    """

    words = "store"


class StoreAway(StoreError):  # noqa: N818 - says what happened
    """The store does not answer, or not in time."""


class StoreFull(StoreError):  # noqa: N818 - says what happened
    """The store has no room left."""


class StoreMismatch(StoreError):  # noqa: N818 - says what happened
    """The store was written by another version of the schema."""


@dataclass(frozen=True, slots=True)
class Point:
    """A figure about the fleet or the gateway itself: `fleet`, `health`, `gateway`."""

    measurement: str
    time_s: int
    tags: Mapping[str, str]
    fields: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step of the numerics made, written whole or not at all as far as the store can.

    Readings and windows replace what stands at the same (series, time). `journal_seq`: an adapter that shares
    its file with the journal deletes journal rows up to it in the same transaction. Few large batches spare an SD card: at
    twelve devices one a second writes 1,500 bytes a reading to it, one in 10 s 410 (tests/speed/bench_store.py).
    """

    readings: NDArray[np.void] = field(default_factory=lambda: np.empty(0, READING))
    m1: NDArray[np.void] = field(default_factory=lambda: np.empty(0, WINDOW))
    h1: NDArray[np.void] = field(default_factory=lambda: np.empty(0, WINDOW))
    states: Mapping[int, bytes] = field(default_factory=dict)
    points: Sequence[Point] = ()
    journal_seq: int | None = None
    events: NDArray[np.void] = field(default_factory=lambda: np.empty(0, EVENT))
    """EVENT rows; they replace what has the same series, start and kind."""
    watch: Mapping[str, bytes] | None = None
    """Blobs of the watch by name, in place of all that were written before; None leaves those."""
    d1: NDArray[np.void] = field(default_factory=lambda: np.empty(0, WINDOW))


class Reader(Protocol):
    """What the public side needs of a store."""

    def read(self, series: int, start_s: int, end_s: int, *, tier: Tier = "raw") -> NDArray[np.void]:
        """READING (raw) or WINDOW (m1, h1, d1) rows of one series with start_s <= time < end_s, oldest first."""
        ...

    def blocks(
        self, series: int, start_s: int, end_s: int, *, tier: Tier = "raw", rows: int = 10_000
    ) -> Iterator[NDArray[np.void]]:
        """The same in blocks of at most `rows`, in bounded memory."""
        ...

    def tail(self, series: int, end_s: int, count: int) -> NDArray[np.void]:
        """The last `count` READING rows with time < end_s, oldest first."""
        ...

    def latest(self, series: Sequence[int]) -> NDArray[np.void]:
        """The newest READING of each of these series that has one, in any order."""
        ...

    def count(self, series: int, start_s: int, end_s: int) -> int:
        """How many raw readings there are."""
        ...

    def points(self, measurement: str, start_s: int, end_s: int) -> Sequence[Point]:
        """Points of one measurement, oldest first."""
        ...

    def events(self, series: int, start_s: int, end_s: int) -> NDArray[np.void]:
        """EVENT rows of one series that begin in [start_s, end_s), oldest first."""
        ...


class Store(Reader, Protocol):
    """What the gateway needs of a store. Every method may raise StoreAway or StoreFull."""

    shares_journal: bool
    """True where `Batch.journal_seq` is honoured in the same transaction."""

    def write(self, batch: Batch) -> None:
        """Afterwards the batch is durable; writing it again changes nothing."""
        ...

    def states(self) -> Mapping[int, bytes]:
        """The state blob of every series that has one."""
        ...

    def watch(self) -> Mapping[str, bytes]:
        """The blobs of the watch by name, those of one write; none where the last write of them was cut off."""
        ...

    def between(self, start_s: int, end_s: int) -> NDArray[np.void]:
        """READING rows of all series with start_s <= time < end_s, in any order."""
        ...

    def delete(self, series: int, start_s: int, end_s: int) -> None:
        """Afterwards no reading, and no window or event that starts there, is left in [start_s, end_s); latest is right."""
        ...

    def trim(self, tier: Tier, before_s: int) -> None:
        """Afterwards the tier holds nothing older than before_s; events go with h1 (latest and states stay)."""
        ...

    def ready(self) -> StoreError | None:
        """None when it can be written to, else why not; of a file cheap enough for every commit."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
