"""The board's diary: what happened, on the console and on flash, where the newest 4 to 8 KiB outlive a restart.

Two files take turns, each called by the place of its first byte in the whole diary, so that a reader can go on where it
stopped. A line is `b<boot>+<uptime> <date or -> <what>`. At most 60 lines an hour are kept: a flapping network must not
wear the flash.
"""

import os

from micropython import const

import slots

FOLDER = "log"
_FILE_BYTES = const(4096)
_LINE_LONGEST = const(120)
_AN_HOUR = const(60)
HOUR_S = 3600


class Log:
    """One board's diary."""

    def __init__(self, folder: str = FOLDER):
        self._folder = folder
        self._boot = 0
        self._uptime = self._clock = None
        self._hour = self._count = self._left_out = 0
        try:
            os.mkdir(folder)
        except OSError:
            pass  # it is there, or the first line will say that the disk refuses

    def begin(self, boot: int, uptime, clock) -> None:
        """From now on lines say when."""
        self._boot, self._uptime, self._clock = boot, uptime, clock

    def note(self, *words) -> None:
        """Say something on the console, and keep it."""
        print("#", *words)
        up_s = self._uptime.s() if self._uptime is not None else 0
        if up_s // HOUR_S != self._hour:
            self._hour, self._count = up_s // HOUR_S, 0
        self._count += 1
        if self._count > _AN_HOUR:
            self._left_out += 1
            return
        if self._left_out:
            words = words + ("(and %d lines left out)" % self._left_out,)
            self._left_out = 0
        now_s = self._clock.now_s() if self._clock is not None else None
        try:
            text = " ".join(str(w) for w in words).replace("\n", " ")
            self._append(("b%d+%d %s %s" % (self._boot, up_s, now_s or "-", text))[:_LINE_LONGEST].encode() + b"\n")
        except MemoryError:
            pass  # what is only told must not end what is done

    def _append(self, line: bytes) -> None:
        files = self.files()
        begin, size = files[-1] if files else (0, 0)
        if size + len(line) > _FILE_BYTES:
            begin, size = begin + size, 0
        try:
            if size == 0:
                for old, _ in files[:-1]:
                    os.remove(self.path(old))
            with open(self.path(begin), "ab") as file:
                file.write(line)
        except OSError as error:
            print("# log: the disk refuses,", error)

    def files(self) -> list[tuple[int, int]]:
        """The first place and the size of each file, oldest first."""
        try:
            names = [n for n in os.listdir(self._folder) if n.isdigit()]
            return sorted((int(n), os.stat(self._folder + "/" + n)[6]) for n in names)
        except OSError:
            return []

    def path(self, begin: int) -> str:
        """Where the file lies that begins there."""
        return "%s/%d" % (self._folder, begin)


the_log = Log()
note = the_log.note


def tell_log(raw: dict) -> dict:
    """A piece of the diary, from the place that is asked for on; what reads it is loaded for that moment."""
    try:
        from girouette import diary

        start = raw.get("from")
        text, after, end = diary.read(the_log, start if isinstance(start, int) else 0)
    finally:
        slots.unload("girouette.diary")
    return {"text": text, "next": after, "end": end}
