"""A pack: samples of one `ep` as one SenML message (RFC 8428) of at most 4 KiB, cut anew whenever it is sent.

All packs are made in one buffer, taken from the heap at power-on: 4 KiB in one piece are not to be had later for sure.
"""

import gc
import json

from girouette.parcel import ROOM, Parcel

LONGEST = 4096
MOST_RECORDS = 256
HEAD_ROOM = 100
"""What the first record bears for the whole message besides names, at its longest."""
_buffer = bytearray(ROOM + LONGEST)


def heads_of(base_name: str, channels) -> list[str]:
    """What never changes in packs of some channels, from (name, unit) pairs: how a message begins, then a record of each one.

    Said once, where a message begins, are the unit of most channels, and, of one channel alone, its name.
    """
    names, units = list(zip(*channels)) or ([], [])
    usual, alone = max(units, key=units.count, default=""), len(names) == 1
    heads = ['{"bn":%s,"bu":%s,' % (json.dumps(base_name + names[0] if alone else base_name), json.dumps(usual))]
    for name, unit in channels:
        named = "" if alone else '"n":%s,' % json.dumps(name)
        heads.append(named + ("" if unit == usual else '"u":%s,' % json.dumps(unit)) + '"v":')
    return heads


class Pack:
    """A message in the making: samples are added, oldest first, as long as there is room. The next pack ends this one."""

    def __init__(self, heads: list[str], ep: int, lowest: int, dropped: int):
        self.ep = ep
        self.numbers: list[int] = []
        self._heads = heads
        self._lowest = lowest
        self._dropped = dropped
        self._base_s = 0
        self._records = self._size = 0

    def add(self, sq: int, time_s: int, values: str) -> bool:
        """Add a sample, or return False when it no longer fits: into the pack, or into what is left of the heap."""
        before = self._size, self._records, self._base_s
        try:
            fits = self._write(sq, time_s, values)
        except MemoryError:
            if not self.numbers:
                raise  # not even one sample: only a restart helps
            gc.collect()
            fits = False
        if fits:
            self.numbers.append(sq)
        else:
            self._size, self._records, self._base_s = before
        return fits

    def _write(self, sq: int, time_s: int, values: str) -> bool:
        """Record by record: a small heap has no long piece left."""
        opening = self._opening(sq, time_s)
        mark = "," if self.numbers else "["
        for channel, text in enumerate(values.split(",")):
            if text:
                record = "%s%s%s%s}" % (mark, opening, self._heads[channel + 1], text)
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
        """How the first record of a sample begins; in that of the message stands all that holds for the whole of it.

        A sample of several channels says its time once, as the new base time of all of its records; alone, `t` is shorter.
        """
        later_s = time_s - self._base_s
        if self.numbers and not later_s:
            return '{"sq":%d,' % sq
        if self.numbers and len(self._heads) == 2:
            return '{"t":%d,"sq":%d,' % (later_s, sq)
        self._base_s = time_s
        if self.numbers:
            return '{"bt":%d,"sq":%d,' % (time_s, sq)
        what = self._heads[0], time_s, self.ep, min(self._lowest, sq), self._dropped, sq
        return '%s"bt":%d,"ep":%d,"lo":%d,"dr":%d,"sq":%d,' % what

    def _append(self, text: str) -> None:
        content = text.encode()
        start = ROOM + self._size
        _buffer[start : start + len(content)] = content
        self._size += len(content)


def newest(samples: list, heads: list[str]) -> list:
    """The last samples of a list that fit into one pack together, oldest of them first."""
    a_sample = sum(map(len, heads)) - len(heads[0]) + 15 * len(heads) + 15
    fitting = max(1, (LONGEST - HEAD_ROOM - len(heads[0])) // a_sample)
    return samples[-fitting:]
