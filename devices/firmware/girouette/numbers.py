"""The numbers of samples: `ep`, random, made whenever the counter is made, and `sq`, never used twice in its `ep`.

The counter is reserved 64 at a time in a file, so that the flash is written once for 64 samples; after a restart the
unused ones are holes. A counter that cannot be read, or cannot be kept, means a new `ep`: a number is never guessed.
"""

import binascii
import json
import os

RESERVE = 64
EP_BITS = 30
BASES = 8


class Numbers:
    """The board's counter of samples, of drops and of boots."""

    def __init__(self, path: str = "counter", urandom=os.urandom):
        self._path = path
        self._urandom = urandom
        self._others: dict[int, int] = {}
        kept = self._read()
        if kept is None:
            self._start(0, {})
        else:
            self.ep: int = kept["ep"]
            self.next: int = kept["sq"]
            self.dropped: int = kept["dr"]
            self.boot: int = kept["boot"] + 1
            self.bases: dict[str, int] = kept["bases"]
        self._reserved = self.next
        self._told = self.dropped
        self._reserve()

    def take(self) -> int:
        """The next sample's number."""
        if self.next >= self._reserved:
            self._reserve()
        sq, self.next = self.next, self.next + 1
        return sq

    def renew(self) -> None:
        """A new `ep`: the old one's numbers are in doubt."""
        self._others = {self.ep: self.dropped}
        self._start(self.boot - 1, self.bases)
        self._reserve()

    def drop(self, ep: int) -> None:
        """One sample of this `ep` had to be dropped."""
        if ep == self.ep:
            self.dropped += 1
        else:
            self._others = {ep: self._others.get(ep, 0) + 1}

    def dropped_of(self, ep: int) -> int:
        """How many samples of this `ep` were dropped, as far as is known."""
        return self.dropped if ep == self.ep else self._others.get(ep, 0)

    def keep_base(self, base_s: int) -> None:
        """Remember the date at which this boot began: samples of it wait on disk undated."""
        self.bases[str(self.boot)] = base_s
        while len(self.bases) > BASES:
            self.bases.pop(str(min(int(b) for b in self.bases)))
        self._save()

    def base_of(self, boot: int) -> int | None:
        """The date at which a boot began, or None when it was never learnt."""
        return self.bases.get(str(boot))

    def keep_drops(self) -> None:
        """Write the count of drops, where it has changed; called now and then, not at each drop."""
        if self.dropped != self._told:
            self._save()

    def _start(self, boot: int, bases: dict[str, int]) -> None:
        self.ep = int.from_bytes(self._urandom(4), "big") & ((1 << EP_BITS) - 1)
        self.next = self._reserved = 1
        self.dropped = 0
        self.boot = boot + 1
        self.bases = bases

    def _reserve(self) -> None:
        """Put the next 64 numbers beyond doubt before the first of them is used."""
        self._reserved = self.next + RESERVE
        if not self._save():
            self._start(self.boot - 1, self.bases)
            self._reserved = 1 << EP_BITS  # never kept, so never read again: this `ep` ends with this boot
            print("# counter not kept, a new ep for this boot:", self.ep)

    def _save(self) -> bool:
        text = json.dumps(
            {"ep": self.ep, "sq": self._reserved, "dr": self.dropped, "boot": self.boot, "bases": self.bases}
        )
        fresh = self._path + ".new"
        try:
            with open(fresh, "w") as file:
                file.write("%08x %s" % (binascii.crc32(text.encode()), text))
            os.rename(fresh, self._path)
        except OSError:
            return False
        self._told = self.dropped
        return True

    def _read(self) -> dict | None:
        try:
            with open(self._path) as file:
                check, text = file.read(1024).split(" ", 1)
            if int(check, 16) != binascii.crc32(text.encode()):
                return None
            return json.loads(text)
        except (OSError, ValueError):
            return None
