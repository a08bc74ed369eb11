"""A board on a battery: it sleeps between samples, sends by batches, and loses nothing over its sleeps, nor doubles anything."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from on_board import run
from receiver import Numbered, Receiver, doubled

from devices.console import Told, read_console
from devices.energy import can_sleep, thirsts
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


BEGUN = """
import asyncio, time
from girouette.battery import Life
from girouette.config import Config
from world import the_world

config = Config(the_world.config)
first = Life(config)
first.clock.learn_ntp(1800000000000)
first.remember()
"""
LIVES = """
from wiring import model_of

the_world.value = lambda channel: given["values"][channel]
particles = [model_of(s) for s in the_world.config["sensors"] if s["bus"]["kind"] == "uart"]
found, worked_s = [], []
for start in range(1, given["starts"] + 1):
    life = Life(config)
    time.sleep_ms(asyncio.run(life.live()))
    for model in particles:
        model.sent()
        worked_s.append(model.worked_ms // 1000)
    sample = life.held[-1] if len(life.held) == start else None
    found.append([sample and sample.values.split(","), {s.name: s.fault for s in life.sensors if s.fault}])
result = [found, worked_s]
"""
STARTS = 4
SLEEPING = [slug for slug, recipe in load_recipes().items() if can_sleep(recipe)]
MET = {"occupancy": 1.0, "magnetic_field": 36.7e-6, "fill_level": 50.0, "distance": 0.65, "water_level": 2.35}
"""What the sensors meet where the base of a signal would not do: a vehicle with its field, and distances that go with levels."""
EMPTY = {"empty_x_ut": 14, "empty_y_ut": -12, "empty_z_ut": 44}
"""The field of the empty parking place, which a board that sleeps must be told (its README)."""


@pytest.mark.slow
@pytest.mark.parametrize("slug", SLEEPING)
def test_each_recipe_that_may_sleep_measures_everything_each_time_it_wakes(tmp_path: Path, slug: str) -> None:
    """At each start, with ten minutes of sleep between them, each channel has the world's value, and no sensor a fault."""
    recipe = load_recipes()[slug]
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883, period_s=600, batch=30)
    config = build_image([recipe], identity).told
    for sensor in config["sensors"]:
        sensor["options"] |= EMPTY if sensor["driver"] == "lis3mdl" else {}
    values = {name: MET.get(name, signal.get("base")) for name, signal in recipe.signals.items()}
    world = {c["n"]: values[c["n"]] for s in config["sensors"] for c in s["channels"]}

    found, _ = run(BEGUN + LIVES, tmp_path, {"values": values, "starts": STARTS}, config=config, virtual=True)

    assert [faults for _, faults in found] == [{}] * STARTS
    for texts, _ in found[1:] if slug == "parking" else found:  # no vehicle comes in the model's first half minute
        assert dict(zip(world, map(float, texts), strict=True)) == pytest.approx(world, rel=0.05)


@pytest.mark.slow
@pytest.mark.parametrize("slug", ["air", "particles-sds011"])
def test_a_fan_stands_still_while_its_board_sleeps(tmp_path: Path, slug: str) -> None:
    """Of each ten minutes fan and laser work for the half minute of their warm-up, and as long as `girouette energy` reckons."""
    recipe = load_recipes()[slug]
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883, period_s=600, batch=30)
    values = {name: signal["base"] for name, signal in recipe.signals.items()}
    config = build_image([recipe], identity).told

    _, worked_s = run(BEGUN + LIVES, tmp_path, {"values": values, "starts": STARTS}, config=config, virtual=True)

    reckoned_s = max(thirst.seconds for thirst in thirsts(recipe))
    assert all(30 <= later - earlier <= reckoned_s for earlier, later in pairwise([0, *worked_s]))


NO_NETWORK = """
import asyncio, time
import machine
from girouette.battery import Life
from girouette.config import Config
from girouette.numbers import Numbers
from girouette.spool import Spool, read_line
from world import the_world

def on_flash():
    spool, lines = Spool("spool", 524288), []
    for segment in spool.segments:
        with spool.open_at(segment, 0) as file:
            lines += [read_line(line) for line in file]
    return lines

config = Config(the_world.config)
first = Life(config)
first.fails = given["fails"]
if given["dated"]:
    first.clock.learn_ntp(1800000000000)
first.remember()
waits = []
for _ in range(given["starts"]):
    life = Life(config)
    time.sleep_ms(asyncio.run(life.live()))
    numbers = [line[0] for line in on_flash()]
    waits.append([len(numbers), len(set(numbers)), life.numbers.next - 1 - len(numbers)])
"""
CUT = """
machine.RTC().memory(b"")
after = Life(config)
result = [waits, after.woken, after.numbers.next > max(numbers)]
"""


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 3, 6])
def test_without_a_network_a_power_cut_in_any_sleep_costs_one_batch_at_most(tmp_path: Path, batch: int) -> None:
    """Long before the next attempt each full batch is on flash, once; the flash is written once a batch, and no number is given twice."""
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883, period_s=600, batch=batch)
    config = build_image([load_recipes()["climate"]], identity).told
    given = {"fails": 6, "starts": 37, "dated": True}

    waits, woken, beyond = run(NO_NETWORK + CUT, tmp_path, given, config=config, virtual=True)

    assert [lost for _, _, lost in waits] == [start % batch for start in range(1, 38)]
    assert all(kept == once for kept, once, _ in waits)
    assert (woken, beyond) == (False, True)


CLOCK = """
from girouette.sender import Sender
life = Life(config)
life.clock.learn_ntp(1800000000000)
spool = Spool("spool", 524288)
sender = Sender(config.topic, config.base_name, config.channels, life.numbers, life.clock, life.uptime, spool)
sender.clock_learnt()
result = [[when for _, when, _ in on_flash()], sender.backlog._date("b1+600") == life.clock.base_s + 600]
"""


def test_what_went_to_flash_without_a_date_gets_one_after_a_sleep(tmp_path: Path) -> None:
    """Waking is the same boot: the date that is learnt then dates the lines that were written before the sleep."""
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883, period_s=600, batch=2)
    config = build_image([load_recipes()["climate"]], identity).told
    given = {"fails": 6, "starts": 4, "dated": False}

    whens, dated = run(NO_NETWORK + CLOCK, tmp_path, given, config=config, virtual=True)

    assert [when.partition("+")[0] for when in whens] == ["b1"] * 4
    assert dated


WIDE = """
from girouette.nap import recall

told = []
for _ in range(45):
    life = Life(config)
    time.sleep_ms(asyncio.run(life.live()))
    told.append([recall()["counter"][2] == life.numbers.next, len(life.held)])
result = told
"""


def test_a_batch_that_rtc_memory_has_no_room_for_goes_to_flash_by_parts(tmp_path: Path) -> None:
    """Of 60 samples of three channels some 40 fit: then they are spilled, the radio stays off, and each start knows its number."""
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883, period_s=600, batch=60)
    recipe = load_recipes()["climate"]
    config = build_image([recipe], identity).told

    told = run(BEGUN + WIDE, tmp_path, config=config, around=asdict(Surroundings(recipe.signals)), virtual=True)

    assert all(known for known, _ in told)
    assert 0 in [held for _, held in told[20:]]


EMPTY_STARTS = """
from girouette.app import Board

the_world.control = lambda name, default: name != "sampling" and default
told = []
for _ in range(3):
    life = Life(config)
    told.append(Board(config, life).health.figures().get("empty"))
    time.sleep_ms(asyncio.run(life.live()))
result = told
"""


def test_health_counts_the_starts_in_which_nothing_was_measured(tmp_path: Path) -> None:
    """Over sleeps too, and not where there were none."""
    identity = Identity("b1", shard_of("b1"), "b1", "secret", "127.0.0.1", 1883, period_s=600, batch=6)
    config = build_image([load_recipes()["climate"]], identity).told

    assert run(BEGUN + EMPTY_STARTS, tmp_path, config=config, virtual=True) == [None, 1, 2]


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
