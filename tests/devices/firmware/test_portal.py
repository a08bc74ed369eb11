"""The board's own network and its page, in the real interpreter: what a phone asks, what somebody types, and what nobody should send."""

from __future__ import annotations

import random
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from on_board import run
from own_air import OWN, OwnAir
from playwright.sync_api import sync_playwright
from sessions import Line, Session, play

from deploy.tools.atelier import find_tools

NETWORKS = {"hall": "a long key", "Café de la Mairie": "un mot de passe", "<b>&amp;\"'": "", "eduroam": ""}
PROBES = {
    "android": ("connectivitycheck.gstatic.com", "/generate_204"),
    "apple": ("captive.apple.com", "/hotspot-detect.html"),
    "windows": ("www.msftconnecttest.com", "/connecttest.txt"),
    "firefox": ("detectportal.firefox.com", "/canonical.html"),
}
"""What phones and computers ask to find out whether a network leads anywhere."""


@pytest.fixture
def air(tmp_path: Path, free_port: Callable[[], int], until: Callable[..., None]) -> Iterator[OwnAir]:
    """An open network of a board that hears four others."""
    with OwnAir(tmp_path, free_port(), until, networks=NETWORKS, secured=["eduroam"]) as made:
        yield made


def test_whatever_is_asked_leads_to_the_page(air: OwnAir) -> None:
    """Each system's question, any address of any host, and the page's own path under another name; the page is small and asks for nothing."""
    for host, path in (*PROBES.values(), ("news.example", "/a/b?c=d"), ("news.example", "/"), (OWN, "/favicon.ico")):
        assert air.ask(path, host=host)[:2] == (302, f"http://{OWN}/")

    status, _, page = air.ask()
    assert status == 200
    assert "À quel réseau Wi-Fi relier cette station" in page
    assert "Which Wi-Fi network should this station join" in page
    assert len(page.encode()) < 4096
    assert "http" not in page.replace("http-equiv", "")
    assert 'value="&lt;b&gt;&amp;amp;&quot;&#39;"' in page, "the names of networks are anybody's, and stay text"
    assert 'value="eduroam" disabled' in page
    assert air.raw(f"HEAD / HTTP/1.0\r\nHost: {OWN}\r\n\r\n".encode()).endswith(b"\r\n\r\n")


@pytest.mark.slow
def test_a_phone_gives_the_board_its_network(
    air: OwnAir, part: Callable[[str], str], until: Callable[..., None]
) -> None:
    """Real Chromium at a phone's size: its first question opens the page; a wrong password is told on it, the right one is kept."""
    to_board = f"--host-resolver-rules=MAP * 127.0.0.1:{air.web}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=part("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", to_board],
        )
        page = browser.new_page(viewport={"width": 360, "height": 740})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))

        page.goto("http://connectivitycheck.gstatic.com/generate_204")
        assert page.url == f"http://{OWN}/"
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.get_by_role("radio").count() == 4
        page.get_by_role("button").click()
        assert "Choisissez un réseau" in page.get_by_role("alert").inner_text()

        page.get_by_label("hall").check()
        page.locator("#p").fill("a wrong key")
        page.get_by_text("le voir").click()
        assert page.locator("#p").get_attribute("type") == "text"
        page.get_by_role("button").click()
        page.get_by_text("essaie « hall »").wait_for()
        page.get_by_role("alert").wait_for(timeout=30_000)
        assert "n’est pas le bon" in page.get_by_role("alert").inner_text()
        assert page.get_by_label("hall").is_checked()
        assert air.kept() is None

        page.get_by_label("Un autre nom").fill("Café de la Mairie")
        page.locator("#p").fill("un mot de passe")
        page.get_by_role("button").click()
        page.get_by_text("C’est fait").wait_for(timeout=30_000)
        assert page.get_by_role("link").get_attribute("href") == "https://air.example/d/Zm9yIGEgdGVzdA"
        browser.close()
    until(lambda: "# over" in air.said(), within_s=60, what="the network closed, ten seconds after it has said so")
    assert air.kept() == [{"ssid": "Café de la Mairie", "password": "un mot de passe"}]
    assert {url.split("/")[2] for url in asked} <= {"connectivitycheck.gstatic.com", OWN}
    assert "un mot de passe" not in air.said()


def test_a_form_that_is_none_is_no_harm(air: OwnAir) -> None:
    """No name, a key that is too short, text that is no UTF-8, another site's form: nothing is tried, and the page says what it can."""
    for body, sentence in (("", "Choisissez un réseau"), ("s=hall&p=short", "8 à 63"), ("o=" + "x" * 33, "32 au plus")):
        assert air.ask(method="POST", body=body or "x")[:2] == (303, f"http://{OWN}/")
        assert sentence in air.ask()[2]
    assert air.raw(form(b"s=%ff%fe&p=a+long+key")) == b""
    assert air.raw(form(b"s=%zz")) == b""
    assert air.ask(method="POST", host="evil.example", body="s=hall&p=a+long+key")[0] == 302
    assert "joined" not in air.said()
    assert air.kept() is None


def form(body: bytes, length: int | None = None) -> bytes:
    """A form as a browser sends it, of a length that may be a lie."""
    head = f"POST / HTTP/1.1\r\nHost: {OWN}\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    return head.encode() + body


HOSTILE = {
    "a head without end": b"GET / HTTP/1.1\r\nHost: " + b"x" * 20_000,
    "lines without end": b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 3_000 + b"\r\n",
    "a body of a gigabyte": form(b"s=" + b"x" * 5_000, 1_000_000_000),
    "a length below nothing": form(b"s=hall", -5),
    "a length that is none": b"POST / HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: many\r\n\r\n",
    "nothing": b"\r\n\r\n",
    "noise": random.Random(5).randbytes(4_096),
    "a handshake of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    "no host": b"GET / HTTP/1.0\r\n\r\n",
}


@pytest.mark.slow
def test_what_nobody_should_send_costs_nothing(air: OwnAir) -> None:
    """Each of these twenty times, then slow lines and a crowd: the board goes on, its page is there, and its heap is as it was."""
    air.ask()
    air.goes_on()
    before = max(air.ticks()[-10:])
    for _ in range(20):
        for content in HOSTILE.values():
            answer = air.raw(content)
            assert answer == b"" or answer.startswith((b"HTTP/1.1 302", b"HTTP/1.1 413"))
    air.goes_on()

    crowd = [socket.create_connection(("127.0.0.1", air.web)) for _ in range(4)]
    for line in crowd:
        line.sendall(b"GET / HT")
    began = len(air.ticks())
    status, _, page = air.ask()
    for line in crowd:
        line.close()
    assert status == 200, "those who are slow are left after five seconds"
    assert "<form" in page
    assert len(air.ticks()) > began
    air.goes_on()

    assert max(air.ticks()[-10:]) - before < 4096
    assert max(air.ticks()) - before < 64 * 1024
    assert "Error" not in air.said()


def query(name: str, kind: int = 1, *, number: int = 0x1234, more: bytes = b"") -> bytes:
    """A question as a phone asks it (RFC 1035, 4.1)."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return (
        struct.pack("!6H", number, 0x0100, 1, 0, 0, 1 if more else 0) + labels + struct.pack("!BHH", 0, kind, 1) + more
    )


EDNS = b"\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"
"""What most phones put behind a question: more room for the answer (RFC 6891)."""
RESOLVER = """
const { Resolver } = require("dns").promises;
const resolver = new Resolver({ timeout: 5000, tries: 1 });
resolver.setServers([process.argv[1]]);
(async () => {
  const v4 = await resolver.resolve4("connectivitycheck.gstatic.com");
  const v6 = await resolver.resolve6("captive.apple.com").catch((error) => error.code);
  console.log(JSON.stringify([v4, v6]));
})();
"""


@pytest.mark.slow
def test_every_name_has_the_board_s_address(air: OwnAir) -> None:
    """Asked by Node's own resolver (c-ares) and by bytes as phones send them; other kinds of records have no answer, and nonsense gets none."""
    told = subprocess.run(
        [*find_tools().node, "-e", RESOLVER, f"127.0.0.1:{air.names}"], capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == f'[["{OWN}"],"ENODATA"]'

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.settimeout(5)
        door.connect(("127.0.0.1", air.names))
        for nonsense in (b"", b"x", bytes(600), query("a.b")[:-3]):
            door.send(nonsense)
        door.send(query("www.msftconnecttest.com", number=7, more=EDNS))
        answer = door.recv(512)
    question = query("www.msftconnecttest.com")[12:]
    assert answer[:12] == struct.pack("!6H", 7, 0x8500, 1, 1, 0, 0)
    assert answer[12 : 12 + len(question)] == question
    assert answer[-4:] == bytes([192, 168, 4, 1])
    assert len(answer) == 12 + len(question) + 16


ANSWERS = """
from girouette.dns import answer

import binascii

found = [answer(binascii.unhexlify(q), "192.168.4.1") for q in given]
result = [told if told is None else binascii.hexlify(told).decode() for told in found]
"""


def test_no_packet_does_any_harm(tmp_path: Path) -> None:
    """Cut, changed and random packets: nothing is raised, and an answer is never longer than its question and one record."""
    chance, whole = random.Random(11), query("captive.apple.com", more=EDNS)
    packets = [whole[:n] for n in range(len(whole))]
    for _ in range(1500):
        packet = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            packet[chance.randrange(len(packet))] = chance.randrange(256)
        packets.append(bytes(packet))
    packets += [chance.randbytes(chance.randint(0, 512)) for _ in range(500)]

    told = run(ANSWERS, tmp_path, [p.hex() for p in packets], heap="4096wK")

    for asked, answer in zip(packets, told, strict=True):
        whole = bytes.fromhex(answer or "")
        assert answer is None or (whole[:2] == asked[:2] and len(whole) <= len(asked) + 16)
    assert sum(answer is not None for answer in told) > 20


DAY = """
import asyncio
import network
from girouette import doors
from girouette.clock import Uptime
from girouette.net import Link
from girouette.watchdog import Watchdog
from world import the_world

class Config:
    device, page, batch, ntp = "b1", None, given.get("batch", 0), None
    update_key = given.get("key", "00ff")

class Client:
    online = True

class Board:
    config, client, uptime = Config, Client, Uptime()
    link, watchdog = Link(given["known"]), Watchdog(60000)

moments, own = [], network.WLAN(network.AP_IF)
switch = own.active

def noted(on):
    moments.append(Board.uptime.s())
    switch(on)

own.active = noted
doors.LONGEST_PAUSE_S = given.get("longest", doors.LONGEST_PAUSE_S)

async def main():
    asyncio.create_task(Board.link.run(lambda: None))
    asyncio.create_task(doors.Doors(Board, woken=given.get("woken", False)).run(lambda: None))
    for there, for_s in given["there"]:
        the_world.wifi = lambda: there
        await asyncio.sleep_ms(for_s * 1000)

asyncio.run(main())
result = moments
"""
HALL = [{"ssid": "hall", "password": "a long key"}]
AWAY, BACK = {"networks": {}}, {"networks": {"hall": "a long key"}}


def moments(tmp_path: Path, there: list[tuple[object, int]], **given: object) -> list[int]:
    """When the board opened and closed its network, in seconds since its start, in virtual time."""
    found: list[int] = run(DAY, tmp_path, {"known": HALL, "there": there, **given}, virtual=True)
    return found


@pytest.mark.slow
def test_a_board_that_was_never_on_a_network_opens_its_own_after_two_minutes(tmp_path: Path) -> None:
    """For ten minutes; then it is opened again after twenty minutes, forty, eighty and so on up to six hours, here up to forty minutes."""
    found = moments(tmp_path, [(AWAY, 6200)], longest=2400)

    opened, closed = found[::2], found[1::2]
    assert 120 <= opened[0] <= 125
    assert all(600 <= b - a <= 612 for a, b in zip(opened, closed, strict=False))
    pauses = [b - a for a, b in pairwise(opened)]
    assert [round(p / 60) for p in pauses] == [20, 40, 40]


@pytest.mark.slow
def test_a_board_that_was_on_one_waits_a_quarter_of_an_hour(tmp_path: Path) -> None:
    """A network that is away for fourteen minutes opens nothing; one that is back closes what is open, and the next time counts anew."""
    assert moments(tmp_path, [(BACK, 60), (AWAY, 14 * 60), (BACK, 3600)]) == []

    opened, closed, again = moments(tmp_path, [(BACK, 60), (AWAY, 20 * 60), (BACK, 3600), (AWAY, 16 * 60)])

    assert 60 + 900 <= opened <= 60 + 930
    assert opened < closed <= 60 + 20 * 60 + 30
    assert again - (60 + 20 * 60 + 3600) in range(900, 940)


@pytest.mark.slow
def test_who_opens_none(tmp_path: Path) -> None:
    """A board without a key of updates, whose label has no key; and one that only woke from its sleep. At power-on a battery opens at once, once."""
    assert moments(tmp_path, [(AWAY, 1200)], key=None) == []
    assert moments(tmp_path, [(AWAY, 1200)], batch=6, woken=True) == []

    found = moments(tmp_path, [(AWAY, 2400)], batch=6)

    assert len(found) == 2
    assert found[0] < 30


@pytest.mark.slow
def test_the_smallest_board_has_room_for_it(tmp_path: Path) -> None:
    """On the smallest heap console and own Wi-Fi are open together, and it samples each second."""
    session = Session(
        board={"recipe": "sound", "period_s": 1, "update_key": "00" * 16},
        faults=[{"kind": "offline", "for_s": 1000}],
        lines=[Line(150_000, "note", ("end",))],
        gateway=True,
        transcript=False,
    )

    console = play(session, tmp_path).console

    assert "# portal: open, girouette-b1" in console
    assert "MemoryError" not in console
    opened = console.index("# portal: open")
    assert console.count("\nN ", opened) >= 24
