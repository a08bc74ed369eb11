"""InfluxDB as a store: lines by influxdb-client to the write path of 2.x and 3.x, read back by InfluxQL.

How things are called there is in gateway/store/names.py. A batch is not one transaction here: it is written readings first
and states last, so that what is cut off between is made again from the journal and replaces itself.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from gateway.numerics.columns import READING
from gateway.numerics.watch.events import EVENT, KINDS
from gateway.store import names
from gateway.store.influxql import Found, Influxql, select
from gateway.store.lines import LineWriter, pieces
from gateway.store.port import FAR_S, Batch, Point, StoreError, Tier

RAW, M1, H1, D1 = names.BUCKETS.values()
BLOCK_ROWS = 10_000
MOST_TEXT = 60_000
ASKED_AT_ONCE = 500
"""So many series are named in one question."""


class InfluxStore:
    """InfluxDB behind the port, for any number of threads. influxdb-client is imported when it first writes (1.9 s)."""

    shares_journal = False

    def __init__(
        self, url: str, *, token: str, org: str, labels: Callable[[int], Mapping[str, str]], timeout_s: float = 10.0
    ) -> None:
        """`labels(series)` gives its tags (names.TAGS but `series`), the same for ever: they are part of what replaces what."""
        self._labels = labels
        self._keys: dict[int, str] = {}
        self._writer = LineWriter(url, token=token, org=org, timeout_s=timeout_s)
        self._influxql = Influxql(url, token=token, timeout_s=timeout_s)

    def close(self) -> None:
        """Let go of the connections."""
        self._influxql.close()
        self._writer.close()

    def write(self, batch: Batch) -> None:
        """The batch is kept afterwards; the states come last, so that they never tell of what is not there."""
        self._writer.write(RAW, self._lines(batch.readings, "raw"))
        self._writer.write(RAW, filter(None, map(_point_line, batch.points)))
        self._writer.write(M1, self._lines(batch.m1, "m1"))
        self._writer.write(H1, self._lines(batch.h1, "h1"))
        self._writer.write(D1, self._lines(batch.d1, "d1"))
        self._writer.write(H1, map(names.event_line, batch.events))
        self._writer.write(H1, (_state_line(series, blob) for series, blob in batch.states.items()))
        if batch.watch is not None:
            self._write_watch(batch.watch)

    def read(self, series: int, start_s: int, end_s: int, *, tier: Tier = "raw") -> NDArray[np.void]:
        """Rows of one series in [start_s, end_s), oldest first."""
        blocks = list(self.blocks(series, start_s, end_s, tier=tier))
        return np.concatenate(blocks) if blocks else np.empty(0, names.DTYPES[tier])

    def blocks(
        self, series: int, start_s: int, end_s: int, *, tier: Tier = "raw", rows: int = BLOCK_ROWS
    ) -> Iterator[NDArray[np.void]]:
        """The same in blocks, a question each."""
        while True:
            block = self._rows(tier, series, (start_s, end_s), f"ORDER BY time ASC LIMIT {rows}")
            if len(block):
                yield block
            if len(block) < rows:
                return
            start_s = int(block[names.time_of(tier)][-1]) + 1

    def tail(self, series: int, end_s: int, count: int) -> NDArray[np.void]:
        """The last `count` readings before end_s, oldest first."""
        if count <= 0:
            return np.empty(0, READING)
        return self._rows("raw", series, (-FAR_S, end_s), f"ORDER BY time DESC LIMIT {count}")[::-1]

    def latest(self, series: Sequence[int]) -> NDArray[np.void]:
        """The newest reading of each of these series that has one."""
        rows = [np.empty(0, READING)]
        for some in pieces([int(number) for number in series], ASKED_AT_ONCE):
            rows += self._newest({"series": some}).values()
        return np.concatenate(rows)

    def count(self, series: int, start_s: int, end_s: int) -> int:
        """How many raw readings there are in [start_s, end_s)."""
        question = select(
            names.source("raw"), ['count("flag")'], between=(start_s, end_s), tags={"series": [int(series)]}
        )
        [found] = self._influxql.ask(question)
        return int(found[0].values[0][1]) if found else 0

    def points(self, measurement: str, start_s: int, end_s: int) -> Sequence[Point]:
        """Points of one measurement in [start_s, end_s), oldest first."""
        source = names.source("raw", measurement)
        [found] = self._influxql.ask(select(source, ["*"], between=(start_s, end_s), tags={}, then="GROUP BY *"))
        told = [point for one in found for point in _points(measurement, one)]
        return sorted(told, key=lambda point: (point.time_s, sorted(point.tags.items())))

    def events(self, series: int, start_s: int, end_s: int) -> NDArray[np.void]:
        """Events of one series that begin in [start_s, end_s), oldest first."""
        fields = [name for name in EVENT.names or () if name not in {"series", "start_s", "kind"}]
        question = select(
            names.source("h1", names.EVENTS), fields, between=(start_s, end_s), tags={"series": [int(series)]},
            then='GROUP BY "kind"',
        )  # fmt: skip
        [found] = self._influxql.ask(question)
        told = [
            (series, start_s, values[0], values[1], KINDS.index(one.tags["kind"]), *values[2:])
            for one in found
            for start_s, *values in one.values
        ]
        return np.array(sorted(told, key=lambda row: (row[1], row[4])), EVENT)

    def watch(self) -> Mapping[str, bytes]:
        """The blobs of the watch by name, those that the mark tells of."""
        turn = self._turn()
        if turn is None:
            return {}
        source = names.source("h1", names.WATCH)
        [found] = self._influxql.ask(
            select(source, ["blob"], between=(0, 1), tags={"turn": [turn]}, then='GROUP BY "name", "part"')
        )
        parts: dict[str, list[tuple[int, str]]] = {}
        for one in found:
            parts.setdefault(one.tags["name"], []).append((int(one.tags["part"]), one.values[0][1]))
        return {name: base64.b64decode("".join(text for _, text in sorted(some))) for name, some in parts.items()}

    def between(self, start_s: int, end_s: int) -> NDArray[np.void]:
        """Readings of all series in [start_s, end_s)."""
        fields = (*names.fields("raw"), names.NONE)
        [found] = self._influxql.ask(
            select(names.source("raw"), fields, between=(start_s, end_s), tags={}, then='GROUP BY "series"')
        )
        rows = [names.rows_of("raw", int(one.tags["series"]), one.values) for one in found]
        return np.concatenate([np.empty(0, READING), *rows])

    def _turn(self) -> int | None:
        """Under which of the two turns the blobs of the watch are whole."""
        [found] = self._influxql.ask(select(names.source("h1", names.MARK), ["turn"], between=(0, 1), tags={}))
        return int(found[0].values[0][1]) if found else None

    def _write_watch(self, blobs: Mapping[str, bytes]) -> None:
        """Blobs under the turn that is not marked, then the mark: cut off between, the blobs before them stay whole."""
        turn = 1 - (self._turn() or 0)
        self._writer.delete(H1, 0, 1, f'_measurement="{names.WATCH}" AND turn="{turn}"')
        self._writer.write(H1, chain.from_iterable(_watch_lines(name, blob, turn) for name, blob in blobs.items()))
        self._writer.write(H1, [f"{names.MARK} turn={turn}i 0"])

    def states(self) -> Mapping[int, bytes]:
        """The state blob of every series that has one."""
        source = names.source("h1", names.STATE)
        [found] = self._influxql.ask(select(source, ["blob"], between=(0, 1), tags={}, then='GROUP BY "series"'))
        return {int(one.tags["series"]): base64.b64decode(one.values[0][1]) for one in found}

    def delete(self, series: int, start_s: int, end_s: int) -> None:
        """No reading, window or event of the series is left in [start_s, end_s), nor is one of them the latest."""
        kept = (
            (RAW, names.OBS),
            (M1, names.OBS),
            (H1, names.OBS),
            (D1, names.OBS),
            (H1, names.EVENTS),
            (H1, names.LATEST),
        )
        for bucket, measurement in kept:
            self._writer.delete(bucket, start_s, end_s, f'_measurement="{measurement}" AND series="{int(series)}"')

    def trim(self, tier: Tier, before_s: int) -> None:
        """The tier holds nothing older than before_s; points go with raw readings. Latest and states stay."""
        if tier == "raw":
            self._writer.write(H1, self._parting(before_s))
        besides = {"raw": names.FIGURES, "m1": (), "h1": (names.EVENTS,), "d1": ()}[tier]
        for measurement in (names.OBS, *besides):
            self._writer.delete(names.BUCKETS[tier], -FAR_S, before_s, f'_measurement="{measurement}"')

    def ready(self) -> StoreError | None:
        """None when it answers and took what it was last given, else why not."""
        try:
            for (
                tier
            ) in names.BUCKETS:  # one by one: of several, 1.6.7 says of a missing bucket that it was "not executed"
                self._influxql.ask(select(names.source(tier), ["flag"], between=(0, 1), tags={}, then="LIMIT 1"))
        except StoreError as e:
            return e
        return self._writer.fault

    def _rows(self, tier: Tier, series: int, between: tuple[int, int], then: str) -> NDArray[np.void]:
        fields = (*names.fields(tier), names.NONE)
        question = select(names.source(tier), fields, between=between, tags={"series": [int(series)]}, then=then)
        [found] = self._influxql.ask(question)
        return names.rows_of(tier, int(series), found[0].values if found else [])

    def _newest(self, tags: Mapping[str, Sequence[int]]) -> dict[int, NDArray[np.void]]:
        """Each series' newest reading, one row: in raw or, where those were trimmed, beside it."""
        asked = [
            select(
                source, (*names.fields("raw"), names.NONE), between=(-FAR_S, FAR_S), tags=tags,
                then='GROUP BY "series" ORDER BY time DESC LIMIT 1',
            )
            for source in (names.source("raw"), names.source("h1", names.LATEST))
        ]  # fmt: skip
        newest: dict[int, NDArray[np.void]] = {}
        for one in chain.from_iterable(self._influxql.ask(*asked)):
            number = int(one.tags["series"])
            row = names.rows_of("raw", number, one.values)
            if number not in newest or row["time_s"][0] > newest[number]["time_s"][0]:
                newest[number] = row
        return newest

    def _parting(self, before_s: int) -> Iterator[str]:
        """Lines that keep the newest reading of each series that has none from before_s on."""
        old = [row for row in self._newest({}).values() if row["time_s"][0] < before_s]
        for line in self._lines(np.concatenate([np.empty(0, READING), *old]), "raw"):
            yield names.LATEST + line.removeprefix(names.OBS)

    def _lines(self, rows: NDArray[np.void], tier: Tier) -> Iterable[str]:
        for series in np.unique(rows["series"]).tolist():
            if series not in self._keys:
                self._keys[series] = names.key(names.OBS, {**self._labels(series), "series": str(series)})
        return names.lines(rows, tier, self._keys)


def _point_line(point: Point) -> str | None:
    """The point as a line, or None where none of its fields is a number."""
    said = ",".join(
        f"{names.escaped(name)}={float(value)!r}" for name, value in point.fields.items() if math.isfinite(value)
    )
    return f"{names.key(point.measurement, point.tags)} {said} {point.time_s}" if said else None


def _points(measurement: str, found: Found) -> Iterator[Point]:
    """The points of one set of tags."""
    tags = {name: value for name, value in found.tags.items() if value}
    for time_s, *values in found.values:
        fields = zip(found.columns[1:], values, strict=True)
        yield Point(measurement, time_s, tags, {name: float(value) for name, value in fields if value is not None})


def _state_line(series: int, blob: bytes) -> str:
    return f'{names.STATE},series={series} blob="{base64.b64encode(blob).decode()}" 0'


def _watch_lines(name: str, blob: bytes, turn: int) -> Iterator[str]:
    """A blob in parts that every InfluxDB takes as a field: 1.x and 2.x up to 64 KiB."""
    text = base64.b64encode(blob).decode()
    for part, at in enumerate(range(0, len(text), MOST_TEXT)):
        key = names.key(names.WATCH, {"name": name, "part": str(part), "turn": str(turn)})
        yield f'{key} blob="{text[at : at + MOST_TEXT]}" 0'
