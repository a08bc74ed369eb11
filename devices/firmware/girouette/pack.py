"""A pack: samples of one `ep` as one SenML message (RFC 8428) of at most 4 KiB, cut anew whenever it is sent."""

import json

LONGEST = 4096
HEAD_ROOM = 140
MOST_RECORDS = 256


def heads_of(channels) -> list[str]:
    """The part of each channel's record that never changes, from (name, unit) pairs."""
    return ['"n":%s,"u":%s,"v":' % (json.dumps(name), json.dumps(unit)) for name, unit in channels]


class Pack:
    """A message in the making: samples are added, oldest first, as long as there is room."""

    def __init__(self, base_name: str, ep: int, lowest: int, dropped: int):
        self.ep = ep
        self.numbers: list[int] = []
        self._base_name = base_name
        self._lowest = lowest
        self._dropped = dropped
        self._base_s = 0
        self._records: list[str] = []
        self._size = HEAD_ROOM

    def add(self, sq: int, time_s: int, values: str, heads: list[str]) -> bool:
        """Add a sample, or return False when it no longer fits."""
        if not self.numbers:
            self._base_s = time_s
        texts = values.split(",")
        when = time_s - self._base_s
        time = '"t":%d,' % when if when else ""
        opening = '{"sq":%d,' % sq
        fresh = []
        for head, text in zip(heads, texts):
            if text:
                fresh.append("%s%s%s%s}" % ("{" if fresh else opening, time, head, text))
        size = sum(len(r) + 1 for r in fresh)
        if self.numbers and (self._size + size > LONGEST or len(self._records) + len(fresh) > MOST_RECORDS):
            return False
        self._records.extend(fresh)
        self._size += size
        self.numbers.append(sq)
        return True

    def payload(self) -> bytes:
        """The message."""
        head = '[{"bn":%s,"bt":%d,"ep":%d,"lo":%d,"dr":%d,' % (
            json.dumps(self._base_name),
            self._base_s,
            self.ep,
            min(self._lowest, self.numbers[0]),
            self._dropped,
        )
        first = self._records[0]
        self._records[0] = head + first[1:]
        message = ",".join(self._records) + "]"
        self._records[0] = first
        return message.encode()
