"""`girouette cmd`: a real board obeys over a real broker, and who does not answer is told of."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from guarded import Guarded

from deploy.accounts import write_accounts
from deploy.faults import AWAY, DONE, REFUSED, USAGE, CommandError
from deploy.orders import Broker, answer_to, commander, reach
from deploy.settings import Settings
from devices.image import Identity, build_image
from devices.interpreter import have_micropython
from devices.recipe import load_recipes
from devices.simulate import Surroundings, start_board

HERE = ("--place", "48.11,-1.68")


@pytest.fixture
def url(mosquitto: int) -> str:
    """A broker without accounts."""
    return f"mqtt://127.0.0.1:{mosquitto}"


@pytest.fixture
def board(home: Path, mosquitto: int, girouette: Callable[..., Any]) -> Iterator[Any]:
    """A registered device that runs the real firmware."""
    if not have_micropython():
        pytest.skip("there is no MicroPython interpreter for this machine: set GIROUETTE_MICROPYTHON")
    told = girouette("device", "add", "--recipe", "noise", *HERE, "--json").told
    identity = Identity(told["id"], told["shard"], told["user"], told["password"], "127.0.0.1", mosquitto, period_s=60)
    recipe = load_recipes()["noise"]
    running = start_board(
        build_image([recipe], identity), directory=home / "board",
        around=Surroundings(signals=recipe.signals), log=home / "serial.log",
    )  # fmt: skip
    with running:
        try:
            yield running
        finally:
            running.kill()


@pytest.mark.slow
def test_a_board_obeys(board: Any, url: str, girouette: Callable[..., Any], home: Path) -> None:
    """It answers by the command's id, and its console says what it was asked."""
    for order in ("identify", "sample"):
        typed = girouette("cmd", "noise-1", order, "--broker", url, "--wait", "60s", "--json")
        assert (typed.code, typed.told["ok"], typed.told["do"]) == (DONE, True, order)

    assert "noise-1 blinks" in girouette("cmd", "noise-1", "identify", "--broker", url).out
    assert "# command: sample" in (home / "serial.log").read_text()


@pytest.mark.slow
def test_a_board_tells_its_diary(board: Any, url: str, girouette: Callable[..., Any]) -> None:
    """Its start and its connection are there with their dates, as lines and as rows; `cmd log` is the same."""
    rows = girouette("log", "noise-1", "--broker", url, "--wait", "60s", "--json").told
    typed = girouette("cmd", "noise-1", "log", "--broker", url)

    assert rows[0]["text"].startswith("girouette ")
    assert any(row["text"] == "connected" for row in rows)
    assert {row["boot"] for row in rows} == {1}
    assert all("connected" in line or "boot" in line or "20" in line for line in typed.out.splitlines())


@pytest.mark.slow
def test_a_board_takes_a_new_period_and_restarts_once(
    board: Any, url: str, girouette: Callable[..., Any], home: Path, until: Callable[..., None]
) -> None:
    """The setting is on its disk, the registry expects it, and the board ends to be started again."""
    typed = girouette("cmd", "noise-1", "configure", "--period", "5", "--broker", url, "--wait", "60s")

    assert (typed.code, "takes" in typed.out or "taken" in typed.out) == (DONE, True)
    assert json.loads((home / "board" / "flash" / "changes.json").read_text()) == {"period_s": 5}
    assert girouette("device", "list", "--json").told[0]["period_s"] == 5
    until(lambda: " boot 2 " in (home / "serial.log").read_text(), what="the board's second start")
    rows = girouette("log", "noise-1", "--broker", url, "--wait", "60s", "--json").told
    assert [row["text"] for row in rows if row["text"].startswith("restart")] == ["restart: configured"]
    assert {row["boot"] for row in rows} == {1, 2}


@pytest.mark.slow
def test_who_does_not_answer_is_told_of(url: str, girouette: Callable[..., Any]) -> None:
    """The broker is there and the board is not: exit code 3, and the question to ask."""
    girouette("device", "add", "--recipe", "noise", *HERE)

    typed = girouette("cmd", "noise-1", "sample", "--broker", url, "--wait", "1s")

    assert (typed.code, typed.out) == (AWAY, "")
    assert "is it switched on and connected?" in typed.err


def test_a_wrong_order_is_refused_before_anything_is_sent(
    girouette: Callable[..., Any], free_port: Callable[[], int]
) -> None:
    """An order that no board knows, a device that is not registered, or is retired, and a broker that is not there."""
    away = f"mqtt://127.0.0.1:{free_port()}"
    girouette("device", "add", "--recipe", "noise", *HERE)

    assert girouette("cmd", "noise-1", "dance", "--broker", away).code == USAGE
    assert girouette("cmd", "noise-1", "configure", "--broker", away).code == USAGE
    assert girouette("cmd", "noise-1", "configure", "--batch", "6", "--broker", away).code == REFUSED
    assert girouette("cmd", "noise-1", "reboot", "--period", "5", "--broker", away).code == USAGE
    assert girouette("cmd", "noise-2", "sample", "--broker", away).code == REFUSED
    refused = girouette("cmd", "noise-1", "sample", "--broker", away)
    assert (refused.code, "start it, or correct the address" in refused.err) == (AWAY, True)
    girouette("device", "stage", "noise-1", "retired")
    assert girouette("cmd", "noise-1", "sample", "--broker", away).code == REFUSED


def test_never_by_the_account_of_a_gateway(home: Path) -> None:
    """The broker would throw the gateway out: another account is asked for, or taken where it is set."""
    gateway = {"broker": "mqtt://b", "broker_user": "gateway-0", "broker_password": "x"}

    with pytest.raises(CommandError, match="GIROUETTE_COMMAND_USER"):
        commander(Settings(**gateway))
    with pytest.raises(CommandError, match="GIROUETTE_COMMAND_USER"):
        commander(Settings(broker="mqtt://gateway-1:x@b"))
    assert commander(Settings(**gateway, command_user="commands", command_password="y")) == Broker(
        "mqtt://b", "commands", "y"
    )  # type: ignore[arg-type]
    assert commander(Settings(broker="mqtt://a mqtt://b")) == Broker("mqtt://a")


@pytest.mark.slow
def test_a_broker_with_accounts_asks_who_we_are(
    home: Path, part: Callable[[str], str], free_port: Callable[[], int], until: Callable[..., None]
) -> None:
    """The account of commands is let in, a wrong password is a sentence."""
    here = Guarded(home / "guarded", free_port(), part("mosquitto"), until)
    here.lay()
    write_accounts(here.accounts, ())
    try:
        here.start()
        asyncio.run(reach(Broker(f"mqtt://127.0.0.1:{here.port}", "commands", "commands")))
        asyncio.run(reach(Broker(f"mqtt://commands:commands@127.0.0.1:{here.port}")))
        with pytest.raises(CommandError, match="correct the address and the account"):
            asyncio.run(reach(Broker(f"mqtt://127.0.0.1:{here.port}", "commands", "wrong")))
    finally:
        here.stop()


@pytest.mark.parametrize("payload", [b"", b"[", b"\xff", b"3", b'"a"', b'{"id": "b"}', b"{}"])
def test_what_is_no_answer_is_passed_over(payload: bytes) -> None:
    """Anything may stand on a topic: only the answer by our id counts."""
    assert answer_to("a", payload) is None
