"""The fault tables of the drivers, `faults/<driver>.toml`, and the life of a board in which everything that they say happens.

`faults/README.md` has the form. One board a driver: the driver's recipe and a second one, whose values must go on.
"""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from heap import LEAST_HEAP
from sessions import BROKER_BYTES, UNIX_MS, Line, Session, play

from devices.console import Sample, read_console
from devices.driver import load_drivers
from devices.image import Identity, ImageError, build_image, shard_of
from devices.recipe import Recipe, RecipeError, load_recipes

FAULTS = Path(__file__).parent / "faults"
INJECTED = ("absent", "nack", "checksum", "timeout", "stuck", "saturated")
ROWS = (*INJECTED, "warm-up", "back", "hasty")
WORDS = (
    "absent", "wrong-chip", "bus", "nack", "checksum", "timeout", "stuck", "saturated", "warm-up", "skipped", "range",
)  # fmt: skip
PERIOD_S = 5
HEALTH_MS = 5000
LASTS_S, SETTLE_S, REST_S = 40, 20, 20
"""Each span holds several tellings of the board's health, and of these one at least after what had to settle."""
BOARD = "s3"
"""The board with the most pins."""
BESIDE = ("noise", "weather", "air")
"""Recipes of which one stands beside the driver's own."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a driver's table."""

    driver: str
    name: str
    never: str = ""
    word: str = ""
    sent: str | Sequence[str] = "nothing"
    fault: str = ""
    values: Mapping[str, float] | None = None
    lasts_s: int = LASTS_S
    settle_s: int = SETTLE_S
    within_s: int = 0
    options: Mapping[str, float] | None = None
    why: str = ""

    def still_sent(self, keys: Collection[str]) -> set[str]:
        """Which of the driver's keys have values meanwhile."""
        if isinstance(self.sent, str):
            return set(keys) if self.sent == "all" else set()
        return set(self.sent)


@cache
def table_of(driver: str) -> Mapping[str, Row]:
    """The rows of a driver."""
    raw = tomllib.loads((FAULTS / f"{driver}.toml").read_text(encoding="utf-8"))
    return {name: Row(driver, name, **{k.replace("-", "_"): v for k, v in row.items()}) for name, row in raw.items()}


def recipe_of(driver: str) -> Recipe:
    """The first recipe with this driver."""
    return next(r for r in load_recipes().values() if any(s.driver == driver for s in r.sensors))


@dataclass(frozen=True, slots=True)
class Life:
    """What a board said while a driver's rows happened."""

    driver: str
    spans: Mapping[str, tuple[int, int]]
    """Row -> its begin and end, in seconds since power-on."""
    ends_s: int
    keys: Mapping[str, str]
    """The driver's channels -> its keys."""
    others: Collection[str]
    """The channels of all other sensors."""
    samples: Sequence[Sample]
    healths: Sequence[tuple[float, Mapping[str, Any]]]

    def between(self, start_s: float, end_s: float) -> list[Sample]:
        """The samples that were taken then."""
        return [s for s in self.samples if s.time_s is not None and start_s <= s.time_s - UNIX_MS // 1000 < end_s]

    def faults(self, start_s: float, end_s: float) -> list[Mapping[str, str]]:
        """What `health` said of sensors then, message by message."""
        return [told["faults"] for at_s, told in self.healths if start_s <= at_s < end_s]

    def given(self, sample: Sample) -> set[str]:
        """The driver's keys that a sample has."""
        return {key for channel, key in self.keys.items() if channel in sample.values}


def boards_of(driver: str) -> Sequence[str]:
    """The boards on which a driver's rows are played: all of its recipe where it reads a voltage, whose converters differ."""
    return recipe_of(driver).boards if load_drivers()[driver].bus == "adc" else (BOARD,)


@cache
def life_of(driver: str, board: str = BOARD) -> Life:
    """Play all rows of a driver, one after another, on the whole firmware."""
    recipes, rows = [recipe_of(driver), beside(driver, board)], table_of(driver)
    spans, ends_s = plan(rows, warmest_s(recipes))
    config = build_image(recipes, identity(board)).told
    (mine,) = (s for s in config["sensors"] if s["driver"] == driver)
    mine["options"] |= {name: value for row in rows.values() for name, value in (row.options or {}).items()}
    signals = {c: {"base": s["base"]} for r in recipes for c, s in r.signals.items()}
    faults = [f for name, span in spans.items() for f in faults_of(rows[name], span, mine, signals)]
    session = Session(
        board={"recipe": "+".join(r.slug for r in recipes), "period_s": PERIOD_S, "board": board, "sensors": config["sensors"]},
        faults=faults, lines=[Line(1000 * ends_s, "note", ("end",))], signals=signals, gateway=True,
        health_ms=HEALTH_MS, heap="256wK", free=2 * LEAST_HEAP + BROKER_BYTES,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        played = play(session, Path(folder))
    healths = [(line.at_ms / 1000, line.rest[1]) for line in played.lines if line.rest[:1] == ("health",)]
    channels = {c["n"] for s in config["sensors"] for c in s["channels"] if s is not mine}
    keys = {c["n"]: c["key"] for c in mine["channels"]}
    return Life(driver, spans, ends_s, keys, channels, read_console(played.console).samples, healths)


def beside(driver: str, board: str = BOARD) -> Recipe:
    """A recipe that goes on a board with the driver's, and has other drivers."""
    mine, known = recipe_of(driver), load_recipes()
    drivers = {s.driver for s in mine.sensors}
    for slug in BESIDE:
        if drivers.isdisjoint(s.driver for s in known[slug].sensors):
            try:
                build_image([mine, known[slug]], identity(board))
            except (ImageError, RecipeError):
                continue
            return known[slug]
    raise LookupError(f"no recipe goes beside {mine.slug}")


def warmest_s(recipes: Sequence[Recipe]) -> int:
    """After how long every sensor of these recipes is warm."""
    rows = [table_of(sensor.driver)["warm-up"] for recipe in recipes for sensor in recipe.sensors]
    return max(0 if row.never else row.lasts_s for row in rows)


def identity(board: str = BOARD) -> Identity:
    """The board on which rows are played."""
    return Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883, PERIOD_S, board=board)


def plan(rows: Mapping[str, Row], warm_s: int) -> tuple[dict[str, tuple[int, int]], int]:
    """When each row that can happen begins and ends, and when all is over."""
    at_s = REST_S + warm_s + rows["back"].within_s
    spans = {}
    for name in INJECTED:
        if not rows[name].never:
            spans[name] = at_s, at_s + rows[name].lasts_s
            at_s += rows[name].lasts_s + REST_S + rows["back"].within_s
    return spans, at_s


def faults_of(
    row: Row, span: tuple[int, int], sensor: Mapping[str, Any], signals: Mapping[str, Mapping[str, float]]
) -> list[dict[str, Any]]:
    """What the simulated world is told of a row."""
    when = {"after_s": span[0], "for_s": span[1] - span[0]}
    if row.values is None:
        return [{"kind": row.fault or row.name, "sensor": sensor["driver"], **when}]
    of = {c["key"]: c["n"] for c in sensor["channels"]}
    sizes = {of[key]: value - signals[of[key]]["base"] for key, value in row.values.items()}
    return [{"kind": "offset", "channel": channel, "size": size, **when} for channel, size in sizes.items()]


def every_row() -> list[Row]:
    """All rows of all drivers that have a table, for tests to be made of."""
    return [row for file in sorted(FAULTS.glob("*.toml")) for row in table_of(file.stem).values()]
