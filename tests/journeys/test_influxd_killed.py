"""Journey 5: InfluxDB is killed for 20 s under boards that go on; afterwards every dashboard is answered and nothing is missing."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asked import Question, dashboards, questions, unanswered
from river import River, hold_to_truth, made, pause, river

from dashboards.publish import build
from deploy.assembly import open_registry, open_store
from devices.quantity import load_quantities
from gateway.numerics.columns import FAIL, TIERS
from gateway.store.port import FAR_S

RECIPES = {"air-1": "air", "air-2": "air", "noise-1": "noise", "weather-1": "weather"}
AWAY_S = 20
DAY_S = 86_400
FIGURES = ("fleet", "health", "gateway")


@pytest.mark.journey
@pytest.mark.timeout(400)
def test_influxd_killed_for_20_s_loses_nothing_and_every_dashboard_is_answered(
    tmp_path: Path,
    free_port: Callable[[], int],
    until: Callable[..., None],
    influx: Any,
    part: Callable[[str], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Receipts go on while it is dead; then made = kept, windows as if nothing had happened, and data in every panel."""
    part("mosquitto")
    monkeypatch.setenv("GIROUETTE_INFLUX_TOKEN", influx.token)
    monkeypatch.setenv("GIROUETTE_INFLUX_ORG", influx.org)
    started_s = int(time.time())
    with river(tmp_path, free_port) as here:
        here.store = f"influx:{influx.url}"
        here.start_broker()
        for name, recipe in RECIPES.items():
            here.add_device(name, recipe)
        here.start_gateway()
        for name, recipe in RECIPES.items():
            here.start_board(name, recipe)
        until(lambda: len(here.stored()) > 100, within_s=90, what="readings in InfluxDB")
        before = receipts(here)
        influx.kill()
        pause(AWAY_S)
        until(lambda: all(now > before[name] for name, now in receipts(here).items()), what="receipts without InfluxDB")
        influx.start()
        until(lambda: told_of_everything(here, started_s), within_s=120, what="points of fleet, boards and gateway")
        here.stop_sampling()
        until(here.drained, within_s=120, what="every sample receipted")
        here.settle(until)

        hold_to_truth(here)
        for tier, width_s in TIERS.items():
            until(
                lambda t=tier, w=width_s: spans(here, t) == naive(here, w), within_s=30, what=f"the windows of {tier}"
            )
        assert sorted(unanswered(influx, asked(here))) == sorted(q.where for q in hollow(here))


def receipts(here: River) -> dict[str, int]:
    """How many receipts each board has seen."""
    return {name: told.receipts for name, told in here.told().items()}


def told_of_everything(here: River, since_s: int) -> bool:
    """Are there points of every device and of the gateway itself?"""
    with contextlib.closing(open_store(here.store_url, read_only=True)) as store:
        found = {name: store.points(name, since_s, FAR_S) for name in FIGURES}
    devices = [{p.tags["device"] for p in found[name]} for name in ("fleet", "health")]
    return all(there == set(RECIPES) for there in devices) and bool(found["gateway"])


def spans(here: River, tier: str) -> dict[tuple[str, str, int], tuple[float, ...]]:
    """The stored windows: how many readings, least, most."""
    return {key: window[:3] for key, window in here.windows(tier).items()}


def naive(here: River, width_s: int) -> dict[tuple[str, str, int], tuple[float, ...]]:
    """The same, computed in one go from what the boards say they made."""
    rows: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for (device, channel, time_s), value in made(here.told()).items():
        rows[device, channel, time_s // width_s * width_s].append(value)
    return {key: (len(values), min(values), max(values)) for key, values in rows.items()}


def asked(here: River) -> list[Question]:
    """Everything that the dashboards of this town ask about today."""
    with contextlib.closing(open_registry(f"sqlite:{here.file}")) as registry:
        measured = {s.quantity for s in registry.series()}
        some = {slug: q for slug, q in load_quantities().items() if slug in measured}
        build(here.home / "grafana", quantities=some, pilots=registry.pilots())
    now_s = int(time.time())
    span = {"start_s": now_s - DAY_S, "end_s": now_s}
    return [q for board in dashboards(here.home / "grafana").values() for q in questions(board, **span)]


def hollow(here: River) -> list[Question]:
    """Questions that have no answer because nothing like it was measured: a flag that no reading bears, scores not made yet."""
    flags: set[tuple[str, int]] = set()
    scored: set[str] = set()
    with (
        contextlib.closing(open_registry(f"sqlite:{here.file}")) as registry,
        contextlib.closing(open_store(here.store_url, read_only=True)) as store,
    ):
        for series in registry.series():
            rows = store.read(series.id, 0, FAR_S)
            assert not (rows["flag"] == FAIL).all(), f"{series.channel} has no reading that counts"
            flags |= {(series.quantity, int(flag)) for flag in np.unique(rows["flag"])}
            scored |= {series.quantity} if np.isfinite(rows["score"]).any() else set()
    return [
        q
        for q in asked(here)
        if (q.flag is not None and (q.quantity, q.flag) not in flags)
        or ('"score"' in q.text and q.quantity not in scored)
    ]
