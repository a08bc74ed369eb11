"""The spool: samples that wait on disk, in segments that are only ever appended to, each line with its check value.

A segment's first line names its `ep` and its channels, so it can be sent after the counter was lost or the recipe changed.
A line is `<crc32> <sq> <date> <values>`; the date is Unix seconds, or `b<boot>+<uptime>` where the clock was not known yet.
A line that does not add up (a power cut tore it) is a dropped sample. A restart goes on in the last segment, where its
end is whole.
"""

import binascii
import json
import os

from micropython import const

SEGMENT_BYTES = 32700
"""Eight blocks of 4 KiB, less what littlefs keeps in them. A full spool has 16 segments: each takes 200 bytes of the heap,
and freeing is by the segment."""
BLOCK = 4096
_BLOCK_HOLDS = const(4084)
_HEADER_LONGEST = const(4096)


class Segment:
    """One file of the spool, called by its place in the order."""

    def __init__(self, place: int, size: int, ep: int, first: int, channels: list):
        self.place = place
        self.size = size
        self.ep = self.told_ep = ep
        self.shift = 0
        """What is added to the numbers that are written in it, which are those of `told_ep`."""
        self.low = first
        self.channels = channels
        self.start = 0
        self.counted = 0
        self.given_up: list[int] | None = None


class Spool:
    """All segments, oldest first, bounded in bytes of flash."""

    def __init__(self, folder: str, limit_bytes: int):
        self._folder = folder
        self._limit = limit_bytes
        self._writing: Segment | None = None
        self.segments: list[Segment] = []
        self.spoilt = 0
        try:
            os.mkdir(folder)
        except OSError:
            pass  # it is there, or the first append will say that the disk refuses
        self._next = 1
        for name in sorted(self._names()):
            self._next = int(name) + 1
            self._adopt(name)
        if self.segments and self._ends_whole(self.segments[-1]):
            self._writing = self.segments[-1]

    @property
    def bytes(self) -> int:
        """How much waits."""
        return sum(s.size for s in self.segments)

    def too_full_for(self, size: int) -> bool:
        """Would another `size` bytes exceed what the spool may take of the flash, whole blocks counted?"""
        if not self.segments:
            return False
        last = self.segments[-1].size + size
        whole = [s.size for s in self.segments[:-1]] + [min(last, SEGMENT_BYTES)]
        more = size if last > SEGMENT_BYTES else 0
        return sum(on_flash(s) for s in whole) + on_flash(more) > self._limit

    def begin_after(self, gone: int, known: int) -> None:
        """Remove the segments up to the one that is `gone`, and call no new one as one that is gone or `known`."""
        for segment in [s for s in self.segments if s.place <= gone]:
            self.remove(segment)
        self._next = max(self._next, gone + 1, known + 1)

    def append(self, ep: int, channels: list, lines: list[tuple[int, str, str]]) -> tuple[Segment, int]:
        """Write samples (number, date, values) down, and say where; when the disk refuses (OSError) they are the caller's."""
        text = "".join(line_of(sq, when, values) for sq, when, values in lines)
        segment = self._writing
        if segment is None or not fits(segment, ep, channels, len(text)):
            segment = self._open(ep, lines[0][0], channels)
        self._writing = None  # nothing is appended to a segment whose end is in doubt
        with open(self._path(segment), "ab") as file:
            file.write(text.encode())
        start = segment.size
        segment.size += len(text)
        self._writing = segment
        return segment, start

    def open_at(self, segment: Segment, offset: int):
        """The file of a segment, ready to read lines from `offset`; 0 is its first sample."""
        file = open(self._path(segment), "rb")
        file.seek(max(offset, segment.start))
        return file

    def remove(self, segment: Segment) -> None:
        """Forget a segment: a receipt covers it all, or it had to give way."""
        if segment is self._writing:
            self._writing = None
        self.segments.remove(segment)
        try:
            os.remove(self._path(segment))
        except OSError:
            print("# spool: cannot remove segment", segment.place)

    def _open(self, ep: int, first: int, channels: list) -> Segment:
        header = json.dumps({"ep": ep, "first": first, "channels": channels}).encode()
        segment = Segment(self._next, 0, ep, first, channels)
        with open(self._path(segment), "wb") as file:
            file.write(b"%08x %s\n" % (binascii.crc32(header), header))
            segment.start = segment.size = file.tell()
        self._next += 1
        self.segments.append(segment)
        self._writing = segment
        return segment

    def _adopt(self, name: str) -> None:
        """Take a segment of an earlier boot in; one whose first line is spoilt cannot be sent under any `ep`."""
        path = self._folder + "/" + name
        try:
            with open(path, "rb") as file:
                header = checked(file.readline(_HEADER_LONGEST))
                start = file.tell()
            if header is None:
                raise ValueError("check value")
            told = json.loads(header)
            channels = told["channels"]
            if self.segments and self.segments[-1].channels == channels:
                channels = self.segments[-1].channels  # one list for all
            segment = Segment(int(name), os.stat(path)[6], told["ep"], told["first"], channels)
        except (OSError, ValueError, KeyError, TypeError):
            print("# spool: segment", name, "has no readable first line and is left out")
            self.spoilt += 1
            self._drop_file(path)
            return
        segment.start = start
        self.segments.append(segment)

    def _ends_whole(self, segment: Segment) -> bool:
        try:
            with open(self._path(segment), "rb") as file:
                file.seek(segment.size - 1)
                return file.read(1) == b"\n"
        except OSError:
            return False

    def _drop_file(self, path: str) -> None:
        try:
            os.remove(path)
        except OSError:
            print("# spool: cannot remove", path)

    def _names(self) -> list[str]:
        try:
            return [name for name in os.listdir(self._folder) if len(name) == 8 and name.isdigit()]
        except OSError:
            return []

    def _path(self, segment: Segment) -> str:
        return "%s/%08d" % (self._folder, segment.place)


def fits(segment: Segment, ep: int, channels: list, size: int) -> bool:
    """May samples of this `ep` and these channels be added to a segment?"""
    alike = segment.told_ep == segment.ep == ep and segment.channels == channels
    return alike and segment.size + size <= SEGMENT_BYTES


def on_flash(size: int) -> int:
    """What a file of this size takes of the flash."""
    return -(-size // _BLOCK_HOLDS) * BLOCK


def line_of(sq: int, when: str, values: str) -> str:
    """A sample as a line with its check value."""
    rest = "%d %s %s" % (sq, when, values)
    return "%08x %s\n" % (binascii.crc32(rest.encode()), rest)


def checked(line: bytes) -> bytes | None:
    """What a line says, or None when its check value does not fit."""
    try:
        good = line[-1:] == b"\n" and int(line[:8], 16) == binascii.crc32(line[9:-1])
    except ValueError:
        return None
    return line[9:-1] if good else None


def read_line(line: bytes) -> tuple[int, str, str] | None:
    """Number, date and values of a sample's line, or None when it is spoilt."""
    rest = checked(line)
    if rest is None:
        return None
    try:
        sq, when, values = rest.decode().split(" ")
        return int(sq), when, values
    except ValueError:
        return None
