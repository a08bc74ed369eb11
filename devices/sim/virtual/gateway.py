"""A gateway as a board meets it, for long sessions: it keeps numbers, sends receipts once a second, and tells the time."""

import json
import time

from broker import the_broker

MOST_RANGES = 8


class Gateway:
    """Its ledger holds what it heard as ranges [a, b] of each `ep`; it hears packs only while it runs."""

    def __init__(self):
        self.runs = True
        self._kept = {}
        self._owed = []

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
