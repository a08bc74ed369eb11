"""Every driver's fault table, row by row, on the whole firmware in virtual time (`faults/README.md` has the form)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from on_board import run
from trouble import (
    FAULTS,
    INJECTED,
    ROWS,
    WORDS,
    Life,
    Row,
    boards_of,
    every_row,
    identity,
    life_of,
    recipe_of,
    table_of,
)

from devices.driver import load_drivers
from devices.image import build_image

HAPPENING = [row for row in every_row() if not row.never]
HASTY = """
import asyncio
from girouette.buses import Buses
from girouette.config import Wiring
from girouette.sensor import Sensor

class Hasty:
    def __getattr__(self, name):
        return getattr(asyncio, name)
    def sleep_ms(self, ms):
        return asyncio.sleep_ms(0)

sensor = Sensor(Wiring(given[0]), Buses())
if given[1]:
    module = __import__("girouette.drivers." + given[0]["driver"], None, None, ("Driver",))
    module.asyncio = Hasty()

async def main():
    found = await sensor.read()
    return [found, sensor.fault]

result = asyncio.run(main())
"""


def name_of(of: Row | str) -> str:
    """A row, or the board that it is played on, as pytest shows it."""
    return of if isinstance(of, str) else f"{of.driver}-{of.name}"


@pytest.mark.parametrize("driver", load_drivers())
def test_every_driver_has_a_complete_table(driver: str) -> None:
    """Each row is there, with a reason why it cannot happen or with what is said and sent; keys and words are known ones."""
    keys, rows = load_drivers()[driver].keys, table_of(driver)

    assert set(rows) == set(ROWS)
    for row in rows.values():
        assert not row.never or len(row.never.split()) > 3, f"{row.name}: a reason in words"
        assert row.word in {"", *WORDS}, row.name
        assert row.still_sent(keys) <= set(keys), row.name
        assert row.values is None or set(row.values) <= set(keys), row.name
    assert rows["back"].never or rows["back"].within_s > 0


def test_no_table_is_of_no_driver() -> None:
    """A driver that is gone takes its table with it."""
    assert {file.stem for file in FAULTS.glob("*.toml")} <= set(load_drivers())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("row", "board"), [(r, b) for r in HAPPENING if r.name in INJECTED for b in boards_of(r.driver)], ids=name_of
)
def test_a_fault_is_told_and_only_it_is_felt(row: Row, board: str) -> None:
    """While it lasts, health says its word, what the table says is sent, and all other sensors go on; then all is as before."""
    life = life_of(row.driver, board)
    start_s, end_s = life.spans[row.name]

    assert life.faults(start_s, end_s)[-1] == ({row.driver: row.word} if row.word else {})
    during = life.between(start_s + row.settle_s, end_s - 1)
    assert during
    for sample in during:
        assert life.given(sample) == row.still_sent(life.keys.values()), sample
    assert_others_go_on(life, start_s, end_s)
    assert_back(life, end_s)


@pytest.mark.slow
@pytest.mark.parametrize("row", [r for r in HAPPENING if r.name == "warm-up"], ids=name_of)
def test_a_sensor_that_warms_up_sends_nothing_of_it(row: Row) -> None:
    """From power-on until it is warm only what the table says is sent, and health says its word; then all values come."""
    life = life_of(row.driver)

    assert life.faults(0, row.lasts_s)[0].get(row.driver, "") == row.word
    assert all(life.given(s) == row.still_sent(life.keys.values()) for s in life.between(0, row.lasts_s - 5))
    assert_back(life, row.lasts_s)


@pytest.mark.slow
@pytest.mark.parametrize("row", [r for r in HAPPENING if r.name == "hasty"], ids=name_of)
def test_a_driver_that_does_not_wait_is_found_out(row: Row, tmp_path: Path) -> None:
    """The driver itself, with its waits left out, reads no value from the model of its chip; with them it reads all."""
    assert hurried(row.driver, tmp_path, hasty=True) == [{}, row.word]

    values, fault = hurried(row.driver, tmp_path, hasty=False)
    assert fault is None
    assert set(values) >= {c.key for s in recipe_of(row.driver).sensors if s.driver == row.driver for c in s.channels}


def hurried(driver: str, directory: Path, *, hasty: bool) -> Any:
    """The first reading of a driver, and its fault."""
    recipe = recipe_of(driver)
    config = build_image([recipe], identity()).told
    (wiring,) = (s for s in config["sensors"] if s["driver"] == driver)
    around = {"signals": {c: {"base": s["base"]} for c, s in recipe.signals.items()}}
    return run(HASTY, directory, [wiring, hasty], config=config, around=around, virtual=True)


def assert_others_go_on(life: Life, start_s: int, end_s: int) -> None:
    """Every sample of the span has every channel of every other sensor, and health says no fault of theirs."""
    samples = life.between(start_s, end_s)

    assert len(samples) >= (end_s - start_s) // 5 - 1
    assert all(life.others <= set(s.values) for s in samples)


def assert_back(life: Life, end_s: int) -> None:
    """Soon after its end the driver gives all its values, and health says nothing of it."""
    within_s = end_s + max(10, table_of(life.driver)["back"].within_s)
    next_s = min([start for start, _ in life.spans.values() if start > end_s], default=life.ends_s)
    after = life.between(within_s, next_s)

    assert after
    assert all(life.given(s) == set(life.keys.values()) for s in after)
    assert life.faults(within_s, next_s)[-1] == {}
