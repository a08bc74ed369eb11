"""What a board says on its console, read back: the ground truth that a journey holds the gateway and the store against.

N <ep> <sq>                       a sample got its number
V <ep> <sq> {"name": 1.5}         its values, while the date is not known: an `S` line follows once it is
S <ep> <sq> <time> {"name": 1.5}  its time is known, its values are exactly those that are sent
P <ep> <first> <last> <count>     a pack was handed to the network
R <ep> <n> [[a, b], ...]          a receipt was heard
D <ep> <sq> <why>                 a sample was dropped
M <ep> <sq> <shift> <new ep>      what is held from `sq` on bears a number of the new `ep` now, `shift` higher
# device: <id>                    who speaks, at each start
# <part>: <word>                  how it stands with `network`, `broker` or `clock` (docs/firmware.md has the words)
# <text>                          anything else
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

PARTS = ("network", "broker", "clock")
Number = tuple[int, int]
"""A sample's name: `ep` and `sq`."""


@dataclass(slots=True)
class Sample:
    """One sample as its board told of it; `time_s` is None until its time was known."""

    ep: int
    sq: int
    time_s: int | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    receipted: bool = False
    dropped: str | None = None


@dataclass(slots=True)
class Told:
    """A whole serial log."""

    by_number: dict[Number, Sample] = field(default_factory=dict)
    packs: list[tuple[int, int, int, int]] = field(default_factory=list)
    """`ep`, first, last and count of every pack that was handed to the network."""
    receipts: int = 0
    remarks: list[str] = field(default_factory=list)
    device: str | None = None
    """Who spoke last."""
    words: dict[str, str] = field(default_factory=dict)
    """The last word about each part of PARTS, since the last start."""

    @property
    def samples(self) -> list[Sample]:
        """Every sample that got a number, in the order in which it did."""
        return list(self.by_number.values())

    def waiting(self) -> list[Sample]:
        """The samples that were neither receipted nor dropped."""
        return [s for s in self.samples if not s.receipted and s.dropped is None]

    def resent(self) -> int:
        """How many times a sample was sent beyond its first time."""
        return max(0, sum(count for *_, count in self.packs) - len(self.sent()))

    def sent(self) -> set[Number]:
        """The samples that were handed to the network at least once."""
        return {n for n in self.by_number if any(n[0] == ep and a <= n[1] <= b for ep, a, b, _ in self.packs)}

    def move(self, ep: int, lowest: int, shift: int, to: int) -> None:
        """What waits of an `ep` goes on under other numbers; under its old ones it counts as dropped, `renumbered`."""
        for sample in self.waiting():
            if sample.ep == ep and sample.sq >= lowest:
                sample.dropped = "renumbered"
                self.by_number[to, sample.sq + shift] = Sample(to, sample.sq + shift, sample.time_s, sample.values)

    def cover(self, ep: int, n: int, also: list[list[int]]) -> None:
        """Take a receipt in."""
        self.receipts += 1
        for sample in self.by_number.values():
            if sample.ep == ep and (sample.sq <= n or any(a <= sample.sq <= b for a, b in also)):
                sample.receipted = True


def read_console(text: str) -> Told:
    """Read a serial log; half a line, where the board lost its power, is passed over."""
    told = Told()
    for line in text.splitlines():
        kind, _, rest = line.partition(" ")
        try:
            take(told, kind, rest)
        except (ValueError, KeyError):
            told.remarks.append(line)
            hear_word(told, line)
    return told


def hear_word(told: Told, remark: str) -> None:
    """Take in who speaks, and how it stands with the network, the broker and the clock."""
    mark, part, word, *_ = [*remark.split(), "", "", ""]
    if mark == "#" and part == "device:":
        told.device, told.words = word, {}
    elif mark == "#" and part.removesuffix(":") in PARTS and part.endswith(":"):
        told.words[part.removesuffix(":")] = word


def take(told: Told, kind: str, rest: str) -> None:
    """Take one line in; ValueError or KeyError where it is none of the board's."""
    ep, _, rest = rest.partition(" ") if kind in {"N", "V", "S", "P", "R", "D", "M"} else ("0", "", "")
    match kind:
        case "N":
            told.by_number[int(ep), int(rest)] = Sample(int(ep), int(rest))
        case "V":
            sq, values = rest.split(" ", 1)
            told.by_number[int(ep), int(sq)].values = json.loads(values)
        case "S":
            sq, time_s, values = rest.split(" ", 2)
            sample = told.by_number[int(ep), int(sq)]
            sample.values, sample.time_s = json.loads(values), int(time_s)
        case "P":
            first, last, count = rest.split(" ")
            told.packs.append((int(ep), int(first), int(last), int(count)))
        case "R":
            n, also = rest.split(" ", 1)
            told.cover(int(ep), int(n), json.loads(also))
        case "D":
            sq, why = rest.split(" ", 1)
            if (int(ep), int(sq)) in told.by_number:
                told.by_number[int(ep), int(sq)].dropped = why
        case "M":
            lowest, shift, to = rest.split(" ")
            told.move(int(ep), int(lowest), int(shift), int(to))
        case _:
            raise ValueError(kind)
