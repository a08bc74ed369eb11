"""A board on a battery: it sleeps between samples, sends by batches, and loses nothing over its sleeps, nor doubles anything."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from on_board import run
from receiver import Numbered, Receiver, doubled

from devices.console import Told, read_console
from devices.image import Identity, build_image, shard_of
from devices.interpreter import have_micropython
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, control, start_board

NAP = """
import machine
from girouette.nap import recall, remember
kept = [remember(g) for g in given]
raw = machine.RTC().memory()
machine.RTC().memory(raw[:-3])
torn = recall()
machine.RTC().memory(raw)
result = [kept, recall(), torn]
"""


def test_what_is_remembered_is_whole_or_nothing(tmp_path: Path) -> None:
    """The last content that fits in RTC memory is found again; half of it is as if there were none."""
    kept, told, torn = run(NAP, tmp_path, [{"held": [1]}, {"held": ["x" * 2100]}])

    assert kept == [True, False]
    assert told == {"held": [1]}
    assert torn == {}


NUMBERED = """
from girouette.numbers import Numbers
first = Numbers()
taken = [first.take() for _ in range(given["before"])]
slept = [first.ep + given["other_ep"], first.boot, first.next, first.dropped]
woken = Numbers(slept)
result = [woken.went_on, woken.boot, woken.take(), woken.ep == first.ep]
"""


@pytest.mark.parametrize(("before", "after"), [(3, 4), (63, 64), (64, 65), (70, 71)])
def test_numbers_go_on_after_a_sleep(tmp_path: Path, before: int, after: int) -> None:
    """The same boot, the next number, across the edges of what was reserved too: no hole a sleep."""
    assert run(NUMBERED, tmp_path, {"before": before, "other_ep": 0}) == [True, 1, after, True]


def test_a_counter_that_is_another_is_not_gone_on_with(tmp_path: Path) -> None:
    """What was remembered of another `ep` counts for nothing: a new boot, beyond all that was reserved."""
    assert run(NUMBERED, tmp_path, {"before": 3, "other_ep": 1}) == [False, 2, 65, True]


class Sleeper:
    """A board of the climate recipe that samples every two seconds and sends three samples at a time."""

    def __init__(self, port: int, directory: Path) -> None:
        recipe = load_recipes()["climate"]
        identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", port, period_s=2, batch=3)
        self.log = directory / "log"
        self.board: Board = start_board(
            build_image([recipe], identity), directory=directory, around=Surroundings(recipe.signals), log=self.log
        )

    def told(self) -> Told:
        """What its console says by now."""
        return read_console(self.log.read_text())

    def sleeps(self) -> int:
        """How often it has gone to sleep."""
        return sum(remark.startswith("# asleep for") for remark in self.told().remarks)


@pytest.fixture
def sleeper(mosquitto: int, tmp_path: Path) -> Iterator[Sleeper]:
    """Such a board, running."""
    if not have_micropython():
        pytest.skip("no MicroPython for this machine")
    running = Sleeper(mosquitto, tmp_path)
    with running.board:
        yield running
        running.board.kill()


@pytest.fixture
def receiver(mosquitto: int) -> Iterator[Receiver]:
    """Somebody who sends receipts."""
    listening = Receiver(mosquitto)
    yield listening
    listening.close()


def made(told: Told) -> dict[Any, Numbered]:
    """The samples that a board has receipts for, as the receiver must have them."""
    return {("b1", s.ep, s.sq): Numbered(s.time_s or 0, dict(s.values)) for s in told.samples if s.receipted}


@pytest.mark.slow
def test_it_sleeps_between_samples_and_sends_by_batches(
    sleeper: Sleeper, receiver: Receiver, until: Callable[..., None]
) -> None:
    """Every number once and in a row, one boot over all sleeps, a connection for three samples, and never a last will."""
    until(lambda: len(receiver.kept) >= 10, within_s=90, what="ten samples from a board that sleeps")
    told = sleeper.told()
    states = [said.body for said in receiver.of("state") if not said.retained]

    assert made(told).items() <= receiver.kept.items()
    assert [s.sq for s in told.samples] == list(range(1, len(told.samples) + 1))
    assert doubled(receiver.kept) == []
    assert receiver.altered == []
    assert {state["boot"] for state in states} == {1}
    assert not any(state["online"] is False for state in states)
    assert sum("asleep_until" in state for state in states) >= 3
    assert told.remarks.count("# connected") <= 1 + len(told.samples) // 3
    ups = [state["up"] for state in states]
    assert ups == sorted(ups)
    assert ups[-1] >= 12


@pytest.mark.slow
def test_a_sleep_that_is_planned_is_told_before_it(
    sleeper: Sleeper, receiver: Receiver, until: Callable[..., None]
) -> None:
    """`asleep_until` is the time of the next transmission, some six seconds ahead, as a retained message."""
    until(lambda: any("asleep_until" in s.body for s in receiver.of("state")), within_s=60, what="a planned sleep")
    said = next(s for s in receiver.of("state") if "asleep_until" in s.body)

    assert 0 < said.body["asleep_until"] - said.at_s <= 3 * 2 + 2


@pytest.mark.slow
def test_without_a_network_it_gives_up_keeps_all_and_tries_less_often(
    sleeper: Sleeper, receiver: Receiver, until: Callable[..., None]
) -> None:
    """Attempts come farther apart while samples wait on flash; once the network is back all arrive, none twice."""
    until(lambda: len(receiver.kept) >= 1, within_s=60, what="a first sample")
    control(sleeper.board, offline=True)
    until((sleeper.board.directory / "flash" / "spool").exists, within_s=60, what="a spool")
    held = len(sleeper.told().samples)
    until(lambda: len(sleeper.told().samples) >= held + 6, within_s=120, what="samples without a network")
    control(sleeper.board, offline=False)
    until(lambda: len(receiver.kept) >= held + 6, within_s=120, what="what waited")

    told = sleeper.told()
    assert made(told).items() <= receiver.kept.items()
    assert [s for s in told.samples if s.dropped] == []
    assert receiver.altered == []


@pytest.mark.slow
def test_an_order_is_heard_when_it_wakes(sleeper: Sleeper, receiver: Receiver, until: Callable[..., None]) -> None:
    """An order that is repeated, as `girouette cmd` does, is answered before the board sleeps again."""
    until(lambda: receiver.of("state"), within_s=60, what="a state")

    def answered() -> bool:
        receiver.publish("b1", "cmd", {"id": "o1", "do": "log"})
        time.sleep(0.3)
        return bool(receiver.of("ack"))

    until(answered, within_s=60, what="an answer")
    assert "connected" in json.dumps(receiver.of("ack")[0].body)
