"""What the atelier's server takes: a room of twenty boards one after another, then four at once, each with all its bytes; the pages' weight.

One JSON object: milliseconds a board (median and slowest), repeated names and secrets, bytes by gzip.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

sys.path[:0] = [str(Path(__file__).parent.parent / "devices"), str(Path(__file__).parent.parent.parent)]

from wholes import whole  # noqa: E402

from api.app import create_app  # noqa: E402
from api.atelier.pages import read_asset  # noqa: E402
from api.settings import ApiSettings  # noqa: E402
from deploy.settings import Settings  # noqa: E402
from deploy.workshop.door import open_workshop  # noqa: E402
from devices.flash.nvs import settings_of  # noqa: E402
from devices.quantity import load_quantities  # noqa: E402
from gateway.registry import Registry  # noqa: E402
from gateway.store.sqlite import SqliteStore  # noqa: E402

SITE = "http://localhost:8000"
BOARD = {"recipe": "air", "board": "c6", "chip": "ESP32-C6", "flash_bytes": 4 << 20}
IN_TURN, AT_ONCE = 20, 4


async def make(client: httpx.AsyncClient) -> tuple[float, dict[str, Any]]:
    """One board with its bytes: how long it took, and who it is."""
    began = time.perf_counter()
    answer = await client.post("/atelier/boards", json=BOARD, headers={"Origin": SITE})
    answer.raise_for_status()
    bytes_of = {part["name"]: (await client.get(part["url"])).content for part in answer.json()["parts"]}
    took = time.perf_counter() - began
    identity: dict[str, Any] = json.loads(settings_of(bytes_of["nvs"])["identity"])
    return took, identity


async def measure(app: Any, clock: list[float]) -> dict[str, Any]:
    """Boards in turn and at once, and the page."""
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50000))
    async with httpx.AsyncClient(transport=transport, base_url=SITE, timeout=60) as client:
        await make(client)
        made = []
        for _ in range(IN_TURN):
            clock[0] += 10
            made.append(await make(client))
        clock[0] += 60
        together = await asyncio.gather(*(make(client) for _ in range(AT_ONCE)))
        page = (await client.get("/fr/atelier")).content
    identities = [identity for _, identity in [*made, *together]]
    secrets = [value for one in identities for value in (one["broker"]["password"], one["update_key"], one["page"])]
    dress = {name: read_asset(name) or b"" for name in ("style.css", "atelier.css", "atelier/atelier.js")}
    return {
        "boards": len(identities),
        "ms_in_turn": round(1000 * statistics.median(took for took, _ in made)),
        "ms_slowest": round(1000 * max(took for took, _ in made)),
        "ms_at_once": round(1000 * max(took for took, _ in together)),
        "repeated_names": len(identities) - len({one["device"] for one in identities}),
        "repeated_secrets": len(secrets) - len(set(secrets)),
        "gzip_bytes": {
            "page": len(gzip.compress(page)),
            **{name: len(gzip.compress(it)) for name, it in dress.items()},
        },
    }


def main() -> None:
    """Print what was measured."""
    with tempfile.TemporaryDirectory() as home, contextlib.ExitStack() as opened:
        url, image = f"sqlite:{home}/room.sqlite", Path(home) / "c6.bin"
        image.write_bytes(whole("c6"))
        store = opened.enter_context(contextlib.closing(SqliteStore(Path(home) / "room.sqlite")))
        registry = opened.enter_context(contextlib.closing(Registry(url)))
        told = Settings(store=url, board_micropython=image, board_broker="mqtt://192.0.2.9")
        clock = [time.time()]
        app = create_app(
            registry=registry, store=store, quantities=load_quantities(), settings=ApiSettings(now_s=lambda: clock[0]),
            workshop=open_workshop(told, registry, store),
        )  # fmt: skip
        print(json.dumps(asyncio.run(measure(app, clock)), indent=1))


if __name__ == "__main__":
    main()
