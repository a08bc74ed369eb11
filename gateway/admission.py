"""Messages -> columns of readings, or refusals with a code: the good records of a pack are kept whatever the others are.

A pack is read twice at most: whole, by a typed reader that stops at the first thing it does not expect; and then record by
record, by the reference (devices/senml.py), which knows what is wrong with each. Both admit the same (a property test).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from devices.senml import MOST_BYTES, MOST_NUMBER, MOST_RECORDS, Pack, PackError, Record, excerpt, identify, read_pack
from gateway.bucket import Buckets
from gateway.directory import Directory, Known
from gateway.message import Message
from gateway.numerics.columns import Columns
from gateway.receipts import PACK, SAMPLE, Refusal

FUTURE_S = 600
"""A reading may be so far ahead of us. Clocks set by NTP or by us are within seconds; local time taken for UTC is an hour."""
PAST_S = 400 * 86_400
"""A reading may be so old: a year in a drawer and the time to find it. Older history comes in as files."""
ABSOLUTE_S = 1 << 28
"""Times below are relative to now (RFC 8428, section 4.5.3), but never those of numbered samples."""
STRANGERS = -1
"""The bucket that all devices share which nobody has registered."""
STRANGER = "?"
"""What they are called in `Admitted.shed`: no device can be."""
TOLD_S = 3600.0
"""Of a device that is shed, one pack in so long goes to quarantine, so that somebody sees it there."""
SAYINGS = ("health", "state", "ack")
CODES = (
    "not-json", "too-big", "too-many", "unknown-device", "wrong-shard", "wrong-name", "unknown-channel", "wrong-unit",
    "not-a-number", "out-of-bounds", "future", "past", "no-clock", "conflict", "retained", "rate",
)  # fmt: skip
"""Why something is refused. `conflict` is found where readings meet those that are stored."""


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
    u: str = ""
    v: float = math.nan
    t: float = 0.0
    sq: Counted = 0
    bn: str | None = None
    bt: float | None = None
    ep: Number | None = None
    lo: Number = 1
    dr: Number = 0
    bu: None = None
    bv: None = None


class Admission:
    """Admits messages of the devices of a directory; each device may send `rate` packs a second, and `burst` at once."""

    def __init__(self, directory: Directory, *, rate: float, burst: int) -> None:
        self._directory = directory
        self._buckets = Buckets(rate=rate, burst=burst)
        self._told_s: dict[int, float] = {}
        self._typed = msgspec.json.Decoder(list[Typed]).decode
        self._body = msgspec.json.Decoder(dict[str, Any]).decode

    def admit(self, messages: Sequence[Message], now_s: float) -> Admitted:
        """What these messages are, at a time in seconds since 1970. Raises nothing for any message."""
        batch = _Batch(math.floor(now_s))
        for message in messages:
            known = self._directory.topics.get(message.topic)
            if known is None:
                self._other(batch, message, now_s)
            elif message.retained:
                batch.refuse("retained", message, known.number, _first(message.payload))
            elif not self._buckets.take(known.number, now_s):
                self._shed(batch, message, known, now_s)
            else:
                self._pack(batch, message, known)
        return batch.admitted()

    def _pack(self, batch: _Batch, message: Message, known: Known) -> None:
        """A pack of a registered device: typed where it can be, else record by record."""
        payload = message.payload
        if len(payload) <= MOST_BYTES:
            try:
                records = self._typed(payload)
            except (ValueError, RecursionError):
                records = []
            if 0 < len(records) <= MOST_RECORDS and batch.take(known, records):
                return
        try:
            batch.sort_out(known, message, read_pack(payload))
        except PackError as error:
            batch.refuse_whole(error.code, known, message)

    def _shed(self, batch: _Batch, message: Message, known: Known, now_s: float) -> None:
        batch.shed[known.device] = batch.shed.get(known.device, 0) + 1
        if now_s - self._told_s.get(known.number, -math.inf) >= TOLD_S:
            self._told_s[known.number] = now_s
            batch.refuse("rate", message, known.number)

    def _other(self, batch: _Batch, message: Message, now_s: float) -> None:
        """What is no pack under the topic of a registered device."""
        head, _, channel = message.topic.rpartition("/")
        known = self._directory.topics.get(f"{head}/obs")
        if known is not None and channel in SAYINGS:
            self._say(batch, message, known, now_s)
        elif channel == "obs":
            number = self._directory.number(head.rpartition("/")[2])
            if not self._buckets.take(STRANGERS if number is None else number, now_s):
                device = STRANGER if number is None else self._directory.devices[number]
                batch.shed[device] = batch.shed.get(device, 0) + 1
            elif number is None:
                batch.refuse("unknown-device", message)
            else:
                batch.refuse("wrong-shard", message, number, _first(message.payload))

    def _say(self, batch: _Batch, message: Message, known: Known, now_s: float) -> None:
        """What a registered device says of itself; an empty message only clears what was retained."""
        if not message.payload:
            return
        if not self._buckets.take(known.number, now_s):
            self._shed(batch, message, known, now_s)
        elif len(message.payload) > MOST_BYTES:
            batch.refuse("too-big", message, known.number)
        else:
            try:
                body = self._body(message.payload)
            except (ValueError, RecursionError):
                batch.refuse("not-json", message, known.number)
            else:
                batch.said.append(Said(known.device, message.topic.rpartition("/")[2], body))


class _Batch:
    """What is gathered of one call of `admit`."""

    def __init__(self, now_s: int) -> None:
        self._now_s = now_s
        self._oldest_s, self._newest_s = now_s - PAST_S, now_s + FUTURE_S
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
        ep, base_s = head.ep, head.bt or 0.0
        if head.bn != known.base:
            return False
        head.bn = head.bt = head.ep = None  # taken: on a later record they are for the reference
        marks = len(self._series), len(self._samples)
        if not self._take_records(known, records, ep, base_s):
            del self._series[marks[0] :], self._times[marks[0] :], self._values[marks[0] :], self._rows[marks[0] :]
            del self._samples[marks[1] :]
            head.bn, head.ep = known.base, ep
            return False
        if ep is not None:
            self._packs.extend((known.number, ep, max(head.lo, 1), head.dr))
        return True

    def _take_records(self, known: Known, records: list[Typed], ep: int | None, base_s: float) -> bool:
        channels, oldest_s, after_s = known.channels, self._oldest_s, self._newest_s + 1
        series, times, values, rows = self._series, self._times, self._values, self._rows
        number, current, row = known.number, 0, -1
        for record in records:
            if record.bn is not None or record.bt is not None or record.ep is not None:
                return False
            if record.sq != current and record.sq and ep is not None:
                if record.sq < current:
                    return False
                current, row = record.sq, len(self._samples) // 3
                self._samples.extend((number, ep, current))
            channel = channels.get(record.n)
            value, time_s = record.v, base_s + record.t
            if (
                channel is None
                or record.u != channel.unit
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
        return self._untimely(record) or channel.series_at(record.time_s) or "unknown-channel"

    def _untimely(self, record: Record) -> str | None:
        """What is wrong with the time of a record."""
        if record.time_s == 0 or (record.sq is None and record.time_s < ABSOLUTE_S):
            return "no-clock"
        if record.time_s < self._oldest_s:
            return "past"
        return "future" if record.time_s > self._newest_s else None

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


def _first(payload: bytes) -> tuple[int, int]:
    """The (ep, sq) of the first sample that a message names, so that it is kept once however often it comes."""
    found = identify(payload)
    return (found.ep, found.sqs[0]) if found is not None and found.sqs else (-1, -1)
