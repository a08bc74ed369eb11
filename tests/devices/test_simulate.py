"""Boards on this machine: each recipe's firmware in the real interpreter, power cuts, faults, and the end of its parent."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from devices.console import Told, read_console
from devices.image import Identity, Image, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import (
    Board,
    Surroundings,
    control,
    have_micropython,
    lay,
    readable,
    start_board,
    stop_sampling,
)

pytestmark = pytest.mark.skipif(not have_micropython(), reason="no MicroPython interpreter for this platform")
RECIPES = load_recipes()
NO_BROKER = 9
"""A port where nobody listens."""


def image_of(slug: str, **options: object) -> Image:
    """The image of a board of a recipe that samples each second."""
    identity = Identity("test-1", shard_of("test-1"), "test-1", "secret", "127.0.0.1", NO_BROKER, period_s=1, **options)  # type: ignore[arg-type]
    return build_image([RECIPES[slug]], identity)


@contextlib.contextmanager
def powered(folder: Path, slug: str, **around: object) -> Iterator[Board]:
    """A running board; its power is cut at the end."""
    board = start_board(
        image_of(slug),
        directory=folder,
        around=Surroundings(RECIPES[slug].signals, **around),  # type: ignore[arg-type]
        log=folder / "serial.log",
    )
    try:
        yield board
    finally:
        board.kill()
        board.wait()
        assert board.stdin is not None
        board.stdin.close()


def told_by(board: Board) -> Told:
    """What the board said so far."""
    return read_console(board.log.read_text(encoding="utf-8"))


def timed(board: Board) -> int:
    """How many samples with values it took so far."""
    return sum(s.time_s is not None for s in told_by(board).samples)


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["air", "noise", "weather"])
def test_the_firmware_of_each_recipe_gives_readings_of_what_is_simulated(
    tmp_path: Path, until: Callable[..., None], slug: str
) -> None:
    """In the real interpreter, through the real drivers, each value lies near the signal that its sensor meets."""
    with powered(tmp_path, slug) as board:
        assert not board.replayed
        until(lambda: timed(board) >= 2, what="two samples")
        told = told_by(board)

    recipe = RECIPES[slug]
    known = {c.name: recipe.quantities[c.quantity] for c in recipe.channels}
    for sample in told.samples:
        for name, value in sample.values.items():
            assert known[name].low <= value <= known[name].high
            signal = recipe.signals[name]
            if "kind" not in signal:
                swing = signal.get("day", 0) + signal.get("slow", 0) + 6 * signal.get("noise", 0) + 1
                assert abs(value - signal["base"]) <= swing, name
    assert told.remarks[0].startswith("# girouette ")
    assert f" test-1 {slug} " in told.remarks[0]


@pytest.mark.slow
def test_a_power_cut_goes_on_with_the_same_counter(tmp_path: Path, until: Callable[..., None]) -> None:
    """Started again in its folder, a board has the same ep, and never uses a number twice."""
    with powered(tmp_path, "noise") as board:
        until(lambda: timed(board) >= 1, what="a sample")
        before = told_by(board)
    with powered(tmp_path, "noise") as board:
        until(lambda: len(told_by(board).samples) > len(before.samples), what="another sample")
        after = told_by(board)

    assert {s.ep for s in after.samples} == {before.samples[0].ep}
    assert after.samples[-1].sq > before.samples[-1].sq


@pytest.mark.slow
def test_sensors_fall_silent_and_speak_again(tmp_path: Path, until: Callable[..., None]) -> None:
    """`stop_sampling` ends the samples without the firmware being told; `control` brings them back, with a hole between."""
    with powered(tmp_path, "noise") as board:
        until(lambda: timed(board) >= 1, what="a sample")
        stop_sampling(board)
        until(quiet_for(board, 3), what="three seconds without a sample")
        count = timed(board)
        control(board, sampling=True)
        until(lambda: timed(board) > count, what="a sample after the silence")
        times = [s.time_s for s in told_by(board).samples if s.time_s is not None]

    assert times[count] - times[count - 1] >= 3


def quiet_for(board: Board, quiet_s: float) -> Callable[[], bool]:
    """A condition that is true once the board has taken no sample for so long."""
    seen = [-1, 0.0]

    def condition() -> bool:
        if timed(board) != seen[0]:
            seen[:] = timed(board), time.monotonic()
        return time.monotonic() - seen[1] > quiet_s

    return condition


@pytest.mark.slow
def test_faults_begin_and_end_when_they_are_told_to(tmp_path: Path, until: Callable[..., None]) -> None:
    """A stuck channel repeats itself to the last digit while its neighbour goes on; a drift climbs."""
    faults = [{"kind": "stuck", "channel": "temperature"}, {"kind": "offset", "channel": "pressure", "size": -100.0}]
    with powered(tmp_path, "air", faults=faults) as board:
        until(lambda: timed(board) >= 3, what="three samples")
        samples = [s.values for s in told_by(board).samples if s.time_s is not None]

    assert len({v["temperature"] for v in samples}) == 1
    assert all(v["pressure"] < 930 for v in samples)


def test_control_keeps_what_was_asked_before(tmp_path: Path) -> None:
    """Changes add up, and the file is never half written: it is replaced whole."""
    board = Board.__new__(Board)
    board.directory = tmp_path

    control(board, offline=True)
    control(board, sampling=False)

    assert json.loads((tmp_path / "control").read_text()) == {"offline": True, "sampling": False}
    assert [f.name for f in tmp_path.iterdir()] == ["control"]


def test_an_image_is_laid_beside_what_the_board_wrote(tmp_path: Path) -> None:
    """Files that are the same are left alone, others are written; the board's own stay."""
    lay({"/main.py": b"1", "/girouette/app.py": b"2"}, tmp_path)
    (tmp_path / "spool").write_bytes(b"kept")
    os.utime(tmp_path / "main.py", (1, 1))

    lay({"/main.py": b"1", "/girouette/app.py": b"3"}, tmp_path)

    assert (tmp_path / "main.py").stat().st_mtime == 1
    assert (tmp_path / "girouette/app.py").read_bytes() == b"3"
    assert (tmp_path / "spool").read_bytes() == b"kept"


def test_another_form_of_the_same_module_is_taken_away(tmp_path: Path) -> None:
    """The interpreter would import the text that an older image left beside the bytecode."""
    lay({"/main.py": b"1", "/girouette/app.py": b"2", "/girouette/drivers/a.py": b"3"}, tmp_path)

    lay({"/main.py": b"1", "/girouette/app.mpy": b"2"}, tmp_path)

    assert [f.name for f in tmp_path.rglob("*") if f.is_file()] == ["main.py", "app.mpy"]


def test_where_there_is_no_interpreter_the_image_is_text() -> None:
    """CPython runs no bytecode of MicroPython: each module stands there as we write it."""
    text = readable(image_of("noise").files)

    assert text["/girouette/app.py"].startswith(b'"""The application')
    assert not any(path.endswith(".mpy") for path in text)
    assert len(text) == len(image_of("noise").files)


@pytest.mark.slow
def test_a_board_dies_with_whoever_started_it(tmp_path: Path, until: Callable[..., None]) -> None:
    """A demo that is killed leaves no board behind."""
    starts = (
        "import sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[2]); from test_simulate import *\n"
        "folder = Path(sys.argv[1])\n"
        "board = start_board(image_of('noise'), directory=folder, around=Surroundings({}), log=folder / 'serial.log')\n"
        "print(board.pid, flush=True); time.sleep(600)\n"
    )
    here = Path(__file__).parent
    parent = subprocess.Popen(
        [sys.executable, "-c", starts, str(tmp_path), str(here)], stdout=subprocess.PIPE, cwd=here.parents[1]
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    until(lambda: "# ep" in (tmp_path / "serial.log").read_text(), what="the board up")

    parent.kill()
    parent.wait()

    until(lambda: gone(pid), what="the board gone")
    parent.stdout.close()


def gone(pid: int) -> bool:
    """Does no such process run any more?"""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
