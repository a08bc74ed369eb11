"""A gateway as a board meets it, for long sessions: it keeps numbers, sends receipts once a second, and tells the time."""

import json
import time

from broker import the_broker

MOST_RANGES = 8
LEDGER = "../ledger"


class Gateway:
    """Its ledger holds what it heard as ranges [a, b] of each `ep`; it hears packs only while it runs."""

    def __init__(self):
        self.runs = True
        self._kept = {}
        self._owed = []
        self._latest = None

    def open(self) -> None:
        """Know what was kept before this boot of the board."""
        try:
            with open(LEDGER) as file:
                self._kept = {int(ep): ranges for ep, ranges in json.load(file).items()}
        except OSError:
            self._kept = {}

    def close(self) -> None:
        """Keep the ledger for the board's next boot."""
        with open(LEDGER, "w") as file:
            json.dump(self._kept, file)

    def joined(self) -> None:
        """The broker gives the board the receipt that it retains."""
        if self._latest is not None:
            self._tell(self._latest)

    def hear(self, channel: str, payload: bytes) -> None:
        """A message of the board."""
        if not self.runs:
            return
        if channel == "state":
            told = json.loads(payload)
            if "up" in told:
                the_broker.say("time", json.dumps({"now": int(time.time()), "up": told["up"]}).encode())
        elif channel == "obs":
            pack = json.loads(payload)
            ep = pack[0]["ep"]
            ranges = self._kept.setdefault(ep, [[0, pack[0]["lo"] - 1]])
            ranges[0][1] = max(ranges[0][1], pack[0]["lo"] - 1)
            for record in pack:
                if "sq" in record:
                    keep(ranges, record["sq"])
            if ep not in self._owed:
                self._owed.append(ep)

    def tick(self) -> None:
        """Send the receipts that are owed; called once a second."""
        owed, self._owed = self._owed, []
        for ep in owed:
            self._tell(ep)

    def _tell(self, ep: int) -> None:
        self._latest = ep
        ranges = self._kept[ep]
        told = {"st": 1, "ep": ep, "sq": ranges[0][1], "also": ranges[1 : 1 + MOST_RANGES]}
        the_broker.say("kept", json.dumps(told).encode())


def keep(ranges: list, sq: int) -> None:
    """Add a number to sorted ranges, joining those that it makes touch."""
    at = len(ranges)
    while at and ranges[at - 1][0] > sq:
        at -= 1
    if at and sq <= ranges[at - 1][1] + 1:
        ranges[at - 1][1] = max(ranges[at - 1][1], sq)
        at -= 1
    else:
        ranges.insert(at, [sq, sq])
    while at + 1 < len(ranges) and ranges[at + 1][0] <= ranges[at][1] + 1:
        ranges[at][1] = max(ranges[at][1], ranges.pop(at + 1)[1])


the_gateway = Gateway()
