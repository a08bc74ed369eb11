"""Power cuts at every operation of a board's flash, on the interpreter's real littlefs (see `devices/sim/cutting.py`).

A scenario is a piece of MicroPython that defines functions, run by `sweep`:

    def prepare(): ...      a boot that is not cut; leave it out for an empty disk
    def live(): ...         a boot that is cut at each of its writes and erases, before it and in the middle of it
    def again(said): ...    optional: the boot after that, cut too (after each `every`-th cut of `live`)
    def judge(said, now): ...   boots on what the cut left, and raises (AssertionError or anything else) where that is wrong

Each is called with the board's disk mounted and current, so `open("counter")` is the board's file; the firmware's modules
come from `devices/firmware`, and those that lie on the disk itself too where `sys.path` names `/disk` (they are unloaded
between boots). What was printed before the cut is `said`, the truth that the judge goes by: print what must
hold from then on, as the firmware does with its `N`, `S` and `D` lines; `now` is what its own boot says. Time is virtual:
no wait takes any.

    swept = sweep(SCENARIO, tmp_path)
    assert swept.failed == 0, swept
    assert swept.points > 100           # so that it cannot be empty

Two cuts an operation, and a boot for each: about a thousand cuts a second for a small boot. `blocks` is the size of the
flash in 4 KiB; the smaller, the faster.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from on_board import run

HEAP = "4096wK"
CALL = """
from cutting import Sweep
result = Sweep(globals(), {blocks}, {every}).run()
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found: so many writes and erases, so many cuts, and those after which the judge raised."""

    operations: int
    points: int
    failed: int
    failures: list[Any]
    """The first ones: operation, "before" or "half", traceback, the last lines before the cut, and after it."""
    overwritten: int
    """Writes to flash that was not erased: the simulation would be wrong, or littlefs."""

    def __str__(self) -> str:
        """The first failures, as a person reads them."""
        told = [
            f"cut {how} operation {number}\n{trace}said: " + "\n      ".join(said) + "\nthen: " + "\n      ".join(then)
            for number, how, trace, said, then in self.failures
        ]
        return "\n".join([f"{self.failed} of {self.points} cuts failed", *told])


def swept_together(play: Callable[[str, Path], Swept], scenarios: Iterable[str]) -> dict[str, int]:
    """What the sweeps of all scenarios come to, each played in a folder of its own."""
    found = {"operations": 0, "points": 0, "failed": 0}
    for name in scenarios:
        with tempfile.TemporaryDirectory() as folder:
            swept = play(name, Path(folder))
        found["operations"] += swept.operations
        found["points"] += swept.points
        found["failed"] += swept.failed
    return found


def sweep(code: str, directory: Path, given: object = None, *, blocks: int = 32, every: int = 10) -> Swept:
    """Run a scenario and cut its power at every operation."""
    return Swept(**run(code + CALL.format(blocks=blocks, every=every), directory, given, virtual=True, heap=HEAP))
