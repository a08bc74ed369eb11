"""Where no MicroPython interpreter exists, the same firmware runs in CPython, on the same wire, and says so."""

from __future__ import annotations

import asyncio
import doctest
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import devices.replay
from devices.console import read_console
from devices.image import Identity, build_image, shard_of
from devices.interpreter import OVERRIDE
from devices.recipe import load_recipes
from devices.replay import TICKS, dress_asyncio, dress_time, ticks_diff
from devices.simulate import Surroundings, start_board

AIR = load_recipes()["air"]


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["air", "noise", "weather"])
def test_without_an_interpreter_a_board_is_replayed_and_says_so(
    tmp_path: Path, until: Callable[..., None], monkeypatch: pytest.MonkeyPatch, slug: str
) -> None:
    """The first line of its log says what it is; then it numbers samples of the recipe's channels as a board does."""
    monkeypatch.setenv(OVERRIDE, str(tmp_path / "no such interpreter"))
    recipe, log = load_recipes()[slug], tmp_path / "serial.log"
    identity = Identity("test-1", shard_of("test-1"), "test-1", "secret", "127.0.0.1", 9, period_s=1)
    board = start_board(
        build_image([recipe], identity), directory=tmp_path, around=Surroundings(recipe.signals), log=log
    )
    try:
        until(lambda: '"' in log.read_text(encoding="utf-8"), what="a sample with its values")
    finally:
        board.kill()
        board.wait()
        board.stdin.close()  # type: ignore[union-attr]
    told = read_console(log.read_text(encoding="utf-8"))

    assert board.replayed
    assert told.remarks[0] == "# replay: firmware run by CPython, no MicroPython interpreter was found"
    assert {name for s in told.samples for name in s.values} <= {c.name for c in recipe.channels}
    assert any(s.values for s in told.samples)


@given(st.integers(0, TICKS - 1), st.integers(-TICKS // 2, TICKS // 2 - 1))
def test_ticks_wrap_as_on_a_board(begin: int, passed: int) -> None:
    """A distance of up to half the period either way survives the wrap of the counter."""
    clock = SimpleNamespace()
    dress_time(clock)

    assert ticks_diff(clock.ticks_add(begin, passed), begin) == passed
    assert 0 <= clock.ticks_add(begin, passed) < TICKS
    assert 0 <= clock.ticks_ms() < TICKS


def test_a_step_that_is_measured_is_still_run() -> None:
    """The firmware wraps its tasks to measure them; CPython runs what is inside the wrapper, and times out as a board does."""

    async def answer() -> int:
        await board.sleep_ms(1)
        return 42

    async def ask() -> tuple[int, str]:
        found = await board.create_task(SimpleNamespace(_coroutine=answer()))
        try:
            await board.wait_for_ms(asyncio.sleep(60), 5)
        except TimeoutError:
            return found, "timeout"
        return found, "no timeout"

    board = ModuleType("asyncio of a board")
    board.create_task = asyncio.create_task  # type: ignore[attr-defined]
    dress_asyncio(board)

    assert asyncio.run(ask()) == (42, "timeout")


def test_the_examples_of_the_docstrings_are_true() -> None:
    """What the docstrings show is what the functions give."""
    assert doctest.testmod(devices.replay).failed == 0
