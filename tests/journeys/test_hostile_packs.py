"""Journey 4: what cannot be admitted lands in quarantine with its code, and the gateway goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish
from river import River, girouette, river

Records = list[dict[str, Any]]


def head(now_s: int, sq: int, **more: Any) -> dict[str, Any]:
    """The first record of a pack of the device `air-1`, with one good temperature."""
    base = {"bn": "air-1/", "bt": now_s, "ep": 77, "lo": 1, "dr": 0, "sq": sq}
    return {**base, "n": "temperature", "u": "Cel", "v": 20.5, **more}


def hostile(now_s: int) -> dict[str, tuple[bytes, int | None]]:
    """Code -> the pack that earns it, and the number of a good sample in the same pack, where there is one."""

    def pack(*records: dict[str, Any]) -> bytes:
        return json.dumps(list(records)).encode()

    bad: dict[str, tuple[bytes, int | None]] = {
        "not-json": (b'[{"bn": "air-1/", ', None),
        "too-big": (pack(head(now_s, 2), {"n": "x" * 17_000, "u": "Cel", "v": 1}), None),
        "too-many": (pack(head(now_s, 3), *({"n": "humidity", "u": "%RH", "v": 1} for _ in range(300))), None),
        "wrong-name": (pack(head(now_s, 4, bn="air-2/")), None),
        "unknown-channel": (pack(head(now_s, 5), {"sq": 6, "t": 1, "n": "smell", "u": "Cel", "v": 1}), 5),
        "wrong-unit": (pack(head(now_s, 7), {"sq": 8, "t": 1, "n": "humidity", "u": "Cel", "v": 1}), 7),
        "not-a-number": (pack(head(now_s, 9), {"sq": 10, "t": 1, "n": "humidity", "u": "%RH", "v": "wet"}), 9),
        "out-of-bounds": (pack(head(now_s, 11), {"sq": 12, "t": 1, "n": "temperature", "u": "Cel", "v": 9999}), 11),
        "future": (pack(head(now_s, 13), {"sq": 14, "t": 86_400 * 40, "n": "temperature", "u": "Cel", "v": 1}), 13),
        "past": (pack(head(now_s, 15, bt=1000)), None),
    }
    # Every pack has seconds of its own, so that none conflicts with another by chance.
    return {code: (shifted(payload, n * 10), sq) for n, (code, (payload, sq)) in enumerate(bad.items())}


def shifted(payload: bytes, seconds: int) -> bytes:
    """The same pack, that many seconds earlier; what cannot be read stays as it is."""
    try:
        records: Records = json.loads(payload)
    except ValueError:
        return payload
    if records[0]["bt"] > 1_000_000:
        records[0]["bt"] -= seconds
    return json.dumps(records).encode()


@pytest.mark.journey
@pytest.mark.timeout(120)
def test_each_hostile_pack_lands_in_quarantine_with_its_code(
    tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """Every code appears with its bytes, the good records of the same packs are kept, and the next good pack too."""
    with river(tmp_path, free_port) as here:
        here.start_broker()
        here.add_device("air-1", "air")
        here.start_gateway()
        topic, now_s = f"gir/1/{here.shard('air-1')}/air-1/obs", int(time.time()) - 1000
        until(here.listens, within_s=30, what="the gateway subscribed")
        bad = hostile(now_s)
        for payload, _ in bad.values():
            send(here, topic, payload)
        send(here, topic.replace(f"/{here.shard('air-1')}/", "/zz/"), json.dumps([head(now_s - 500, 40)]).encode())
        send(here, "gir/1/00/nobody/obs", json.dumps([head(now_s - 510, 41, bn="nobody/")]).encode())
        send(here, topic, json.dumps([head(now_s - 520, 42)]).encode(), retain=True)
        send(here, topic, json.dumps([head(now_s - 530, 50)]).encode())
        send(here, topic, json.dumps([head(now_s - 530, 51, v=21.5)]).encode())
        wanted = {*bad, "wrong-shard", "unknown-device", "conflict"}
        until(lambda: wanted <= codes(here), within_s=30, what=f"codes {wanted}")

        good = {sq for _, sq in bad.values() if sq is not None}
        until(lambda: len(here.stored()) >= len(good) + 1, within_s=20, what="the good records stored")
        assert len([v for v in here.stored().values() if v == 20.5]) >= len(good) + 1
        assert 21.5 not in here.stored().values()
        assert here.gateway is not None
        assert here.gateway.poll() is None


def send(here: River, topic: str, payload: bytes, *, retain: bool = False) -> None:
    """Publish one message and wait until the broker has it."""
    publish.single(topic, payload, qos=1, retain=retain, hostname="127.0.0.1", port=here.broker_port)


def codes(here: River) -> set[str]:
    """The codes that `girouette quarantine list` tells."""
    told = girouette("quarantine", "list", "--store", here.store_url, cwd=here.home)
    rows = told if isinstance(told, list) else told["quarantine"]
    return {row["code"] for row in rows}
