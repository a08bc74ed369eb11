"""The gateway's side of the wire, as small as it can be: it keeps what boards send, sends receipts, and tells the time.

Tests of the firmware hold a board against this and a real broker, without the gateway. The ledger is a set of numbers a
device and `ep`; whoever needs the board's own account reads its serial log (`devices.console`).
"""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

import paho.mqtt.client as paho

Key = tuple[str, int, int]
"""A sample's name: device, `ep` and `sq`."""


class Said(NamedTuple):
    """One message of a board, and when it came."""

    at_s: float
    device: str
    channel: str
    body: Any
    retained: bool


class Numbered(NamedTuple):
    """A sample as it came: its date and the values of its channels."""

    time_s: int
    values: dict[str, float]


class Receiver:
    """Listens to every board on a broker; `mute` keeps its receipts to itself, `timeless` its clock."""

    def __init__(self, port: int, *, mute: bool = False, timeless: bool = False) -> None:
        self.said: list[Said] = []
        self.kept: dict[Key, Numbered] = {}
        self.heard: list[Key] = []
        """Every sample that came, as often as it came."""
        self.altered: list[Key] = []
        """Numbers that came with two contents: there must be none, ever."""
        self.mute, self.timeless = mute, timeless
        self._lo: dict[tuple[str, int], int] = {}
        self._owed: set[tuple[str, int]] = set()
        self._topics: dict[str, str] = {}
        self._ended = threading.Event()
        self._client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id="receiver")
        self._client.on_connect = lambda client, *_: client.subscribe([("gir/1/+/+/+", 1)])
        self._client.on_message = lambda *of: self._take(of[2])
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async("127.0.0.1", port, keepalive=10)
        self._client.loop_start()
        self._thread = threading.Thread(target=self._send_receipts, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hear no more."""
        self._ended.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

    def of(self, channel: str, device: str | None = None) -> list[Said]:
        """What was said on one channel, in the order in which it came."""
        return [s for s in list(self.said) if s.channel == channel and device in {None, s.device}]

    def publish(self, device: str, channel: str, body: object, *, qos: int = 0, retain: bool = False) -> None:
        """Say something to a board."""
        self._client.publish(f"{self._topics[device]}/{channel}", json.dumps(body), qos, retain)

    def receipt(self, device: str, ep: int) -> dict[str, Any]:
        """What a gateway with this ledger says: everything up to `sq`, and eight ranges beyond."""
        numbers = sorted({sq for d, e, sq in list(self.kept) if (d, e) == (device, ep)})
        n, also = fold(numbers, self._lo.get((device, ep), 1) - 1)
        return {"st": 1, "ep": ep, "sq": n, "also": also[:7] + also[7:][-1:]}

    def _take(self, message: paho.MQTTMessage) -> None:
        _, _, _, device, channel = message.topic.split("/")
        if channel in {"kept", "time", "cmd", "piece"}:
            return
        self._topics[device] = message.topic.rpartition("/")[0]
        body = json.loads(message.payload)
        self.said.append(Said(time.time(), device, channel, body, message.retain))
        if channel == "obs":
            self._keep(device, body)
        if channel == "state" and "up" in body and not self.timeless and not message.retain:
            self.publish(device, "time", {"now": int(time.time()), "up": body["up"]})

    def _keep(self, device: str, pack: list[dict[str, Any]]) -> None:
        ep = pack[0]["ep"]
        for sq, sample in samples_of(pack):
            key = (device, ep, sq)
            self.heard.append(key)
            if self.kept.setdefault(key, sample) != sample:
                self.altered.append(key)
        self._lo[device, ep] = max(self._lo.get((device, ep), 0), pack[0]["lo"])
        self._owed.add((device, ep))

    def _send_receipts(self) -> None:
        """At most one a second, device and `ep`, in answer to what came."""
        while not self._ended.wait(1):
            if self.mute:
                continue
            owed, self._owed = self._owed, set()
            for device, ep in owed:
                self.publish(device, "kept", self.receipt(device, ep), retain=True)


def samples_of(pack: list[dict[str, Any]]) -> Iterable[tuple[int, Numbered]]:
    """The samples of a pack as SenML reads (RFC 8428, section 4.6): base labels hold until they change, records follow their opener.

    Channels are called by their whole names, without the device.

    >>> dict(samples_of([{"bn": "b1/noise_level", "bt": 100, "sq": 3, "v": 61.5}, {"sq": 4, "t": 60, "v": 62}]))[4]
    Numbered(time_s=160, values={'noise_level': 62})
    """
    found: dict[int, Numbered] = {}
    bases: dict[str, Any] = {}
    sq = 0
    for record in pack:
        bases |= {key: record[key] for key in ("bn", "bt") if key in record}
        sq = record.get("sq", sq)
        time_s = bases["bt"] + record.get("t", 0)
        sample = found.setdefault(sq, Numbered(time_s, {}))
        assert sample.time_s == time_s, "the records of one sample bear one time"
        name = bases["bn"] + record.get("n", "")
        sample.values[name.partition("/")[2]] = record["v"]
    return found.items()


def fold(numbers: list[int], n: int) -> tuple[int, list[list[int]]]:
    """Sorted numbers as a receipt tells them.

    >>> fold([1, 2, 3, 5, 6, 9], 0)
    (3, [[5, 6], [9, 9]])
    """
    also: list[list[int]] = []
    for sq in numbers:
        if sq <= n + 1 and not also:
            n = max(n, sq)
        elif also and sq == also[-1][1] + 1:
            also[-1][1] = sq
        else:
            also.append([sq, sq])
    return n, also


def doubled(kept: dict[Key, Numbered]) -> list[tuple[str, int]]:
    """The seconds (device, time) that two different samples bear: there must be none."""
    count: dict[tuple[str, int], int] = defaultdict(int)
    for (device, _, _), sample in kept.items():
        count[device, sample.time_s] += 1
    return [second for second, times in count.items() if times > 1]
