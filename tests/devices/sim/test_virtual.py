"""Virtual time: a session of an hour takes a second, is the same each time, and its broker speaks MQTT by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from on_board import run
from receiver import fold
from sessions import FREE_BYTES, Line, Session, play


def test_waiting_takes_no_time_and_keeps_its_order(tmp_path: Path) -> None:
    """Two tasks of 700 ms and 1 s over a simulated day wake in order; a timeout of an hour comes after an hour."""
    code = """
import asyncio
import time
woken = []

async def each(ms, name):
    while True:
        await asyncio.sleep_ms(ms)
        if len(woken) < 8:
            woken.append([time.passed_ms(), name])

async def main():
    asyncio.create_task(each(700, "a"))
    asyncio.create_task(each(1000, "b"))
    await asyncio.sleep_ms(86400000 // 24)
    try:
        await asyncio.wait_for_ms(asyncio.Event().wait(), 3600000)
    except asyncio.TimeoutError:
        woken.append([time.passed_ms(), "timeout"])

time.begin(1800000000000)
asyncio.run(main())
result = [woken, time.time()]
"""
    woken, date_s = run(code, tmp_path, virtual=True)

    assert woken == [
        [700, "a"], [1000, "b"], [1400, "a"], [2000, "b"], [2100, "a"], [2800, "a"], [3000, "b"], [3500, "a"],
        [7_200_000, "timeout"],
    ]  # fmt: skip
    assert date_s == 1_800_007_200


@pytest.mark.slow
def test_a_session_is_the_same_each_time(tmp_path: Path) -> None:
    """Chance comes from the session's seed: two plays are equal to the byte, and another seed is another board."""
    said = []
    for name, seed in (("first", 1), ("second", 1), ("third", 2)):
        (tmp_path / name).mkdir()
        session = Session(lines=[Line(3000, "note", ("end",))], seed=seed)
        said.append(str(play(session, tmp_path / name)))

    assert said[0] == said[1]
    assert said[0] != said[2]


def test_a_board_that_crashes_fails_its_session(tmp_path: Path) -> None:
    """A restart would hide what happened: the console is shown instead."""
    session = Session(board={"period_s": 1}, lines=[Line(3000, "note", ("end",))], free=60_000)

    try:
        play(session, tmp_path)
    except AssertionError as error:
        assert "MemoryError" in str(error)  # noqa: PT017 - the helper itself asserts
    else:
        raise AssertionError("60,000 bytes are too few for the firmware")


def test_the_firmware_finds_the_heap_that_it_is_given(tmp_path: Path) -> None:
    """The ballast leaves what was asked for, to 100 bytes, whatever the simulator itself takes."""
    code = "import ballast\nresult = [ballast.leave(free) for free in given]"

    asked = [300_000, 124_544, 20_000]

    for wanted, found in zip(asked, run(code, tmp_path, asked), strict=True):
        assert abs(found - wanted) <= 100


def test_the_gauge_tells_memory_and_steps(tmp_path: Path) -> None:
    """Every second a line: what the firmware holds is less than its peak, and both are of the size of the firmware."""
    session = Session(lines=[Line(5000, "note", ("end",))], gauge=True)

    console = play(session, tmp_path).console

    told = [json.loads(line.partition(": ")[2]) for line in console.splitlines() if line.startswith("# gauge")]
    assert len(told) >= 4
    assert all(50_000 < t["held"] <= t["peak"] < FREE_BYTES + 40_000 for t in told)
    assert told[-1]["steps"] > told[0]["steps"]
    assert told[-1]["task"] != ""


BUSY = """
import time
import gauge

def work(seconds):
    until = time.clock() + seconds
    while time.clock() < until:
        pass

gauged = gauge.Gauge()
for name, before in (("loaded", lambda: work(0.08)), ("waited", lambda: time.sleep_ms(120)), ("worked", lambda: work(0.04))):
    before()
    gauged.stepped(name, 0)
result = [gauged.busy_task, gauged.busy_us]
"""


def test_the_gauge_tells_the_step_that_took_the_processor(tmp_path: Path) -> None:
    """Neither what came before the first step nor waiting counts, so other work on the machine does not lengthen it."""
    task, busy_us = run(BUSY, tmp_path)

    assert task == "worked"
    assert busy_us >= 39_000


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batch=st.lists(st.lists(st.integers(1, 40), max_size=40), max_size=20))
def test_the_simulated_ledger_is_a_set_of_numbers(tmp_path: Path, batch: list[list[int]]) -> None:
    """Ranges hold exactly the numbers that were added, joined where they touch, in any order and as often as they come."""
    code = """
from gateway import keep
result = []
for numbers in given:
    ranges = [[0, 0]]
    for sq in numbers:
        keep(ranges, sq)
    result.append(ranges)
"""
    ledgers = run(code, tmp_path, batch, virtual=True)

    for numbers, ranges in zip(batch, ledgers, strict=True):
        n, also = fold(sorted(set(numbers)), 0)
        assert ranges == [[0, n], *also]
