"""Journey 2: the gateway is killed five times under load; what was made is kept, once, and the windows know nothing of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from load import Crowd
from river import River, made, pause, river

from gateway.numerics.columns import TIERS

KILLS = 5


@pytest.mark.journey
@pytest.mark.timeout(300)
def test_a_gateway_killed_five_times_keeps_everything_once(
    tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """Three real boards and a crowd of a hundred: made = kept, nothing twice, windows as if nothing had happened."""
    with river(tmp_path, free_port) as here:
        here.start_broker()
        for number in range(3):
            here.add_device(f"air-{number}", "air")
        crowd = Crowd(here.broker_port, here.register([f"loud-{n}" for n in range(100)]))
        here.start_gateway()
        for number in range(3):
            here.start_board(f"air-{number}", "air")
        crowd.start()
        for _ in range(KILLS):
            before = len(here.stored())
            until(
                lambda before=before: len(here.stored()) > before + 1000, within_s=60, what="the gateway storing again"
            )
            here.kill_gateway()
            pause(1)
            here.start_gateway()
        crowd.stop_making()
        here.stop_sampling()
        until(lambda: crowd.held() == 0 and here.drained(), within_s=90, what="every sample receipted")
        crowd.close()
        truth = made(here.told()) | crowd.made()
        until(lambda: len(here.stored()) >= len(truth), within_s=30, what="the journal drained into the store")

        assert here.stored() == truth
        assert len(truth) > 2000
        for tier, width_s in TIERS.items():
            assert plain(here, tier) == naive(truth, width_s)


def plain(here: River, tier: str) -> dict[tuple[str, str, int], tuple[float, ...]]:
    """The stored windows: how many readings, least, most, mean."""
    return {
        k: (w[0], w[1], w[2], round(w[3], 6))
        for k, w in here.windows(tier).items()
        if k[1] in {"temperature", "humidity"}
    }


def naive(truth: dict[tuple[str, str, int], float], width_s: int) -> dict[tuple[str, str, int], tuple[float, ...]]:
    """The same, computed in one go from what the boards say they made."""
    rows: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    for (device, channel, time_s), value in truth.items():
        if channel in {"temperature", "humidity"}:
            rows[device, channel, time_s // width_s * width_s].append(value)
    return {k: (len(v), min(v), max(v), round(float(np.mean(v)), 6)) for k, v in rows.items()}
