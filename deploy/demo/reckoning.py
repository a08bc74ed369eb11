"""The report of a run: logs and store are read, and `report.count` holds them against each other."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deploy import assembly
from deploy.demo import report
from deploy.demo.founding import series_of
from deploy.demo.run import Run
from devices.console import read_console
from gateway.registry import Registry
from gateway.store.port import FAR_S, Reader, Tier

SETTLE_S = 15.0
"""After the last receipt, how long the store may take to catch up with the journal."""


def reckon(run: Run, logs: Mapping[str, Path], *, first_reading_s: float | None) -> dict[str, Any]:
    """What came of the run, as the report has it; waits a while for the store to catch up with the journal."""
    with (
        contextlib.closing(assembly.open_registry(run.store_url)) as registry,
        contextlib.closing(assembly.open_store(run.store_url, read_only=True)) as store,
    ):
        deadline = time.monotonic() + SETTLE_S
        while True:
            counted = held_against(run, logs, registry, store)
            if counted.lost == 0 or time.monotonic() > deadline or run.hurrying.wait(0.5):
                break
        return asdict(counted) | {"windows": windows(registry, store)} | about(run, first_reading_s)


def held_against(run: Run, logs: Mapping[str, Path], registry: Registry, store: Reader) -> report.Count:
    """Samples by their fate, now."""
    told = {device: read_console(log.read_text(errors="replace")) for device, log in logs.items() if log.exists()}
    measured = [(s, store.read(s.id, s.generated_until_s or 0, FAR_S)) for s in registry.series()]
    stored = {(s.id, int(row["time_s"])): float(row["value"]) for s, rows in measured for row in rows}
    counted = report.count(told, series_of(registry), stored, assembly.refused_samples(run.store_url))
    return replace(counted, readings=report.by_flag((s.quantity, rows) for s, rows in measured))


def windows(registry: Registry, store: Reader) -> dict[str, int]:
    """Windows that hold measured readings, by tier."""
    since = {s.id: s.generated_until_s or 0 for s in registry.series()}
    widths: dict[Tier, int] = {"m1": 60, "h1": 3600}
    return {
        tier: sum(
            len(store.read(series, at_s // width_s * width_s, FAR_S, tier=tier)) for series, at_s in since.items()
        )
        for tier, width_s in widths.items()
    }


def about(run: Run, first_reading_s: float | None) -> dict[str, Any]:
    """What is said of the run itself."""
    return {
        "devices": len(run.players),
        "first_reading_s": first_reading_s,
        "gateway_cpu_s": round(run.meter.cpu_s, 2),
        "gateway_rss_mib": round(run.meter.peak_mib, 1),
        "seconds": round(time.time() - run.began_s, 1),
        "restarts": {name: child.restarts for name, child in run.crew.children.items() if child.restarts},
        "broker": assembly.broker_kind(run.options.broker),
        "interpreter": "replay" if any(board.replayed for board in run.boards.values()) else "micropython",
        "version": version("girouette"),
    }
