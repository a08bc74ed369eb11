"""A pack: samples of one `ep` as one SenML message (RFC 8428) of at most 4 KiB, cut anew whenever it is sent.

All packs are made in one buffer, taken from the heap at power-on: 4 KiB in one piece are not to be had later for sure.
"""

import gc
import json

from girouette.parcel import ROOM, Parcel

LONGEST = 4096
MOST_RECORDS = 256
HEAD_ROOM = 140
"""What the first record bears for the whole message, at its longest."""
_buffer = bytearray(ROOM + LONGEST)


def heads_of(channels) -> list[str]:
    """The part of each channel's record that never changes, from (name, unit) pairs."""
    return ['"n":%s,"u":%s,"v":' % (json.dumps(name), json.dumps(unit)) for name, unit in channels]


class Pack:
    """A message in the making: samples are added, oldest first, as long as there is room. The next pack ends this one."""

    def __init__(self, base_name: str, ep: int, lowest: int, dropped: int):
        self.ep = ep
        self.numbers: list[int] = []
        self._base_name = base_name
        self._lowest = lowest
        self._dropped = dropped
        self._base_s = 0
        self._records = self._size = 0

    def add(self, sq: int, time_s: int, values: str, heads: list[str]) -> bool:
        """Add a sample, or return False when it no longer fits: into the pack, or into what is left of the heap."""
        before = self._size, self._records
        try:
            fits = self._write(sq, time_s, values, heads)
        except MemoryError:
            if not self.numbers:
                raise  # not even one sample: only a restart helps
            gc.collect()
            fits = False
        if fits:
            self.numbers.append(sq)
        else:
            self._size, self._records = before
        return fits

    def _write(self, sq: int, time_s: int, values: str, heads: list[str]) -> bool:
        """Record by record: a small heap has no long piece left."""
        opening = '{"sq":%d,' % sq if self.numbers else self._opening(sq, time_s)
        later_s = time_s - self._base_s
        time = '"t":%d,' % later_s if later_s else ""
        mark = "," if self.numbers else "["
        for head, text in zip(heads, values.split(",")):
            if text:
                record = "%s%s%s%s%s}" % (mark, opening, time, head, text)
                if self._size + len(record) + 1 > LONGEST or self._records == MOST_RECORDS:
                    return False
                self._append(record)
                self._records += 1
                mark, opening = ",", "{"
        return True

    def payload(self) -> Parcel:
        """The message, for as long as no other pack is made."""
        end = ROOM + self._size
        _buffer[end : end + 1] = b"]"
        return Parcel(_buffer, self._size + 1)

    def _opening(self, sq: int, time_s: int) -> str:
        """How the first record begins: with all that holds for the whole message."""
        self._base_s = time_s
        what = json.dumps(self._base_name), time_s, self.ep, min(self._lowest, sq), self._dropped, sq
        return '{"bn":%s,"bt":%d,"ep":%d,"lo":%d,"dr":%d,"sq":%d,' % what

    def _append(self, text: str) -> None:
        content = text.encode()
        start = ROOM + self._size
        _buffer[start : start + len(content)] = content
        self._size += len(content)


def newest(samples: list, heads: list[str]) -> list:
    """The last samples of a list that fit into one pack together, oldest of them first."""
    a_sample = sum(len(h) for h in heads) + len(heads) * 20 + 40
    fitting = max(1, (LONGEST - HEAD_ROOM) // max(1, a_sample + 16))
    return samples[-fitting:]
