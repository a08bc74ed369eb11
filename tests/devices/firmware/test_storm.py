"""Storms: everything fails at random moments for ten minutes, in virtual time, and what must not be lost is not lost."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from receiver import samples_of
from sessions import UNIX_MS, Line, Session, play

from devices.console import Told, read_console

pytestmark = pytest.mark.slow
STORM_MS, CALM_MS = 600_000, 240_000
END_MS = STORM_MS + CALM_MS
SPILLED_S = 32
"""Whatever is older than this and has no receipt is on the disk, and outlives a power cut: 30.5 s with a frozen broker (docs/firmware.md), and
the second in which it was sampled."""


def storm(seed: int, *, cuts: int) -> Session:
    """Ten minutes in which broker, gateway, network and power fail, and four in which they do not."""
    chance = random.Random(seed)
    lines = [Line(END_MS, "note", ("end",))]
    for what, states in (("broker", ("dead", "frozen")), ("gateway", ("dead",))):
        at_ms = chance.randrange(60_000)
        while at_ms < STORM_MS:
            lasts_ms = chance.randrange(1000, 60_000)
            lines += [Line(at_ms, what, (chance.choice(states),)), Line(min(at_ms + lasts_ms, STORM_MS), what, ("up",))]
            at_ms += lasts_ms + chance.randrange(1000, 90_000)
    lines += [Line(chance.randrange(STORM_MS), "power", ("cut",)) for _ in range(cuts)]
    offline = [
        {"kind": "offline", "after_s": chance.randrange(10, 500), "for_s": chance.randrange(1, 90)}
        for _ in range(0 if cuts else 3)  # after a power cut they would come again, at the same age of the board
    ]
    board = {"period_s": 2, "recipe": chance.choice(["noise", "weather"]), "ntp": chance.choice([None, "pool.ntp.org"])}
    return Session(
        board=board,
        faults=offline,
        lines=sorted(lines, key=lambda x: x.at_ms),
        seed=seed,
        gateway=True,
        transcript=True,
    )


def stored(directory: Path, session: Session) -> Iterator[tuple[int, int, int, dict[str, float]]]:
    """Number, date and values of every sample that came while the gateway ran, as often as it came."""
    states = [(line.at_ms, line.rest[0] == "up") for line in session.lines if line.what == "gateway"]
    for text in (directory / "transcript").read_text().splitlines():
        at_ms, what, *rest = json.loads(text)
        runs = ([True] + [up for since, up in states if since <= at_ms])[-1]
        if what == "says" and rest[0] == "obs" and runs:
            pack = json.loads(rest[1])
            for sq, sample in samples_of(pack):
                yield pack[0]["ep"], sq, sample.time_s, sample.values


def played(tmp_path: Path, session: Session) -> tuple[Told, dict[tuple[int, int], Any]]:
    """What the board told on its console, and what the gateway stored."""
    told = read_console(play(session, tmp_path).console)
    kept: dict[tuple[int, int], Any] = {}
    for ep, sq, time_s, values in stored(tmp_path, session):
        assert kept.setdefault((ep, sq), (time_s, values)) == (time_s, values), "a number has one content, ever"
    return told, kept


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_lost_while_the_power_stays_on(tmp_path: Path, seed: int) -> None:
    """Every sample but those of the last seconds is stored once, with its date and values, and none was dropped."""
    session = storm(seed, cuts=0)

    told, kept = played(tmp_path, session)

    assert [s for s in told.samples if s.dropped is not None] == []
    early = [s for s in told.samples if s.time_s is not None and s.time_s < UNIX_MS // 1000 + END_MS // 1000 - 10]
    assert len(early) > END_MS // 2000 - 20
    missing = [s.sq for s in early if (s.ep, s.sq) not in kept]
    assert missing == []
    assert all(kept[s.ep, s.sq] == (s.time_s, dict(s.values)) for s in early)
    times = [time_s for time_s, _ in kept.values()]
    assert len(set(times)) == len(times)


@pytest.mark.parametrize("seed", range(10, 12))
def test_a_power_cut_costs_what_was_in_memory(tmp_path: Path, seed: int) -> None:
    """Two power cuts in the storm: what had no receipt and was older than 32 s is on the disk, and is stored."""
    session = storm(seed, cuts=2)
    cuts_s = [UNIX_MS // 1000 + line.at_ms // 1000 for line in session.lines if line.what == "power"]

    told, kept = played(tmp_path, session)

    end_s = UNIX_MS // 1000 + END_MS // 1000 - 10
    missing = [s for s in told.samples if (s.ep, s.sq) not in kept and s.time_s is not None and s.time_s < end_s]
    assert all(any(0 <= cut_s - (s.time_s or 0) < SPILLED_S for cut_s in cuts_s) for s in missing)
    assert {s.dropped for s in told.samples} <= {None, "no-date"}
    assert len(kept) > END_MS // 2000 - 2 * SPILLED_S // 2 - 120
    times = [time_s for time_s, _ in kept.values()]
    assert len(set(times)) == len(times)
