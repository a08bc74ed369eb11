"""The simulated network goes away as an access point does: without a word to either side."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from on_board import run


@pytest.fixture
def echo(free_port: Callable[[], int]) -> Iterator[tuple[int, list[bytes]]]:
    """A server that answers each line with itself, and what it has heard."""
    door = socket.create_server(("127.0.0.1", free_port()))
    heard: list[bytes] = []

    def serve() -> None:
        with door.accept()[0] as near:
            near.settimeout(10)
            while content := near.recv(100):
                heard.append(content)
                near.sendall(content)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield door.getsockname()[1], heard
    door.close()
    thread.join()


LINE = """
import socket
import time
from world import the_world

away = [False]
the_world.offline = lambda: away[0]

def tried(what):
    try:
        return what()
    except OSError as error:
        return error.errno

def heard(door):
    for _ in range(200):
        found = door.read(100)
        if found:
            return str(found, "utf8")
        time.sleep_ms(5)
    return None

door = socket.socket()
door.connect(socket.getaddrinfo("127.0.0.1", given)[0][-1])
door.setblocking(False)
door.write(b"one")
result = [heard(door)]
away[0] = True
result += [door.write(b"lost"), tried(lambda: socket.getaddrinfo("127.0.0.1", given)), tried(lambda: door.read(10))]
result += [tried(lambda: socket.socket().connect(("127.0.0.1", given)))]
away[0] = False
result += [tried(lambda: door.write(b"two")), tried(lambda: door.read(10))]
door.close()
"""


def test_what_is_sent_while_the_network_is_away_is_lost(tmp_path: Path, echo: tuple[int, list[bytes]]) -> None:
    """Bytes vanish and none arrive; nothing can be reached; a connection that lived through that is reset."""
    port, heard = echo

    result = run(LINE, tmp_path, port)

    assert result == ["one", 4, 113, None, 113, 104, 104]
    assert heard == [b"one"]


@pytest.mark.slow
def test_a_door_closed_while_away_says_nothing(tmp_path: Path, free_port: Callable[[], int]) -> None:
    """The other side of a connection that was closed without a network hears no goodbye: the connection stays open."""
    door = socket.create_server(("127.0.0.1", free_port()))
    closed: list[float] = []

    def serve() -> None:
        with door.accept()[0] as near:
            near.recv(10)
            closed.append(time.monotonic())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    code = """
import socket
import time
from world import the_world
door = socket.socket()
door.connect(socket.getaddrinfo("127.0.0.1", given)[0][-1])
the_world.offline = lambda: True
door.close()
began = time.time()
time.sleep_ms(500)
result = True
"""
    began = time.monotonic()
    assert run(code, tmp_path, door.getsockname()[1]) is True
    thread.join(10)
    door.close()

    assert closed[0] - began > 0.5, "only the end of the process closes it"


def test_a_time_server_answers_where_there_is_a_network(tmp_path: Path) -> None:
    """The firmware's own question is answered with the host's time; not without a network, and not by a dead server."""
    code = """
import asyncio
import time
from girouette.sntp import ask
from world import the_world

def asked():
    try:
        return abs(asyncio.run(ask("pool.ntp.org", patience_ms=200)) - time.time() * 1000)
    except OSError as error:
        return str(error)

result = [asked()]
the_world.no_clock = lambda: True
result.append(asked())
the_world.offline = lambda: True
result.append(asked())
"""
    off_ms, dead, offline = run(code, tmp_path)

    assert off_ms < 1000
    assert dead == "no answer"
    assert "113" in offline


def test_the_wifi_is_there_once_it_is_switched_on(tmp_path: Path) -> None:
    """A link joins a known network, is up, and joins again when it was away; its strength is a number or unknown."""
    code = """
import asyncio
import network
from girouette.net import Link
from world import the_world

away, up = [False], []
the_world.offline = lambda: away[0]
link = Link([{"ssid": "a", "password": "b"}])

async def main():
    up.append(link.up())
    asyncio.create_task(link.run(lambda: None))
    for gone in (False, True, False):
        away[0] = gone
        await asyncio.sleep_ms(2000)
        up.append(link.up())

asyncio.run(main())
result = [up, link.signal_dbm(), network.WLAN(network.STA_IF).isconnected()]
"""
    assert run(code, tmp_path, virtual=True) == [[False, True, False, True], -58, False]


def test_what_the_chip_hears(tmp_path: Path) -> None:
    """Names with their security, the strongest first; while it calls a network it hears nothing, as an ESP32 says."""
    code = """
import network
link = network.WLAN(network.STA_IF)
link.active(True)
link.config(reconnects=0)
result = [[n[0].decode(), n[3], n[4]] for n in link.scan()]
link.connect("hall", "a wrong key")
try:
    link.scan()
except OSError as error:
    result.append(str(error))
link.disconnect()
result.append(len(link.scan()))
"""
    air = {"networks": {"hall": "a long key", "yard": "", "uni": ""}, "secured": ["uni"]}

    assert run(code, tmp_path, around={"wifi": air}) == [
        ["hall", -58, 3], ["uni", -59, 5], ["yard", -60, 0], "Wifi Internal State Error", 3,
    ]  # fmt: skip
    assert run(code, tmp_path)[0] == ["simulation", -58, 0]


def test_a_network_of_its_own(tmp_path: Path) -> None:
    """It has an address while it is open, tells who has joined, and takes no key that WPA2 would not; its ports are where the world says."""
    code = """
import network
import socket
own = network.WLAN(network.AP_IF)
result = [own is network.WLAN(network.AP_IF), own.ifconfig()[0]]
try:
    own.config(ssid="b1", key="short", security=network.AUTH_WPA2_PSK)
except OSError as error:
    result.append(str(error))
own.config(ssid="b1", key="long enough", security=network.AUTH_WPA2_PSK)
own.active(True)
result += [own.ifconfig()[0], len(own.status("stations"))]
try:
    socket.getaddrinfo("192.168.4.1", 80)
except OSError as error:
    result.append(error.errno)
own.active(False)
result.append(own.ifconfig()[0])
"""
    told = run(code, tmp_path)

    nowhere = told[1]
    assert nowhere == told[-1] == ".".join("0000")
    assert told == [True, nowhere, "Wifi Invalid Password", "192.168.4.1", 0, 13, nowhere]
