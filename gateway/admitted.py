"""What some messages came to: readings as columns, samples, packs owed a receipt, and refusals with their code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices.senml import MOST_BYTES, MOST_NUMBER, Pack, Record, excerpt, identify
from gateway.directory import Channel, Known
from gateway.message import Message
from gateway.numerics.columns import Columns
from gateway.receipts import PACK, SAMPLE, Refusal

FUTURE_S = 600
"""A reading may be so far ahead of us. Clocks set by NTP or by us are within seconds; local time taken for UTC is an hour."""
PAST_S = 400 * 86_400
"""A reading may be so old: a year in a drawer and the time to find it. Older history comes in as files."""
ABSOLUTE_S = 1 << 28
"""Times below are relative to now (RFC 8428, section 4.5.3), but never those of numbered samples."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a device says of itself: latest wins, nothing is numbered."""

    device: str
    channel: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Admitted:
    """What some messages came to."""

    readings: Columns
    """Good records, in order of arrival."""
    sample: NDArray[np.int64]
    """For each reading its row in `samples`; -1 where it has no number."""
    samples: NDArray[np.void]
    """SAMPLE: every numbered sample heard of a known device, good, empty or refused, in order of arrival."""
    packs: NDArray[np.void]
    """PACK: one for each pack heard of a known device whose identity could be read: it is owed a receipt."""
    refused: list[Refusal]
    said: list[Said]
    shed: dict[str, int]
    """Device -> packs that its token bucket shed: they get no receipt, and the board sends them again."""


Number = Annotated[int, msgspec.Meta(ge=0, lt=MOST_NUMBER)]
Counted = Annotated[int, msgspec.Meta(ge=1, lt=MOST_NUMBER)]


class Typed(msgspec.Struct, gc=False):
    """A SenML record as our boards send it; whatever else is legal goes to the reference."""

    n: str = ""
    u: str | None = None
    v: float = math.nan
    t: float = 0.0
    sq: Counted = 0
    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    ep: Number | None = None
    lo: Number = 1
    dr: Number = 0
    bv: None = None


def _named(known: Known, base: str | None) -> Mapping[str, Channel] | None:
    """The channels by what their records are called under a base name: the device's, or one channel's whole name; else None."""
    if base == known.base:
        return known.channels
    if base is None or not base.startswith(known.base):
        return None
    only = known.channels.get(base[len(known.base) :])
    return None if only is None else {"": only}


class Gathering:
    """Takes packs and refusals in, one after another, and gives them back as columns."""

    def __init__(self, now_s: int) -> None:
        self._now_s = now_s
        self._oldest_s, self._newest_s = max(now_s - PAST_S, ABSOLUTE_S), now_s + FUTURE_S
        self._series: list[int] = []
        self._times: list[float] = []
        self._values: list[float] = []
        self._rows: list[int] = []
        self._samples: list[int] = []
        self._packs: list[int] = []
        self._refused: list[Refusal] = []
        self.said: list[Said] = []
        self.shed: dict[str, int] = {}

    def take(self, known: Known, records: list[Typed]) -> bool:
        """Take a pack whole; where any record is not as it should be nothing is taken, and False returned."""
        head = records[0]
        ep, channels = head.ep, _named(known, head.bn)
        if channels is None:
            return False
        marks = len(self._series), len(self._samples)
        if not self._take_records(known.number, channels, records):
            del self._series[marks[0] :], self._times[marks[0] :], self._values[marks[0] :], self._rows[marks[0] :]
            del self._samples[marks[1] :]
            return False
        if ep is not None:
            self._packs.extend((known.number, ep, max(head.lo, 1), head.dr))
        return True

    def _take_records(self, number: int, channels: Mapping[str, Channel], records: list[Typed]) -> bool:
        head, oldest_s, after_s = records[0], self._oldest_s, self._newest_s + 1
        series, times, values, rows = self._series, self._times, self._values, self._rows
        ep, base_unit, base_s, current, row = head.ep, head.bu, 0.0, 0, -1
        head.bn = head.bu = head.ep = None  # taken: on a later record they are for the reference
        for record in records:
            if record.bn is not None or record.bu is not None or record.ep is not None:
                return False
            if record.bt is not None:
                base_s = record.bt
            if record.sq != current and record.sq and ep is not None:
                if record.sq < current:
                    return False
                current, row = record.sq, len(self._samples) // 3
                self._samples.extend((number, ep, current))
            channel = channels.get(record.n)
            value, time_s = record.v, base_s + record.t
            if (
                channel is None
                or (base_unit if record.u is None else record.u) != channel.unit
                or not channel.low <= value <= channel.high
                or not channel.from_s <= time_s < channel.until_s
                or not oldest_s <= time_s < after_s
            ):
                return False
            series.append(channel.series)
            times.append(time_s)
            values.append(value)
            rows.append(row)
        return True

    def sort_out(self, known: Known, message: Message, pack: Pack) -> None:
        """Take the good records of a pack, and refuse the others, sample by sample."""
        rows: dict[int | None, int] = {None: -1}
        if pack.ep is not None:
            self._packs.extend((known.number, pack.ep, pack.lo, pack.dr))
            for number in pack.samples:
                rows[number] = len(self._samples) // 3
                self._samples.extend((known.number, pack.ep, number))
        wrong: dict[int | None, dict[int, str]] = {}
        for refused in pack.refused:
            wrong.setdefault(refused.sq, {})[refused.index] = refused.code
        for record in pack.records:
            found = self._judge(known, record)
            if isinstance(found, str):
                wrong.setdefault(record.sq, {})[record.index] = found
            else:
                self._series.append(found)
                self._times.append(record.time_s)
                self._values.append(record.value)
                self._rows.append(rows[record.sq])
        for sq, codes in wrong.items():
            indexes = sorted(codes)
            single = len(pack.samples) <= 1 or sq is None
            payload = message.payload if single else excerpt(pack, sq, indexes)
            numbers = (pack.ep, sq) if pack.ep is not None and sq is not None else (-1, -1)
            self._refuse(codes[indexes[0]], message.topic, payload, (known.number, *numbers))

    def _judge(self, known: Known, record: Record) -> int | str:
        """The series of a record, or the code of its refusal."""
        if not record.name.startswith(known.base):
            return "wrong-name"
        channel = known.channels.get(record.name[len(known.base) :])
        if channel is None:
            return "unknown-channel"
        if record.unit != channel.unit:
            return "wrong-unit"
        if not channel.low <= record.value <= channel.high:
            return "out-of-bounds"
        return self._dated(channel, record)

    def _dated(self, channel: Channel, record: Record) -> int | str:
        """The series that the channel filled at the time of the record, or the code of what is wrong with that time."""
        if record.time_s == 0 or (record.sq is None and record.time_s < ABSOLUTE_S):
            return "no-clock"
        if record.time_s < self._oldest_s:
            return "past"
        if record.time_s > self._newest_s:
            return "future"
        series = channel.series_at(record.time_s)
        return "unknown-channel" if series is None else series

    def refuse_whole(self, code: str, known: Known, message: Message) -> None:
        """Refuse a pack that cannot be read; the samples that it names are owed a receipt all the same."""
        found = identify(message.payload)
        if found is None or not found.sqs:
            self.refuse(code, message, known.number)
            return
        self._packs.extend((known.number, found.ep, found.lo, found.dr))
        for sq in found.sqs:
            self._samples.extend((known.number, found.ep, sq))
        self.refuse(code, message, known.number, (found.ep, found.sqs[0]))

    def refuse(self, code: str, message: Message, number: int = -1, sample: tuple[int, int] = (-1, -1)) -> None:
        """Refuse a message."""
        self._refuse(code, message.topic, message.payload[:MOST_BYTES], (number, *sample))

    def _refuse(self, code: str, topic: str, payload: bytes, numbers: tuple[int, int, int]) -> None:
        self._refused.append(Refusal(code, topic, payload, self._now_s, *numbers))

    def admitted(self) -> Admitted:
        """Everything gathered, as columns."""
        columns = Columns(
            np.array(self._series, np.int64),
            np.floor(np.array(self._times, np.float64)).astype(np.int64),
            np.array(self._values, np.float64),
        )
        rows = np.array(self._rows, np.int64)
        samples = np.array(self._samples, np.int64).view(SAMPLE)
        packs = np.array(self._packs, np.int64).view(PACK)
        return Admitted(columns, rows, samples, packs, self._refused, self.said, self.shed)
