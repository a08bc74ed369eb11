"""The gateway on the embedded broker with the smallest window, which holds back everything else while it is full."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt import publish

from devices.reading import topic_of
from gateway.broker import start_broker


@pytest.mark.slow
def test_more_packs_than_the_window_wait_at_the_start(
    town: Any, tmp_path: Path, free_port: Callable[[], int], pack_of: Callable[..., Any], until: Callable[..., None]
) -> None:
    """On iotcore, with 250 packs waiting and 100 at most on their way, the gateway gets ready and keeps all of them."""
    port, start_s = free_port(), int(time.time()) - 3600
    broker = start_broker(tmp_path, port, kind="iotcore")

    async def test() -> None:
        async with town.gateway(port):
            pass
        packs = [pack_of("air-0", n + 1, [15.0 + n % 7], time_s=start_s + n) for n in range(250)]
        messages = [{"topic": f"{topic_of('air-0')}/obs", "payload": json.dumps(p), "qos": 1} for p in packs]
        await asyncio.to_thread(publish.multiple, messages, hostname="127.0.0.1", port=port)
        async with town.gateway(port) as pipeline:
            assert pipeline.ready() is None
            await asyncio.to_thread(until, lambda: len(town.kept()["raw"]) == 250, what="all of them stored")

    try:
        asyncio.run(test())
    finally:
        broker.kill()
        broker.communicate()
