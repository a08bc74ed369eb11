"""A small town for admission: one registered board, and messages of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from devices.quantity import load_quantities
from devices.reading import topic_of
from gateway.admission import Admission, Admitted
from gateway.directory import Directory
from gateway.message import Message
from gateway.registry import Registry

NOW_S = 1_795_615_200
CHANNELS = (("temperature", "temperature", {}), ("humidity", "humidity", {}), ("indoor.temperature", "temperature", {}))


@dataclass
class Desk:
    """An admission desk, and the registry that it looks things up in."""

    registry: Registry
    directory: Directory
    make: Callable[..., Admission] = field(default=Admission)

    def admission(self, *, rate: float = 1e6, burst: int = 1_000_000) -> Admission:
        """A desk without a queue, unless told otherwise."""
        return self.make(self.directory, rate=rate, burst=burst)

    def admit(self, *payloads: bytes | list[dict[str, Any]], now_s: float = NOW_S, **how: Any) -> Admitted:
        """What packs of `air-1` come to."""
        return self.admission().admit([message(p, **how) for p in payloads], now_s)


def message(
    payload: bytes | list[dict[str, Any]], *, device: str = "air-1", channel: str = "obs", retained: bool = False
) -> Message:
    """A message as the broker hands it over."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Message(topic=f"{topic_of(device)}/{channel}", payload=raw, retained=retained, qos=1, mid=1)


def head(sq: int = 3, **more: Any) -> dict[str, Any]:
    """The first record of a good pack, a minute old."""
    base = {"bn": "air-1/", "bt": NOW_S - 60, "ep": 7, "lo": 1, "dr": 0, "sq": sq}
    return {**base, "n": "temperature", "u": "Cel", "v": 21.4, **more}


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A board, `air-1`, that has stood at the town hall for long; at the school one is revoked, and two wait to be heard."""
    registry = Registry(f"sqlite:{tmp_path_factory.mktemp('desk') / 'girouette.sqlite'}")
    pilot = registry.add_pilot("rennes", "Rennes")
    hall = registry.add_place(pilot.id, "Mairie", lat=48.11, lon=-1.68)
    registry.add_device(
        "air-1", pilot_id=pilot.id, recipe="air", channels=CHANNELS, period_s=60, place_id=hall.id,
        at_s=NOW_S - 1000, password_hash="",
    )  # fmt: skip
    school = registry.add_place(pilot.id, "École", lat=48.12, lon=-1.66)
    for name, place, channel in (
        ("lost-1", school, "pm1"),
        ("late-1", school, "pm10"),
        ("new-1", hall, "pm2_5"),
    ):
        registry.add_device(
            name, pilot_id=pilot.id, recipe="air", channels=[(channel, channel, {})], period_s=60, place_id=place.id,
            at_s=NOW_S - 1000, password_hash="",
        )  # fmt: skip
    registry.identities.revoke("lost-1", at_s=NOW_S - 500)
    registry.identities.set_expiry("late-1", NOW_S)
    registry.identities.set_expiry("new-1", NOW_S + 1)
    yield Desk(registry, Directory(registry, load_quantities()))
    registry.close()


@pytest.fixture
def pack_head() -> Callable[..., dict[str, Any]]:
    """`head`, for tests that write packs."""
    return head


@pytest.fixture
def heard() -> Callable[..., Message]:
    """`message`, for tests that write messages."""
    return message
