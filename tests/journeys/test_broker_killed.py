"""Journey 3: a broker without persistence is killed five times and then stays away; the boards keep what they have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from river import hold_to_truth, pause, river

KILLS = 5
NO_CLOCK = ({"kind": "no-clock", "after_s": 0},)


@pytest.mark.journey
@pytest.mark.timeout(400)
def test_a_broker_killed_five_times_and_gone_for_30_s_loses_nothing(
    tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """Afterwards the spools are empty, nothing is missing, nothing is there twice, boards without a clock included."""
    with river(tmp_path, free_port) as here:
        here.start_broker()
        recipes = {"air-1": "air", "air-2": "air", "noise-1": "noise", "weather-1": "weather", "clockless-1": "air"}
        for name, recipe in recipes.items():
            here.add_device(name, recipe)
        here.start_gateway()
        for name, recipe in recipes.items():
            here.start_board(name, recipe, faults=NO_CLOCK if name.startswith("clockless") else ())
        until(lambda: all(t.receipts for t in here.told().values()), within_s=60, what="a receipt for every board")
        for _ in range(KILLS):
            pause(3)
            here.kill_broker()
            pause(1)
            here.start_broker()
        pause(3)
        here.kill_broker()
        pause(30)
        here.start_broker()
        before = {name: told.receipts for name, told in here.told().items()}
        until(
            lambda: all(told.receipts > before[name] for name, told in here.told().items()),
            within_s=120,
            what="every board heard a receipt again",
        )
        here.stop_sampling()
        until(here.drained, within_s=120, what="every sample receipted")
        here.settle(until)

        hold_to_truth(here)
        assert here.rows_twice() == 0
        assert {name: here.spooled(name) for name in recipes} == dict.fromkeys(recipes, 0)
        told = here.told()["clockless-1"]
        assert [s for s in told.samples if not s.dropped and s.time_s is None] == []
        assert len([s for s in told.samples if s.receipted]) > 20
