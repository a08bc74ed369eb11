"""How 24 boards come back after their broker was away: real interpreters, and one real mosquitto that is killed and started again.

    python tests/speed/bench_storm.py [SECONDS]

All boards are connected when the broker is killed (SIGKILL, without persistence); it is away for so many seconds (30) and comes back at the
same port. Each board's first call that it takes is looked for in the boards' logs, four times a second.

    first_s, median_s, last_s  after the broker was back, when the first, the twelfth and the last board was connected
    most_in_15_s               the most boards that were connected within any fifteen seconds
    most_in_1_s                the same, of one second

Boards that are busy together on one machine are slower than boards that have each its own. Prints one JSON object.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests/devices")]

from bench import Broker  # noqa: E402
from conftest import need, take_port, wait_until  # noqa: E402

from devices.image import Identity, build_image, shard_of  # noqa: E402
from devices.recipe import load_recipes  # noqa: E402
from devices.simulate import Board, Surroundings, start_board  # noqa: E402

BOARDS, OUTAGE_S, PERIOD_S = 24, 30.0, 60
LOOK_S = 0.25
WITHIN_S = 900
"""A board that is not back by then is told as an error."""


def main() -> None:
    """Measure, and print one JSON object."""
    outage_s = float(sys.argv[1]) if len(sys.argv) > 1 else OUTAGE_S
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        broker = Broker(need("mosquitto"), take_port(), Path(folder))
        broker.start(wait_until)
        stack.callback(broker.kill)
        boards = [started(n, Path(folder), broker.port, stack) for n in range(BOARDS)]
        wait_until(lambda: all(map(connections, boards)), within_s=WITHIN_S, what="every board connected")
        broker.kill()
        before = [connections(board) for board in boards]
        time.sleep(outage_s)
        broker.start(wait_until)
        back = returns(boards, before)
    told = {
        "boards": BOARDS,
        "outage_s": outage_s,
        "first_s": back[0],
        "median_s": back[BOARDS // 2 - 1],
        "last_s": back[-1],
    }
    told |= {f"most_in_{s}_s": max(sum(at <= other < at + s for other in back) for at in back) for s in (15, 1)}
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


def started(number: int, folder: Path, port: int, stack: ExitStack) -> Board:
    """One more board, which is switched off at the end."""
    recipe, name = load_recipes()["noise"], f"noise-{number}"
    identity = Identity(name, shard_of(name), name, "", "127.0.0.1", port, period_s=PERIOD_S, ntp=None)
    home = folder / name
    home.mkdir()
    board = start_board(
        build_image([recipe], identity), directory=home, around=Surroundings(recipe.signals), log=home / "log"
    )
    stack.callback(board.communicate)
    stack.callback(board.kill)
    return board


def connections(board: Board) -> int:
    """How often it was connected."""
    return board.log.read_text(errors="replace").count("# connected")


def returns(boards: Sequence[Board], before: Sequence[int]) -> list[float]:
    """Seconds from now until each board is connected once more, in their order."""
    began = time.monotonic()
    at: dict[int, float] = {}
    while len(at) < len(boards):
        if time.monotonic() - began > WITHIN_S:
            raise TimeoutError(f"{len(boards) - len(at)} boards did not come back")
        for n, board in enumerate(boards):
            if n not in at and connections(board) > before[n]:
                at[n] = round(time.monotonic() - began, 1)
        time.sleep(LOOK_S)
    return sorted(at.values())


if __name__ == "__main__":
    main()
