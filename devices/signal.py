"""How the channels of a recipe are simulated: the tables of `signal.toml`; `devices/sim/waves.py` has the formula."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf
from pathlib import Path
from typing import Any

from devices.refusal import RecipeError
from devices.table import Table, read_table

KINDS = ("sine", "wind", "rain")
NUMBERS = ("base", "day", "peak_h", "slow", "slow_h", "noise", "low", "high")


def read_signals(file: Path, where: str, channels: Collection[str]) -> Mapping[str, Mapping[str, Any]]:
    """The signal of every channel; RecipeError where one has none, or a table is of no channel."""
    tables = read_table(file, where, RecipeError)
    for name in tables.written():
        if name not in channels:
            raise tables.refusal("stray_signal", channel=name, choices=", ".join(channels))
    for channel in channels:
        if not tables.has(channel):
            table = f'["{channel}"]' if "." in channel else f"[{channel}]"
            raise tables.refusal("no_signal", channel=channel, table=table)
    return {channel: read_signal(tables.table(channel)) for channel in channels}


def read_signal(row: Table) -> Mapping[str, Any]:
    """One signal: the numbers that are written, and its kind where it is not a sine."""
    row.number("base")
    found: dict[str, Any] = {name: row.number(name) for name in NUMBERS if row.has(name)}
    if row.has("kind"):
        found["kind"] = row.among("kind", KINDS)
    if found.get("slow_h", 1) <= 0:
        raise row.refusal("not_positive", key="slow_h")
    if found.get("low", -inf) > found.get("high", inf):
        raise row.refusal("bounds_crossed", low="low", high="high")
    row.close()
    return found
