"""A loud crowd of boards for the journeys: many devices in one process, each keeping its samples as WIRE.md asks.

They are no simulated ESP32s: they only make more load than a few real boards would, one sample a second each, and they are a
second, independent reading of the protocol. What they made is the truth that the store is held against.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import paho.mqtt.client as mqtt

RESEND_S = 2.0
LOOK_S = 0.1
MOST_ON_THE_WAY = 40
CHANNELS = (("temperature", "Cel"), ("humidity", "%RH"))


@dataclass
class Crier:
    """One device of the crowd: what it made, and what it still holds."""

    device: str
    shard: str
    ep: int
    made: dict[int, tuple[int, tuple[float, ...]]] = field(default_factory=dict)
    held: dict[int, float] = field(default_factory=dict)
    """Number of a sample that no receipt covers -> when it was last sent."""

    @property
    def topic(self) -> str:
        """The topic of its packs."""
        return f"gir/1/{self.shard}/{self.device}/obs"

    def make(self, time_s: int) -> None:
        """Measure once more."""
        sq = len(self.made) + 1
        self.made[sq] = (time_s, (round(15 + sq % 97 / 10, 1), round(40 + sq % 31 / 2, 1)))
        self.held[sq] = 0.0

    def pack(self, sq: int) -> bytes:
        """One sample as a pack."""
        time_s, values = self.made[sq]
        records: list[dict[str, object]] = [
            {"n": name, "u": unit, "v": v} for (name, unit), v in zip(CHANNELS, values, strict=True)
        ]
        lowest = min(self.held, default=sq)
        head = {"bn": f"{self.device}/", "bt": time_s, "ep": self.ep, "lo": min(lowest, sq), "dr": 0, "sq": sq}
        records[0] = head | records[0]
        return json.dumps(records).encode()

    def hear(self, kept: dict[str, object]) -> None:
        """Free what a receipt covers."""
        if kept.get("ep") != self.ep:
            return
        also = kept.get("also") or []
        for sq in list(self.held):
            if sq <= int(kept["sq"]) or any(a <= sq <= b for a, b in also):  # type: ignore[call-overload, attr-defined]
                self.held.pop(sq, None)


class Crowd:
    """Devices that make samples until told to stop, and then send until a receipt covers every one."""

    def __init__(self, port: int, devices: Iterable[tuple[str, str]]) -> None:
        self._port = port
        self.criers = {name: Crier(name, shard, 1000 + n) for n, (name, shard) in enumerate(devices)}
        self._lock = threading.Lock()
        self._making = threading.Event()
        self._running = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="crowd")
        self._client.reconnect_delay_set(0.2, 1)
        self._client.on_connect = self._connected
        self._client.on_message = self._heard
        self._worker = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._running.set()
        self._making.set()
        self._client.connect_async("127.0.0.1", self._port, keepalive=10)
        self._client.loop_start()
        self._worker.start()

    def stop_making(self) -> None:
        """Measure no more; go on sending what is held."""
        self._making.clear()

    def held(self) -> int:
        """How many samples no receipt covers yet."""
        with self._lock:
            return sum(len(c.held) for c in self.criers.values())

    def made(self) -> dict[tuple[str, str, int], float]:
        """Everything that was made, by device, channel and time."""
        return {
            (c.device, channel, time_s): value
            for c in self.criers.values()
            for time_s, values in c.made.values()
            for (channel, _), value in zip(CHANNELS, values, strict=True)
        }

    def close(self) -> None:
        """Go away."""
        self._running.clear()
        self._worker.join(5)
        self._client.loop_stop()
        self._client.disconnect()

    def _connected(self, client: mqtt.Client, *_: object) -> None:
        client.subscribe([(f"gir/1/{c.shard}/{c.device}/kept", 0) for c in self.criers.values()])
        with self._lock:
            for crier in self.criers.values():
                crier.held = dict.fromkeys(crier.held, 0.0)

    def _heard(self, _: mqtt.Client, __: object, message: mqtt.MQTTMessage) -> None:
        with self._lock:
            self.criers[message.topic.split("/")[3]].hear(json.loads(message.payload))

    def _work(self) -> None:
        measured_s = 0
        while self._running.is_set():
            now_s = int(time.time())
            with self._lock:
                if self._making.is_set() and now_s > measured_s:
                    measured_s = now_s
                    for crier in self.criers.values():
                        crier.make(now_s)
                for crier in self.criers.values():
                    self._send(crier)
            time.sleep(LOOK_S)

    def _send(self, crier: Crier) -> None:
        if not self._client.is_connected():
            return
        now = time.monotonic()
        due = [sq for sq, sent in crier.held.items() if sent == 0.0 or now - sent > RESEND_S][:MOST_ON_THE_WAY]
        for sq in due:
            crier.held[sq] = now
            self._client.publish(crier.topic, crier.pack(sq), qos=1)
