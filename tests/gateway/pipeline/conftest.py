"""A town whose gateway can be run, stopped and run again on its file, and boards that speak to it over a real broker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import paho.mqtt.client as mqtt
import pytest
from numpy.typing import NDArray

from devices.quantity import load_quantities
from devices.reading import topic_of
from gateway.directory import Directory
from gateway.inbox.mqtt import MqttInbox
from gateway.journal import Journal
from gateway.numerics.columns import READING, WINDOW
from gateway.pipeline import Pipeline
from gateway.registry import Registry
from gateway.store.port import FAR_S, Store
from gateway.store.sqlite import SqliteStore

CHANNELS = (
    ("temperature", "temperature", {"suspect_high": 30.0, "spike_suspect": 3.0, "rate_per_s": 1.0}),
    ("wind_direction", "wind_direction", {}),
)
QUANTITIES = load_quantities()


@dataclass
class Limits:
    """What is set of a pipeline."""

    rate: float = 1e6
    burst: int = 1_000_000
    raw_days: int = 0
    m1_days: int = 0
    h1_days: int = 0
    d1_days: int = 0


@dataclass
class Town:
    """Devices `air-0` and on, each at a place of its own, in one file."""

    file: Path
    registry: Registry
    pilot: int
    devices: list[str] = field(default_factory=list)

    def add(self, device: str) -> None:
        """Register a device at a new place."""
        place = self.registry.add_place(self.pilot, device, lat=48.0, lon=-1.0)
        self.registry.add_device(
            device, pilot_id=self.pilot, recipe="air", channels=CHANNELS, period_s=1, place_id=place.id, at_s=1000,
            password_hash="",
        )  # fmt: skip
        self.devices.append(device)

    @property
    def directory(self) -> Directory:
        """What admission looks things up in."""
        return Directory(self.registry, QUANTITIES)

    def stored(self, store: Store) -> dict[str, NDArray[np.void]]:
        """Everything that a store holds of every series, by tier."""
        ids = [series.id for series in self.registry.series()]
        return {
            tier: np.concatenate(
                [np.empty(0, dtype), *(store.read(series, 0, FAR_S, tier=tier) for series in ids)]  # type: ignore[arg-type]
            )
            for tier, dtype in (("raw", READING), ("m1", WINDOW), ("h1", WINDOW), ("d1", WINDOW))
        }

    def kept(self) -> dict[str, NDArray[np.void]]:
        """The same of the embedded file."""
        with contextlib.closing(SqliteStore(self.file, read_only=True)) as store:
            return self.stored(store)

    def journal(self) -> contextlib.closing[Journal]:
        """The journal of the file, to be looked into."""
        return contextlib.closing(Journal(self.file))

    @contextlib.asynccontextmanager
    async def gateway(
        self, port: int, *, store: Store | None = None, adopt: bool = False, limits: Limits | None = None
    ) -> AsyncIterator[Pipeline]:
        """A gateway that runs until the block ends; what it raises is raised."""
        with contextlib.ExitStack() as opened:
            registry = opened.enter_context(contextlib.closing(Registry(f"sqlite:{self.file}")))
            kept = store or opened.enter_context(contextlib.closing(SqliteStore(self.file)))
            journal = opened.enter_context(contextlib.closing(Journal(self.file)))
            inbox = MqttInbox(f"mqtt://127.0.0.1:{port}")
            pipeline = Pipeline(
                inbox, journal, kept, registry, QUANTITIES, clock=time.time, settings=limits or Limits(), adopt=adopt
            )
            running = asyncio.create_task(pipeline.run())
            try:
                while pipeline.ready() is not None and not running.done():  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
                if running.done():
                    running.result()
                yield pipeline
            finally:
                running.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await running


class Boards:
    """Speaks for all boards of a town, and hears what they hear."""

    def __init__(self, port: int) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self._subscribed = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_message = lambda _, __, m: self.heard.append((m.topic, json.loads(m.payload or b"{}")))
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([("gir/1/+/+/kept", 0), ("gir/1/+/+/time", 0)])
        self._client.loop_start()
        assert self._subscribed.wait(10)

    def say(self, device: str, body: object, *, channel: str = "obs", retain: bool = False) -> None:
        """Publish a message of a board; bytes go as they are."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        told = self._client.publish(f"{topic_of(device)}/{channel}", payload, qos=1, retain=retain)
        told.wait_for_publish(10)

    def kept(self, device: str) -> dict[str, Any]:
        """The newest receipt of a device; empty while there is none."""
        return next((body for topic, body in reversed(self.heard) if topic == f"{topic_of(device)}/kept"), {})

    def close(self) -> None:
        """Go away."""
        self._client.disconnect()
        self._client.loop_stop()


def pack(
    device: str,
    sq: int,
    values: Sequence[float],
    *,
    time_s: int,
    ep: int = 7,
    lo: int = 1,
    channel: str = "temperature",
) -> list[dict[str, Any]]:
    """A pack of samples sq, sq + 1 ..., one second apart."""
    unit = QUANTITIES[channel].unit_wire
    records = [{"sq": sq + n, "t": n, "n": channel, "u": unit, "v": value} for n, value in enumerate(values)]
    return [{"bn": f"{device}/", "bt": time_s, "ep": ep, "lo": lo, "dr": 0} | records[0], *records[1:]]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    """A town with two devices."""
    file = tmp_path / "girouette.sqlite"
    with contextlib.closing(Registry(f"sqlite:{file}")) as registry:
        made = Town(file, registry, registry.add_pilot("rennes", "Rennes").id)
        made.add("air-0")
        made.add("air-1")
        yield made


@pytest.fixture
def boards(mosquitto: int) -> Iterator[Boards]:
    """All boards."""
    made = Boards(mosquitto)
    yield made
    made.close()


@pytest.fixture
def pack_of() -> Callable[..., list[dict[str, Any]]]:
    """`pack`, for tests that send some."""
    return pack
