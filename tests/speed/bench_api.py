"""What the public side takes: latest of all of 100 places, CSV rows a second, 1,000 Observations. One JSON object.

    python tests/speed/bench_api.py

A real uvicorn on loopback in a process of its own, over a real SQLite file; the asker runs on the same cores.
"""

from __future__ import annotations

import json
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np

from devices.quantity import load_quantities
from gateway.numerics.columns import READING
from gateway.registry import Registry
from gateway.store.port import Batch
from gateway.store.sqlite import SqliteStore

PLACES = 100
CHANNELS = ("temperature", "humidity", "pressure", "pm2_5")
LONG = 1_000_000
NOW_S = 1_795_615_200


def fill(file: Path) -> None:
    """A hundred places of four series with 1,000 readings each, and one series of a million."""
    registry, store = Registry(f"sqlite:{file}"), SqliteStore(file)
    pilot = registry.add_pilot("bench", "Bench", attribution="Bench").id
    for number in range(PLACES):
        place = registry.add_place(pilot, f"Place {number}", lat=48 + number / 1000, lon=-1.7)
        channels = [(c, c, {}) for c in CHANNELS]
        name = f"bench-{number}"
        registry.add_device(
            name, pilot_id=pilot, recipe="air", channels=channels, period_s=60, place_id=place.id, at_s=0, password_hash=""
        )  # fmt: skip
        registry.set_stage(name, "public", at_s=0)
    for one in registry.series():
        count = LONG if one.id == 1 else 1_000
        rows = np.zeros(count, READING)
        rows["series"], rows["flag"] = one.id, 1
        rows["time_s"] = NOW_S - np.arange(count)[::-1] * 60
        rows["value"] = np.round(15 + np.sin(np.arange(count) / 200) * 5, 2)
        store.write(Batch(readings=rows))
    registry.close()
    store.close()


def serve(file: Path, port: int) -> None:
    """The public side as it is deployed: one worker."""
    import uvicorn

    from api.app import create_app
    from api.settings import ApiSettings

    app = create_app(
        registry=Registry(f"sqlite:{file}"),
        store=SqliteStore(file, read_only=True),
        quantities=load_quantities(),
        settings=ApiSettings(now_s=lambda: float(NOW_S)),
    )
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def took_ms(ask: Callable[[], object], times: int) -> dict[str, float]:
    """Median and largest of some runs, after one that is not counted."""
    ask()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - began) * 1000)
    return {"median_ms": round(statistics.median(spent), 2), "max_ms": round(max(spent), 2)}


def streamed_rows_s(client: httpx.Client, path: str) -> int:
    """Rows a second of a whole series, from the question to its last byte."""
    began, ends = time.perf_counter(), 0
    with client.stream("GET", path) as answer:
        for piece in answer.iter_raw():
            ends += piece.count(b"\n")
    return round((ends - 1) / (time.perf_counter() - began))


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as home:
        file = Path(home) / "bench.sqlite"
        fill(file)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = multiprocessing.get_context("spawn").Process(target=serve, args=(file, port), daemon=True)
        server.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            while True:
                try:
                    client.get("/readyz")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            etag = {"If-None-Match": client.get("/api/latest.geojson").headers["etag"]}
            csv = max(streamed_rows_s(client, "/api/series/1.csv") for _ in range(3))
            observations = "/v1.1/Datastreams(1)/Observations?$top=1000"
            told = {
                "latest_of_100_places": took_ms(lambda: client.get("/api/latest.geojson").raise_for_status(), 30),
                "latest_304": took_ms(lambda: client.get("/api/latest.geojson", headers=etag), 30),
                "csv_rows_s": csv,
                "observations_1000": took_ms(lambda: client.get(observations).raise_for_status(), 20),
                "first_page": took_ms(lambda: client.get("/fr/").raise_for_status(), 20),
            }
        server.terminate()
        server.join()
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
