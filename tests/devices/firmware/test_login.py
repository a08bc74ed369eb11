"""Networks that want a login page: told from a broker that is away, by what the network answers for things that do not exist."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from on_board import run

ASKED = """
import asyncio
import network
from girouette import login

link = network.WLAN()
link.active(True)
link.connect("hotel", "")
result = [login.lies(), asyncio.run(login.answers()), asyncio.run(login.is_wanted())]
"""


@contextmanager
def page(answer: bytes) -> Iterator[int]:
    """A server that says this to whoever asks anything, or nothing, and holds the line."""
    door, held = socket.create_server(("127.0.0.1", 0)), []

    def serve() -> None:
        try:
            while True:
                line = door.accept()[0]
                line.recv(1024)
                held.append(line)
                if answer:
                    line.sendall(answer)
                    line.close()
        except OSError:
            return

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield door.getsockname()[1]
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        thread.join()
        for line in held:
            line.close()


def asked(tmp_path: Path, **login: object) -> Any:
    """Does it lie about names, does a page answer, is a login wanted: on a network like this, or on a plain one."""
    return run(
        ASKED, tmp_path, around={"wifi": {"networks": {"hotel": ""}, "login": {"hotel": login} if login else {}}}
    )


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n", True),
        (b"HTTP/1.0 200 OK\r\n\r\n<html>Welcome", True),
        (b"HTTP/1.1 511 Network Authentication Required\r\n\r\n", True),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", False),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", False),
        (b"SSH-2.0-OpenSSH_9.2\r\n", False),
        (b"HTTP/1.1 many\r\n", False),
    ],
)
def test_a_page_where_nothing_is_is_a_login_page(tmp_path: Path, answer: bytes, wanted: bool) -> None:
    """A redirection, a page or RFC 6585's own status at an address that no server has; a proxy that found nothing there is none."""
    with page(answer) as port:
        assert asked(tmp_path, port=port) == [False, wanted, wanted]


def test_a_network_that_has_an_address_for_every_name(tmp_path: Path) -> None:
    """A name under .invalid exists nowhere: whoever answers for it sends everybody to one place."""
    assert asked(tmp_path, port=1, lies=True) == [True, False, True]


def test_a_network_that_only_lacks_the_broker(tmp_path: Path) -> None:
    """No such name, nobody at that address: nothing is said of a login."""
    assert asked(tmp_path) == [False, False, False]


@pytest.mark.slow
def test_whoever_holds_the_line_is_waited_for_a_moment(tmp_path: Path) -> None:
    """A server that says nothing is given up after four seconds."""
    with page(b"") as port:
        assert asked(tmp_path, port=port) == [False, False, False]


FOUND = """
import asyncio
from girouette import doors
from girouette.clock import Uptime
from girouette.net import Link
from girouette.watchdog import Watchdog
from world import the_world

class Config:
    device, page, batch, ntp, update_key = "b1", None, 0, None, None

class Client:
    online = False

class Board:
    config, client, uptime = Config, Client, Uptime()
    link, watchdog = Link(given["known"]), Watchdog(60000)

told = []

async def main():
    asyncio.create_task(Board.link.run(lambda: None))
    asyncio.create_task(doors.Doors(Board).run(lambda: None))
    for there, online, for_s in given["there"]:
        the_world.wifi = lambda: there
        Client.online = online
        await asyncio.sleep_ms(for_s * 1000)
        link = Board.link
        told.append([the_world.joined if link.up() else None, link.works, link.why, link.told])

asyncio.run(main())
result = told
"""
HOTEL, YARD = {"ssid": "hotel", "password": ""}, {"ssid": "yard", "password": "a long key"}
LIES = {"hotel": {"port": 1, "lies": True}}


def found(tmp_path: Path, known: list[Any], *there: Any) -> Any:
    """Where the board is after each world, whether that network works, why not, and what `health` says; in virtual time."""
    return run(FOUND, tmp_path, {"known": known, "there": there}, virtual=True)


def test_the_word_is_login_page(tmp_path: Path) -> None:
    """Half a minute after it was joined the board says so, and stays; once somebody has logged it in, all is well, and `health` has the word."""
    world = {"networks": {"hotel": ""}, "login": LIES}

    barred, through = found(tmp_path, [HOTEL], (world, False, 30), ({"networks": {"hotel": ""}}, True, 30))

    assert barred == ["hotel", False, "login-page", "login-page"]
    assert through == ["hotel", True, None, "login-page"]


def test_a_broker_that_is_away_is_no_login_page(tmp_path: Path) -> None:
    """The network works, as far as anybody can know."""
    assert found(tmp_path, [HOTEL], ({"networks": {"hotel": ""}}, False, 60)) == [["hotel", True, None, None]]


@pytest.mark.slow
def test_another_known_network_is_taken_instead(tmp_path: Path) -> None:
    """The one that wants a login is left for one that does not; where that is away it is put up with, and the other looked for again later."""
    both = {"networks": {"hotel": "", "yard": "a long key"}, "login": LIES}
    alone = {"networks": {"hotel": ""}, "login": LIES}

    left, put_up, later = found(tmp_path, [HOTEL, YARD], (both, False, 60), (alone, False, 120), (both, False, 1000))

    assert left[:3] == ["yard", True, None]
    assert put_up[:3] == ["hotel", False, "login-page"]
    assert later[:3] == ["yard", True, None]
