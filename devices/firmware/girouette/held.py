"""The samples in memory: the newest ones, until a receipt covers them or they go to the spool."""

from girouette.sample import Sample

ROOM = 48
FULL = 32
"""From here on samples go to the spool, so that there is always room for the next ones."""


class Held:
    """Up to 48 samples of the current `ep`, oldest first."""

    def __init__(self):
        self.samples: list[Sample] = []

    def add(self, sample: Sample) -> Sample | None:
        """Keep a new sample; the oldest is returned, no longer held, where there was no room."""
        oldest = self.samples.pop(0) if len(self.samples) >= ROOM else None
        self.samples.append(sample)
        return oldest

    def free(self, covers) -> None:
        """Forget the samples that are kept elsewhere."""
        self.samples = [s for s in self.samples if not covers(s.sq)]

    def between(self, first: int, last: int) -> list[Sample]:
        """The samples held with these numbers."""
        return [s for s in self.samples if first <= s.sq <= last]

    def unsent(self, first: int, below: int) -> list[Sample]:
        """The dated samples with `first` <= number < `below` that were not sent since the connection was made."""
        return [s for s in self.samples if first <= s.sq < below and not s.sent and s.time_s is not None]

    def undated(self) -> list[Sample]:
        """The samples that wait for a clock."""
        return [s for s in self.samples if s.time_s is None]

    def forget_oldest(self, count: int) -> None:
        """These are on disk now."""
        self.samples = self.samples[count:]

    def forget_sending(self) -> None:
        """After a reconnect nothing counts as sent."""
        for sample in self.samples:
            sample.sent = False
