"""The Wi-Fi task: which network is called when, what it says of those that it cannot join, and an address of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tls
from on_board import run

from devices.image import Identity, build_image, shard_of
from devices.recipe import load_recipes

WATCHED = """
import asyncio
from girouette.net import Link
from world import the_world

link = Link(given["known"])
called, told = [], []
connect = link._wlan.connect
def noted(ssid, key):
    called.append(ssid)
    connect(ssid, key)
link._wlan.connect = noted

async def main():
    asyncio.create_task(link.run(lambda: None))
    for there in given["there"]:
        the_world.wifi = lambda: there
        await asyncio.sleep_ms(given["each_ms"])
        told.append([link.up(), link.why, link.told, link._wlan.ifconfig()[0]])

asyncio.run(main())
result = [called, told]
"""
HALL, YARD = {"ssid": "hall", "password": "a long key"}, {"ssid": "yard", "password": "another key"}
BOTH = {"networks": {"hall": "a long key", "yard": "another key"}}


def watched(tmp_path: Path, known: list[Any], *there: Any, each_ms: int = 60_000) -> Any:
    """Which networks were called, and after each of these worlds: is it up, why not, what `health` says, its address."""
    return run(WATCHED, tmp_path, {"known": known, "there": there, "each_ms": each_ms}, virtual=True)


@pytest.mark.parametrize(
    ("there", "word"),
    [
        ({"networks": {"hall": "changed since"}}, "wrong-password"),
        ({"networks": {}}, "not-found"),
        ({"networks": {"hall": ""}, "secured": ["hall"]}, "other-security"),
        ({"networks": {"hall": "a long key"}, "leases": False}, "no-address"),
    ],
)
def test_why_a_network_is_not_joined_is_told_once_the_board_is_back(tmp_path: Path, there: Any, word: str) -> None:
    """While it lasts the light may ask for a person; afterwards `health` still has the word."""
    called, (away, back) = watched(tmp_path, [HALL], there, {"networks": {"hall": "a long key"}})

    assert away[:3] == [False, word, word]
    assert back == [True, None, word, "192.168.4.23"]
    assert len(called) > 3


@pytest.mark.slow
def test_the_network_that_worked_last_is_called_first(tmp_path: Path) -> None:
    """After an outage, and after a restart; while it is away the others are tried in their order."""
    called, (first, moved, back) = watched(tmp_path, [HALL, YARD], BOTH, {"networks": {"yard": "another key"}}, BOTH)
    assert [first[0], moved[0], back[0]] == [True, True, True]
    assert called == ["hall", "hall", "yard"], "a network that stays joined is not left for one that came back"

    called, _ = watched(tmp_path, [HALL, YARD], BOTH)

    assert called == ["yard"]


@pytest.mark.slow
def test_one_network_of_several_that_is_away_is_no_fault(tmp_path: Path) -> None:
    """Nothing is told of a board that joins the second of two; of several faults the one that a person can mend is told."""
    _, (there,) = watched(tmp_path, [HALL, YARD], {"networks": {"yard": "another key"}})
    assert there[:3] == [True, None, None]

    _, (away,) = watched(tmp_path, [HALL, YARD], {"networks": {"yard": "changed"}})
    assert away[:3] == [False, "wrong-password", "wrong-password"]


def test_an_address_of_its_own_belongs_to_its_network(tmp_path: Path) -> None:
    """It is set before the network is joined, needs no DHCP, and the next network's is asked for again."""
    fixed = {**HALL, "static": ["10.1.2.3", "255.255.255.0", "10.1.2.1", "9.9.9.9"]}

    _, (here, there) = watched(
        tmp_path,
        [fixed, YARD],
        {"networks": {"hall": "a long key"}, "leases": False},
        {"networks": {"yard": "another key"}},
    )

    assert here == [True, None, None, "10.1.2.3"]
    assert there == [True, None, None, "192.168.4.23"]


@pytest.mark.slow
def test_the_diary_says_it_once(tmp_path: Path) -> None:
    """An hour without a network fills neither the diary nor the flash: each word is noted when it changes."""
    watched(tmp_path, [HALL], {"networks": {}}, each_ms=3_600_000)

    lines = "".join(file.read_text() for file in (tmp_path / "flash/log").iterdir())
    assert lines.count("wifi: hall not-found") == 1


STORM = """
from girouette.config import Broker
from girouette.mqtt import backoff_ms
import random
random.seed(given["seed"])

def returns(outage_ms):
    at, failures = 0, 0
    while at < outage_ms:
        failures += 1
        at += max(1, backoff_ms(failures, at, random.random())) + 50
    return at - outage_ms

result = [returns(given["outage_ms"]) for _ in range(given["boards"])]
"""


@pytest.mark.slow
def test_boards_come_back_one_after_another(tmp_path: Path) -> None:
    """After ten minutes without a broker 24 boards call within five minutes, never more than eight within fifteen seconds.

    By the formula alone, in one interpreter; boards and a broker do it in `tests/speed/bench_storm.py`.
    """
    for seed in range(5):
        back_ms = sorted(run(STORM, tmp_path, {"seed": seed, "outage_ms": 600_000, "boards": 24}))

        assert back_ms[-1] <= 300_050
        assert back_ms[-1] - back_ms[0] > 120_000
        assert max(sum(at <= other < at + 15_000 for other in back_ms) for at in back_ms) <= 8


@pytest.mark.slow
def test_a_short_outage_is_over_within_ten_seconds(tmp_path: Path) -> None:
    """After half a minute without a broker every board calls within ten seconds, by the formula."""
    assert max(run(STORM, tmp_path, {"seed": 1, "outage_ms": 30_000, "boards": 24})) <= 10_050


@pytest.mark.slow
@pytest.mark.parametrize(("given", "kept"), [(None, 30), (5, 5), (30, 30), (31, 30), (3600, 30), (0, 2)])
def test_no_setting_makes_a_dead_line_live_longer(tmp_path: Path, given: int | None, kept: int) -> None:
    """Keepalive is 30 s at most, whatever the configuration says: a dead line is found within this and ten seconds more."""
    broker = {"host": "h", "port": 1883, "user": "u", "password": "p"} | ({} if given is None else {"keepalive": given})
    code = "from girouette.config import Broker\nresult = Broker(given).keepalive_s"

    assert run(code, tmp_path, broker) == kept


LIGHT = """
import asyncio
from girouette.app import Board
from girouette.loading import load_config
from world import the_world

the_world.wifi = lambda: given
board, shown = Board(load_config()), []

async def seconds(count):
    for _ in range(count):
        await asyncio.sleep_ms(1000)
        light = board._light()
        if light not in shown[-1:]:
            shown.append(light)

async def main():
    asyncio.create_task(board.link.run(lambda: None))
    await seconds(100)
    given["networks"]["hall"] = "a long key"
    await seconds(30)
    board.client.trust.explain(ValueError("The certificate is not correctly signed by the trusted CA"))
    await seconds(100)
    board.client.trust.accepted()
    await seconds(10)

asyncio.run(main())
result = shown
"""


@pytest.mark.slow
def test_a_wrong_key_and_a_refused_broker_call_for_a_person(tmp_path: Path) -> None:
    """The light asks for one once that has lasted a minute, and stops as soon as it is mended."""
    anchor = tls.anchor(tls.authority())
    identity = Identity("b1", shard_of("b1"), "b1", "", "127.0.0.1", 9, wifi=(HALL,), anchors=(anchor,), ntp=None)
    config = build_image([load_recipes()["noise"]], identity).told

    shown = run(LIGHT, tmp_path, {"networks": {"hall": "changed since"}}, config=config, virtual=True)

    assert shown == ["searching", "needs-you", "keeping", "needs-you", "keeping"]
