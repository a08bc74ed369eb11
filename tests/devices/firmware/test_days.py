"""Days in which network, broker, gateway and power fail at random: nothing is lost, nothing is doubled, all is accounted for."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest
from days import IN_MEMORY_S, Lived, live, make_plan, row

SEEDS = {1_037_321_441: "once lost 23 samples", 648_558_445: "six starts that came to nothing"}
MORE = [secrets.randbelow(1 << 30) for _ in range(int(os.environ.get("GIROUETTE_SEEDS", "0")))]
"""GIROUETTE_SEEDS=50 plays so many chances that nobody has played before; a test that can fail of itself is no gate."""


def assert_nothing_lost(lived: Lived) -> None:
    """What was made is in the journal, once, or was dropped with a word, or was young and in memory when the power went."""
    figures = lived.figures()
    made = {row(s) for s in lived.told.samples if s.time_s is not None}

    assert [s for s in lived.lost() if not lived.excused(s)] == [], figures
    assert len(lived.undated()) <= (1 + IN_MEMORY_S // lived.plan.period_s) * (1 + len(lived.cuts_ms)), figures
    assert figures["kept_twice"] == 0, figures
    assert set(lived.rows) <= made, figures
    assert lived.refused == 0, figures
    assert {s.dropped for s in lived.dropped()} <= {"no-date"}, figures
    assert lived.counted == len(lived.dropped()), figures


@pytest.mark.slow
def test_a_day_in_which_everything_fails(tmp_path: Path) -> None:
    """24 hours at one sample a minute, with a dozen outages each of network, broker and gateway, and 36 power cuts."""
    lived = live(make_plan(1, hours=24), tmp_path)

    assert_nothing_lost(lived)
    assert len(lived.told.samples) > 1200
    assert len(lived.cuts_ms) > 20
    assert lived.torn > 3
    assert lived.absorbed > 0
    assert lived.gateways > 6


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*SEEDS, *MORE], ids=[*SEEDS.values(), *map(str, MORE)])
def test_hours_of_another_chance(tmp_path: Path, seed: int) -> None:
    """Three hours at six samples a minute, under failures that once told us something, and as many new ones as are asked for."""
    lived = live(make_plan(seed, hours=3, period_s=10, each=4), tmp_path)

    assert_nothing_lost(lived)
    assert len(lived.told.samples) > 500
