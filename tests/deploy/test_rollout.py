"""Stages of a new version: the same share each time, who is due, and a stage that stops by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.assembly import open_registry
from deploy.delivery import BACK, KEPT, REFUSED, SILENT, Outcome
from deploy.faults import AWAY, DONE, USAGE
from deploy.faults import REFUSED as REFUSED_CODE
from deploy.rollout import AT_ONCE, Stage, came_back, roll_out, share, stage_of
from devices.image import firmware_version
from gateway.registry.rows import Device, Update

VERSION, NOW_S = "0123abcd", 1_800_000_000
NOBODY = 9
"""The discard port, at which no broker listens."""


def device(name: str, *, recipe: str = "air", key: str = "00", firmware: str = "old", stage: str = "public") -> Device:
    """A registered device."""
    return Device(name, 1, "82", recipe, 60.0, stage, name, "hash", 0, key, 0, firmware)


FLEET = [device(f"air-{n}") for n in range(20)]


@given(st.sets(st.text("abc-", min_size=1, max_size=4), min_size=1), st.floats(0.01, 1), st.floats(0.01, 1))
def test_a_larger_share_holds_a_smaller_one(names: set[str], one: float, other: float) -> None:
    """Whatever order the devices come in; there is one at least, and no more than there are."""
    small, large = sorted((one, other))

    assert set(share(names, VERSION, small)) <= set(share(sorted(names), VERSION, large))
    assert 1 <= len(share(names, VERSION, small)) <= len(names)
    assert set(share(names, VERSION, 1)) == names


def test_another_version_begins_with_other_devices() -> None:
    """So that it is not always the same ones that are tried on."""
    names = [d.id for d in FLEET]

    assert share(names, VERSION, 0.1) != share(names, "other", 0.1)


def test_who_is_due() -> None:
    """Not who runs it, kept it, or gave it up; not the retired; those without a key are told apart."""
    fleet = [
        *FLEET[:2],
        device("new", firmware=VERSION),
        device("tried"),
        device("mute", key=""),
        device("gone", stage="retired"),
        device("noise-1", recipe="noise+air"),
    ]
    updates = [Update(1, "tried", 0, VERSION, BACK, "boots"), Update(2, "air-0", 0, "other", BACK, "boots")]

    stage = stage_of(fleet, updates, VERSION, who=None, fraction=1.0)

    assert set(stage.due) == {"air-0", "air-1", "noise-1"}
    assert set(stage.chosen) == {*stage.due, "new", "tried"}
    assert stage.keyless == ("mute",)
    assert came_back(stage, updates) == 1
    assert stage_of(fleet, updates, VERSION, who="noise", fraction=1.0).due == ("noise-1",)
    assert stage_of(fleet, updates, VERSION, who="tried", fraction=1.0).due == ("tried",), "who is named gets it anew"
    assert stage_of(fleet, updates, VERSION, who="nobody", fraction=1.0).chosen == ()


def carried_out(stage: Stage, ends: dict[str, tuple[str, str]], *, back: int = 0) -> tuple[bool, list[Outcome]]:
    """What a stage does where devices end so; the others keep the version."""
    ended: list[Outcome] = []

    async def give(name: str) -> Outcome:
        await asyncio.sleep(0)
        return Outcome(name, *ends.get(name, (KEPT, "")))

    whole = asyncio.run(roll_out(stage, give, back=back, ended=ended.append))
    return whole, ended


def test_three_bad_boards_of_twenty_stop_the_stage() -> None:
    """The second one does already: nobody is begun after it, and the rest is left as it was."""
    stage = stage_of(FLEET, [], VERSION, who=None, fraction=1.0)
    bad = dict.fromkeys(stage.due[2:5], (BACK, "boots"))

    whole, ended = carried_out(stage, bad)

    assert not whole
    assert len(ended) <= 4 + AT_ONCE
    assert {o.device for o in ended} < set(stage.due)


@pytest.mark.parametrize(("end", "why", "stops"), [
    (BACK, "time", True), (SILENT, "started", True), (SILENT, "", False), (REFUSED, "no-key", False),
])  # fmt: skip
def test_what_speaks_against_a_version(end: str, why: str, stops: bool) -> None:
    """Coming back, and falling silent while it is tried; not being away, nor refusing."""
    stage = stage_of(FLEET, [], VERSION, who=None, fraction=1.0)

    whole, ended = carried_out(stage, dict.fromkeys(stage.due, (end, why)))

    assert whole is not stops
    assert (len(ended) == 20) is not stops


def test_a_stage_is_gone_on_with() -> None:
    """Those that came back before count still; one of twenty is borne, and of a hundred five."""
    stage = stage_of(FLEET, [], VERSION, who=None, fraction=1.0)
    last = {stage.due[-1]: (BACK, "boots")}

    assert carried_out(stage, last)[0] is True
    assert carried_out(stage, last, back=2) == (False, [])
    assert replace(stage, chosen=tuple(str(n) for n in range(100))).most_back == 5


@pytest.mark.parametrize(("back_share", "borne"), [(0.05, 1), (0.1, 2), (0.15, 3), (0.29, 5), (1.0, 20), (0.001, 1)])
def test_the_share_that_is_borne_is_set(back_share: float, borne: int) -> None:
    """So many of twenty may come back, one at least; the next one stops the stage."""
    stage = replace(stage_of(FLEET, [], VERSION, who=None, fraction=1.0), back_share=back_share)
    bad = dict.fromkeys(stage.due, (BACK, "boots"))

    assert stage.most_back == borne
    assert carried_out(stage, dict(list(bad.items())[:borne]))[0] is True
    assert carried_out(stage, dict(list(bad.items())[: borne + 1]))[0] is (borne >= 19)


@pytest.mark.slow
def test_the_command_takes_the_share(home: Path, girouette: Callable[..., Any]) -> None:
    """Where two of three came back before, nobody is touched; with `--most-back 100%` the third is due, and no broker is there for it."""
    del home
    names = ["air-1", "air-2", "air-3"]
    for name in names:
        made = girouette("device", "add", "--recipe", "air", "--id", name, "--place", f"48.1{name[-1]},-1.68")
        assert made.code == DONE, made.err
    with closing(open_registry("sqlite:girouette.sqlite")) as registry:
        for name in names[:2]:
            registry.note_update(name, firmware_version(), BACK, "boots", at_s=NOW_S)
    nowhere = ("--broker", f"mqtt://127.0.0.1:{NOBODY}", "--json")

    stopped, borne = girouette("update", *nowhere), girouette("update", "--most-back", "100%", *nowhere)

    assert (stopped.code, stopped.told["stopped"], stopped.told["devices"]) == (REFUSED_CODE, True, [])
    assert borne.code == AWAY
    assert borne.err.count(f"mqtt://127.0.0.1:{NOBODY}") == 1, "one sentence"
    assert girouette("update", "--most-back", "0%", *nowhere).code == USAGE
