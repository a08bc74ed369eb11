"""An order is handed over a real broker to a real board, which goes, refuses, or comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.faults import CommandError
from deploy.orders import Broker
from deploy.passage.moving import BACK, HANDED, LEFT, REFUSED, SILENT, Move, Outcome, hand_over, move_all
from deploy.passage.order import Order, Passage, identity, seal
from deploy.workshop.reach import Reach
from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes
from devices.simulate import Board, Surroundings, start_board
from devices.virtual.terminal import VirtualBoard

KEY = bytes(range(32))


@pytest.fixture
def board(mosquitto: int, tmp_path: Path, until: Callable[..., None]) -> Iterator[Board]:
    """A board that is connected, with a key."""
    recipe = load_recipes()["noise"]
    who = Identity("b1", shard_of("b1"), "b1", "x", "127.0.0.1", mosquitto, period_s=1, ntp=None, update_key=KEY.hex())
    log = tmp_path / "log"
    with start_board(
        build_image([recipe], who), directory=tmp_path, around=Surroundings(recipe.signals), log=log
    ) as made:
        until(lambda: "broker: connected" in log.read_text(), what="a board that is connected")
        yield made
        made.kill()


def order_to(port: int, *, key: bytes = KEY, serial: int = 5, within_s: int = 900) -> Order:
    """An order to a broker on this machine."""
    told = identity("b1", Reach("127.0.0.1", port), password="y", update_key="ab" * 32, within_s=within_s)
    return seal("b1", told, anchors=(), key=key, serial=serial, iv=bytes(16))


def moved(order: Order, port: int, *, watch_s: float = 0.5, wait_s: float = 20) -> Outcome:
    """Move the board."""
    broker = Broker(f"mqtt://127.0.0.1:{port}")
    return asyncio.run(move_all([order], broker=broker, wait_s=wait_s, watch_s=watch_s))[0]


@pytest.mark.slow
def test_a_board_refuses_and_one_goes(
    board: Board, mosquitto: int, free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """An order under another key is refused by name; after a sound one the board looks for the other broker."""
    away = free_port()
    assert moved(order_to(away, key=bytes(32)), mosquitto) == Outcome("b1", REFUSED, "mac")

    assert moved(order_to(away), mosquitto) == Outcome("b1", LEFT)

    nvs = board.directory / "nvs" / "girouette"
    until((nvs / "trial").exists, what="a move on trial")
    assert json.loads((nvs / "next").read_text())["broker"]["port"] == away
    assert json.loads((nvs / "identity").read_text())["broker"]["port"] == mosquitto


@pytest.mark.slow
def test_a_board_that_is_not_received_comes_back_and_says_so(
    board: Board, mosquitto: int, free_port: Callable[[], int]
) -> None:
    """As soon as its time is up, here a second; what it measured meanwhile it still holds."""
    assert moved(order_to(free_port(), within_s=1), mosquitto, watch_s=60) == Outcome("b1", BACK, "time")


def test_a_board_that_says_nothing_is_silent(mosquitto: int) -> None:
    """Nobody answers in time."""
    assert moved(order_to(1), mosquitto, wait_s=0.2).end == SILENT


def test_a_word_about_another_order_is_none_about_this_one() -> None:
    """Answers by another id, and a move that was given up earlier."""
    move = Move(order_to(1))

    move.hear("ack", {"id": "other", "ok": True}, retained=False)
    move.hear("state", {"online": True, "back": ["move-4", "time"]}, retained=False)
    move.hear("state", {"online": True, "back": ["move-5", "time"]}, retained=True)

    assert (move.answer, move.back) == (None, None)


@pytest.mark.slow
def test_a_board_at_a_port_is_handed_its_own_order(
    tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """Of all in the file the one for who it is, by mpremote; it starts with it on trial. For another board there is none."""
    recipe, away = load_recipes()["noise"], free_port()
    who = Identity("b1", shard_of("b1"), "b1", "x", "127.0.0.1", away, period_s=1, ntp=None, update_key=KEY.hex())
    image = build_image([recipe], who)
    with VirtualBoard(image, directory=tmp_path, around=Surroundings(recipe.signals)) as board:
        until(lambda: b"# device: b1" in board.said, what="a board that started")
        with pytest.raises(CommandError, match="b1"):
            hand_over(Passage("town.example:1883", ()), board.port)

        ended = hand_over(Passage("town.example:1883", (order_to(away + 1),)), board.port)

        assert ended == Outcome("b1", HANDED)
        until((tmp_path / "nvs" / "girouette" / "trial").exists, what="a move on trial")
    assert not (tmp_path / "flash" / "order.json").exists()
