"""A pack on its way: which samples it bore, where they are held, and when they are sent again without a receipt."""

from girouette.spool import Segment

AGAIN_MS = 5000
LONGEST_MS = 600000
MOST_SENDS = 5


class Flight:
    """Sent, and not yet covered by a receipt."""

    def __init__(self, ep: int, first: int, last: int, live: bool):
        self.ep = ep
        self.first = first
        self.last = last
        self.live = live
        self.segment: Segment | None = None
        self.start = self.end = 0
        self.sends = self.misses = 0
        self.outrun = False
        self.sent_ms = self.due_ms = 0

    def sent(self, now_ms: int, chance: float) -> None:
        """It was handed to the network: due again after 5 s, doubling to 10 min, with up to a quarter of jitter."""
        self.misses += 1 if self.outrun else 0
        self.outrun = False
        self.sends += 1
        wait_ms = min(AGAIN_MS << min(self.sends - 1, 10), LONGEST_MS)
        self.sent_ms = now_ms
        self.due_ms = now_ms + wait_ms + int(wait_ms * chance / 4)

    @property
    def hopeless(self) -> bool:
        """Was every one of five sends outrun by a later pack that got its receipt?"""
        return self.outrun and self.misses >= MOST_SENDS - 1

    def forgive(self, now_ms: int, chance: float) -> None:
        """The gateway had fallen silent and is back: look soon whether this pack reached it."""
        self.sends = 1
        self.due_ms = min(self.due_ms, now_ms + 1000 + int(2000 * chance))
