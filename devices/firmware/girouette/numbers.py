"""The numbers of samples: `ep`, random, made whenever the counter is made, and `sq`, never used twice in its `ep`.

The counter is reserved 64 at a time in a file, so that the flash is written once for 64 samples; after a restart the
unused ones are holes. A counter that cannot be read, or cannot be kept, means a new `ep`: a number is never guessed.

The same file says what became of the spool, so that one rename decides it: the last segment that had to give way, how far
the spool was read when drops were counted, and which segments bear numbers of another `ep` since their own was in doubt.
"""

import binascii
import json
import os

from micropython import const

RESERVE = 64
_EP_BITS = const(30)
_BASES = const(8)


class Numbers:
    """The board's counter of samples, of drops and of boots."""

    def __init__(self, slept: list | None = None, path: str = "counter", urandom=os.urandom):
        self._path = path
        self._urandom = urandom
        self._others: dict[int, int] = {}
        kept = self._read() or {}
        self.boot: int = kept.get("boot", 0) + 1
        self.bases: dict[str, int] = kept.get("bases", {})
        self.gone: int = kept.get("gone", 0)
        self.passed: list[int] = kept.get("passed") or [0, 0]
        self.moved: dict[str, list[int]] = kept.get("moved", {})
        self.ep: int = kept.get("ep", -1)
        self.next: int = kept.get("sq", 1)
        self.dropped: int = kept.get("dr", 0)
        if not kept:
            self._new_ep()
        self.kept = bool(kept)
        self._told = self.dropped
        self._reserved = self.next
        self.went_on = bool(kept) and slept is not None and self._go_on(slept)
        if self.went_on:
            return
        self._reserve()
        if not self.kept:
            self.next, self._reserved = 1, 2

    def _go_on(self, slept: list) -> bool:
        """After a planned sleep this is the same boot, and its numbers go on where they were; False where the file is another."""
        ep, boot, after, dropped = slept
        if ep != self.ep or boot != self.boot - 1 or not after <= self._reserved:
            return False
        self.boot, self.next, self.dropped = boot, after, dropped
        return True

    def take(self) -> int:
        """The next sample's number; where it cannot be put beyond doubt it is one of a new `ep`."""
        if self.next >= self._reserved:
            self._reserve()
        sq, self.next = self.next, self.next + 1
        return sq

    def renew(self, lowest: int) -> int:
        """A new `ep`, for the numbers of the old one are in doubt; how much the numbers held, `lowest` to the last, rise.

        Samples of the old `ep` that wait on disk are numbered again by this one write, wherever the power is cut.
        """
        old, shift = self.ep, 1 - lowest
        self._others = {old: self.dropped}
        self._new_ep()
        self.kept = False
        self.moved = {e: [self.ep, s + shift] if ep == old else [ep, s] for e, (ep, s) in self.moved.items()}
        self.moved[str(old)] = [self.ep, shift]
        self.next += shift
        self._reserve()
        return shift

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
        while len(self.bases) > _BASES:
            self.bases.pop(str(min(int(b) for b in self.bases)))
        self._save()

    def base_of(self, boot: int) -> int | None:
        """The date at which a boot began, or None when it was never learnt."""
        return self.bases.get(str(boot))

    def keep_drops(self) -> None:
        """Write the count of drops, where it has changed; called now and then, not at each drop."""
        if self.dropped != self._told:
            self._save()

    def give_way(self, place: int) -> None:
        """The spool's segments up to this one are counted as dropped, whether or not they are still there."""
        self.gone = place
        self._save()

    def _new_ep(self) -> None:
        self.ep = int.from_bytes(self._urandom(4), "big") & ((1 << _EP_BITS) - 1)
        self.dropped = 0

    def _reserve(self) -> None:
        """Put the next 64 numbers beyond doubt before the first of them is used."""
        self._reserved = self.next + RESERVE
        if self._save():
            return
        self._reserved = self.next + 1  # the next one tries again
        if self.kept:
            self.kept = False
            self._new_ep()  # what the disk says of the old one would be given twice
            print("# counter not kept, a new ep until it is:", self.ep)

    def _save(self) -> bool:
        told = {"ep": self.ep, "sq": self._reserved, "dr": self.dropped, "boot": self.boot, "gone": self.gone}
        told.update({"bases": self.bases, "moved": self.moved, "passed": self.passed if self.passed[0] else 0})
        text = json.dumps({name: value for name, value in told.items() if value}, separators=(",", ":"))
        fresh = self._path + ".new"
        try:
            with open(fresh, "w") as file:
                file.write("%08x %s" % (binascii.crc32(text.encode()), text))
            os.rename(fresh, self._path)
        except OSError:
            return False
        self._told = self.dropped
        self.kept = True
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
