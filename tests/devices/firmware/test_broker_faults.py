"""Real boards against a real mosquitto that is killed, frozen or far away: nothing is lost and nothing comes twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bench import Boards, Broker, SlowLine, assert_all_kept_once
from receiver import Receiver

pytestmark = pytest.mark.slow


def more(boards: Boards, count: int, until: Callable[..., None]) -> None:
    """Wait until the boards have numbered so many samples more."""
    before = boards.numbered()
    until(lambda: boards.numbered() >= before + count, within_s=60, what=f"{count} more samples")


def test_a_broker_killed_three_times_loses_nothing(
    broker: Broker, receiver: Receiver, tmp_path: Path, until: Callable[..., None]
) -> None:
    """The broker forgets all it had each time; what it had acknowledged is sent again, since only a receipt frees."""
    boards = Boards(broker.port, tmp_path)
    try:
        for kills in range(3):
            until(lambda after=kills: boards.connections() > after, within_s=60, what="every board connected")
            more(boards, 12, until)
            broker.kill()
            more(boards, 9, until)
            broker.start(until)
        boards.drain(until)

        assert_all_kept_once(boards, receiver)
    finally:
        boards.switch_off()


def test_a_frozen_broker_does_not_hold_the_sampling(
    broker: Broker, receiver: Receiver, tmp_path: Path, until: Callable[..., None]
) -> None:
    """While the broker stands still, boards go on sampling, hang up and come back when it answers again."""
    boards = Boards(broker.port, tmp_path)
    try:
        more(boards, 12, until)
        with broker.frozen():
            more(boards, 45, until)
            until(
                lambda: all(
                    "# broker: lost (acknowledgement late)" in "\n".join(t.remarks) for t in boards.told().values()
                ),
                within_s=60,
                what="every board giving the silent broker up",
            )
        boards.drain(until)

        assert_all_kept_once(boards, receiver)
    finally:
        boards.switch_off()


def test_a_line_that_trickles_byte_by_byte_is_a_line(
    broker: Broker, receiver: Receiver, tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """Packets that arrive and leave one to three bytes at a time are whole packets on both sides."""
    with SlowLine(free_port(), broker.port) as line:
        boards = Boards(line.port, tmp_path)
        try:
            more(boards, 45, until)
            boards.drain(until)

            assert_all_kept_once(boards, receiver)
            assert {s.body["connects"] for s in receiver.of("health")} == {1}
        finally:
            boards.switch_off()
