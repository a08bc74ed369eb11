"""One board and a real mosquitto: announcing itself, commands, a clock from the gateway, and being refused."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bench import Boards, Broker
from receiver import Receiver
from sessions import FREE_BYTES

pytestmark = pytest.mark.slow
DEVICE = "noise-1"


def test_a_board_announces_itself_and_the_broker_its_end(
    broker: Broker, receiver: Receiver, tmp_path: Path, until: Callable[..., None]
) -> None:
    """`state` says who the board is and what it runs; when it goes without a word the broker says that it is not there."""
    boards = Boards(broker.port, tmp_path, recipes=["noise"])
    try:
        until(lambda: receiver.of("state") and receiver.of("health"), what="state and health")
        until(lambda: receiver.of("obs"), what="a first pack")
    finally:
        boards.switch_off()
    until(lambda: receiver.of("state")[-1].body == {"online": False}, what="the last will")

    state, health = receiver.of("state")[0].body, receiver.of("health")[0].body
    assert {k: state[k] for k in ("online", "recipe", "boot")} == {"online": True, "recipe": "noise", "boot": 1}
    assert set(state) == {"online", "recipe", "boot", "firmware", "up"}
    assert health["reset"] == "power-on"
    assert health["faults"] == {}
    assert health["dropped"] == 0
    assert health["clock"] == "ntp"
    assert 0 < health["free"] < FREE_BYTES


def test_commands_are_obeyed_and_answered(
    broker: Broker, receiver: Receiver, tmp_path: Path, until: Callable[..., None]
) -> None:
    """`identify` and `sample` are answered by their id; a message longer than a board can hold is passed over."""
    boards = Boards(broker.port, tmp_path, recipes=["noise"])
    try:
        until(lambda: receiver.of("obs"), what="a first pack")
        receiver.publish(DEVICE, "cmd", {"id": "long", "do": "identify", "why": "x" * 60_000}, qos=1)
        receiver.publish(DEVICE, "cmd", {"id": "a", "do": "identify", "until": time.time() + 60}, qos=1)
        receiver.publish(DEVICE, "cmd", {"id": "b", "do": "sample"}, qos=1)
        receiver.publish(DEVICE, "cmd", {"id": "c", "do": "sing"}, qos=1)
        until(lambda: len(receiver.of("ack")) >= 3, what="three answers")
        boards.drain(until)

        assert [a.body for a in receiver.of("ack")] == [
            {"id": "a", "ok": True}, {"id": "b", "ok": True}, {"id": "c", "ok": False, "why": "unknown"},
        ]  # fmt: skip
        assert boards.connections() == 1
    finally:
        boards.switch_off()


def test_a_board_without_a_clock_gets_the_gateways(
    broker: Broker, receiver: Receiver, tmp_path: Path, until: Callable[..., None]
) -> None:
    """No time server answers: samples wait for `time`, and bear dates that lie within two seconds of the truth."""
    receiver.timeless = True
    began = time.time()
    boards = Boards(broker.port, tmp_path, recipes=["noise"], faults=[{"kind": "no-clock"}])
    try:
        until(lambda: len(receiver.of("state")) >= 3, what="three askings")
        assert receiver.of("obs") == []
        assert boards.numbered() >= 3
        receiver.timeless = False
        until(lambda: receiver.of("obs"), what="a first pack")
        boards.drain(until)

        times = [sample.time_s for sample in receiver.kept.values()]
        assert len(set(times)) == len(times) >= 4
        assert began - 2 <= min(times)
        assert max(times) <= time.time() + 2
    finally:
        boards.switch_off()


def test_a_board_that_is_refused_says_why_and_goes_on(
    part: Callable[[str], str], free_port: Callable[[], int], tmp_path: Path, until: Callable[..., None]
) -> None:
    """Without an account the broker's reason is on the console, and the samples wait on the board."""
    broker = Broker(part("mosquitto"), free_port(), tmp_path, rules="allow_anonymous false")
    broker.start(until)
    boards = Boards(broker.port, tmp_path, recipes=["noise"])
    try:
        until(lambda: boards.console().count("refused: not authorised") >= 2, within_s=60, what="two refusals")
        until(lambda: boards.told()[DEVICE].samples, within_s=60, what="a sample")

        told: Any = boards.told()[DEVICE]
        assert len(told.waiting()) == len(told.samples) > 0
    finally:
        boards.switch_off()
        broker.kill()
