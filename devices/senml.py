"""SenML JSON (RFC 8428) as our wire has it: the reference that every faster reader is held to, and the slow path.

PackError      the message is no pack
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 16 * 1024
"""A longer message is no pack; our boards cut at 4 KiB."""
MOST_RECORDS = 256
MOST_NUMBER = 1 << 53
"""Numbers of samples lie below: every JSON reader has them exactly."""
MOST_SEARCHED, MOST_NAMED = 1 << 16, 1024
"""So many bytes of a message that is no pack are searched, for so many numbers of samples."""
BASES = ("bn", "bt", "bu", "bv")
"""Labels that hold from their record on (RFC 8428, section 4.1), as far as we read them."""


class PackError(ValueError):
    """The message as a whole cannot be read; `code` is one of the wire's, and the text says what is wrong."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Identity:
    """Who says it, and which samples it is about, as far as that could be made out."""

    base: str
    """Begins with the device's name and a slash; a board of one channel says the channel's here too."""
    ep: int
    lo: int
    dr: int
    sqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """One measurement, resolved: its base name, time, unit and value are in it."""

    name: str
    unit: str
    value: float
    """Finite."""
    time_s: int
    """As it was said: below 2^28 it is relative to now, unless it is numbered."""
    sq: int | None
    """The number of its sample; None where it has none."""
    index: int


@dataclass(frozen=True, slots=True)
class Refused:
    """One record that could not be read."""

    code: str
    sq: int | None
    index: int


@dataclass(frozen=True, slots=True)
class Line:
    """One record as it came, and the base labels that held when it did."""

    text: str
    bases: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pack:
    """A message, read record by record."""

    base: str
    """The base name of the first record: the device's name, a slash, and what all names of the pack go on with."""
    ep: int | None
    lo: int
    dr: int
    samples: tuple[int, ...]
    """Every number that it holds, empty samples included, in order of arrival and each once."""
    records: tuple[Record, ...]
    refused: tuple[Refused, ...]
    lines: tuple[Line, ...]


def read_pack(payload: bytes) -> Pack:
    """The pack of a message; what is wrong with one record costs that record. Raises PackError, and nothing else.

    >>> pack = read_pack(b'[{"bn":"air-1/","bt":1795615200,"ep":7,"lo":1,"sq":3,"n":"temperature","u":"Cel","v":21.4}]')
    >>> pack.ep, pack.records[0].name, pack.records[0].sq
    (7, 'air-1/temperature', 3)
    """
    if len(payload) > MOST_BYTES:
        raise PackError("too-big", f"{len(payload)} bytes; a pack has {MOST_BYTES} at most")
    parts = list(_split(payload.decode("utf-8", "surrogateescape")))
    if not parts:
        raise PackError("not-json", "a pack holds one record at least")
    if len(parts) > MOST_RECORDS:
        raise PackError("too-many", f"more than {MOST_RECORDS} records")
    reading = _Reading()
    for index, (text, record) in enumerate(parts):
        reading.take(index, text, record)
    return reading.pack()


_PAIR = re.compile(rb'"(bn|ep|lo|dr|sq)"\s*:\s*(?:"([^"\\]{0,128})"|(\d{1,16})(?:\.0{0,16})?(?=[\s,}\]]|$))')


def identify(payload: bytes) -> Identity | None:
    """Who speaks of which samples in a message that cannot be read; None where no `ep` can be made out.

    It looks for labels and not for structure, so that a message cut short, or with one bad character, has an identity too.

    >>> identify(b'[{"bn":"air-1/","bt":17,"ep":7,"lo":1,"dr":0,"sq":3,"n":"temp')
    Identity(base='air-1/', ep=7, lo=1, dr=0, sqs=(3,))
    """
    first: dict[bytes, int] = {}
    sqs: dict[int, None] = {}
    base = ""
    for label, text, digits in _PAIR.findall(payload, 0, MOST_SEARCHED):
        if len(sqs) == MOST_NAMED:
            break
        if label == b"bn":
            base = base or text.decode("utf-8", "replace")
        elif not digits or (number := int(digits)) >= MOST_NUMBER:
            continue
        elif label == b"sq" and number > 0:
            sqs[number] = None
        else:
            first.setdefault(label, number)
    if b"ep" not in first:
        return None
    return Identity(base, first[b"ep"], max(first.get(b"lo", 1), 1), first.get(b"dr", 0), tuple(sqs))


def excerpt(pack: Pack, sq: int | None, indexes: Iterable[int]) -> bytes:
    """Records of one sample as a pack of their own: each as it came, behind a head that says what held for it."""
    lines = [pack.lines[index] for index in indexes]
    head = dict(lines[0].bases)
    if pack.ep is not None:
        head |= {"ep": pack.ep, "lo": pack.lo, "dr": pack.dr}
    if sq is not None:
        head["sq"] = sq
    return f"[{','.join([json.dumps(head), *(line.text for line in lines)])}]".encode("utf-8", "surrogateescape")


_SPACE = re.compile(r"[ \t\n\r]*")


def _whole(text: str) -> float:
    """An integer of any length; beyond what a float has exactly it is one."""
    return int(text) if len(text) < 18 else float(text)


_DECODER = json.JSONDecoder(parse_int=_whole)


def _split(message: str) -> Iterable[tuple[str, Any]]:
    """Each record of the array, as text and as value, one beyond the most at the most. Raises PackError."""
    try:
        at = _skip(message, 0, "[")
        if message.startswith("]", at):
            _end(message, at + 1)
            return
        for _ in range(MOST_RECORDS + 1):
            value, end = _DECODER.raw_decode(message, at)
            yield message[at:end], value
            at = _SPACE.match(message, end).end()  # type: ignore[union-attr]
            if message.startswith("]", at):
                _end(message, at + 1)
                return
            at = _skip(message, at, ",")
    except RecursionError as e:
        raise PackError("not-json", "nested too deeply") from e
    except json.JSONDecodeError as e:
        raise PackError("not-json", str(e)) from e


def _skip(message: str, at: int, sign: str) -> int:
    """Where what follows a sign begins."""
    at = _SPACE.match(message, at).end()  # type: ignore[union-attr]
    if not message.startswith(sign, at):
        raise json.JSONDecodeError(f"expected {sign}", message, at)
    return _SPACE.match(message, at + 1).end()  # type: ignore[union-attr]


def _end(message: str, at: int) -> None:
    if _SPACE.match(message, at).end() != len(message):  # type: ignore[union-attr]
        raise json.JSONDecodeError("something follows the array", message, at)


@dataclass(slots=True)
class _Reading:
    """A pack while its records are read, one after another."""

    ep: int | None = None
    lo: int = 1
    dr: int = 0
    sq: int | None = None
    """The number of the open sample, None before the first one."""
    spoilt: str | None = None
    """Why records belong to no sample that could be numbered."""
    bases: dict[str, Any] = field(default_factory=dict)
    samples: dict[int, None] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)

    def take(self, index: int, text: str, raw: Any) -> None:
        """Read one more record. Raises PackError where the pack has no identity."""
        labels = {k: v for k, v in raw.items() if v is not None} if isinstance(raw, dict) else {}
        if fresh := {k: labels[k] for k in BASES if k in labels}:
            self.bases = {**self.bases, **fresh}
        self.lines.append(Line(text, self.bases))
        self._identify(labels)
        if not isinstance(raw, dict):
            self.refused.append(Refused("not-json", self.sq, index))
        elif "v" in labels or labels.keys() & {"n", "vs", "vb", "vd", "s"}:
            found = self._measurement(labels, index)
            if isinstance(found, Record):
                self.records.append(found)
            else:
                self.refused.append(Refused(found, None if self.spoilt else self.sq, index))

    def pack(self) -> Pack:
        """What was read."""
        base = self.lines[0].bases.get("bn", "")
        return Pack(
            base if isinstance(base, str) else "", self.ep, self.lo, self.dr, tuple(self.samples), tuple(self.records),
            tuple(self.refused), tuple(self.lines),
        )  # fmt: skip

    def _identify(self, labels: Mapping[str, Any]) -> None:
        """Which sample the record belongs to."""
        if "ep" in labels:
            ep = whole(labels["ep"])
            if ep is None:
                raise PackError("not-a-number", "ep is no whole number")
            if self.ep is None:
                self.ep = ep
                self.lo, self.dr = max(whole(labels.get("lo")) or 1, 1), whole(labels.get("dr")) or 0
            self.spoilt = None if ep == self.ep else "wrong-name"
        if "sq" in labels and self.ep is not None and self.spoilt != "wrong-name":
            self.sq = whole(labels["sq"]) or None
            self.spoilt = "not-a-number" if self.sq is None else None
            if self.sq is not None:
                self.samples[self.sq] = None

    def _measurement(self, labels: Mapping[str, Any], index: int) -> Record | str:
        """The record, or the code of what is wrong with it."""
        if self.spoilt:
            return self.spoilt
        base, name = self.bases.get("bn", ""), labels.get("n", "")
        unit = labels.get("u", self.bases.get("bu", ""))
        if not isinstance(base, str) or not isinstance(name, str):
            return "wrong-name"
        if not isinstance(unit, str):
            return "wrong-unit"
        time_s = _sum(self.bases.get("bt", 0), labels.get("t", 0))
        value = _sum(self.bases.get("bv", 0), labels.get("v"))
        if time_s is None or value is None:
            return "not-a-number"
        return Record(base + name, unit, value, math.floor(time_s), self.sq, index)


def whole(raw: Any) -> int | None:
    """A whole number in [0, 2^53), also where it is written as 5.0; None for anything else.

    >>> whole(5.0), whole(True), whole(-1)
    (5, None, None)
    """
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        return None
    if not 0 <= raw < MOST_NUMBER or raw != int(raw):
        return None
    return int(raw)


def _sum(base: Any, own: Any) -> float | None:
    """The sum of two numbers, or None where one is none or the sum is not finite."""
    for part in (base, own):
        if isinstance(part, bool) or not isinstance(part, int | float):
            return None
    total = float(base) + float(own)
    return total if math.isfinite(total) else None
