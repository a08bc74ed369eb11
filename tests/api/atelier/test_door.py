"""The door, tried from every side on the whole application: who gets in, who does not, and what they read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from api.atelier.access import COOKIE
from deploy.serve import Guest, config, listen

PAGES = ("/fr/atelier", "/en/atelier", "/fr/atelier/poste", "/atelier/recipes.json", "/atelier/drawings/air/c6.svg", "/atelier/boards/air-1",
         "/atelier/boards/air-1/label.svg", "/atelier/parts/" + "0" * 64)  # fmt: skip
HERE, LAN, TOWN = "127.0.0.1", "192.168.1.77", "https://air.example.org"
BOARD = {"recipe": "air", "board": "c6", "chip": "ESP32-C6", "flash_bytes": 4194304}


def refused(answer: Any, *words: str) -> None:
    """The answer is a refusal that says these words."""
    assert answer.status_code == 403, answer.text
    assert all(word in answer.json()["detail"] for word in words), answer.text
    assert answer.headers["Cache-Control"].endswith("no-store")


def test_who_sits_here_gets_in(room: Any, browse: Callable[..., Any]) -> None:
    """Without a link, by every local name."""
    for site in ("http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"):
        assert browse(room.app(), site=site)("/fr/atelier").status_code == 200


@pytest.mark.parametrize("url", [TOWN, "http://192.168.1.20:8000"])
def test_where_a_public_address_is_set_who_sits_here_enters_by_a_link(
    room: Any, browse: Callable[..., Any], url: str
) -> None:
    """The sentence says so in both languages, and what to type; by that link they make boards, encrypted by nobody since nobody is between."""
    room.public_url = url
    here = browse(room.app())
    refused(here("/fr/atelier"), f"adresse publique ({url})", "usage unique", "tapez-y girouette atelier ")
    refused(here("/en/atelier"), f"public address ({url})", "one-time", "type there girouette atelier ")
    refused(here.post("/atelier/boards", BOARD), "girouette atelier")
    shown = here("/fr/atelier", headers={"Accept": "text/html"})
    assert (shown.status_code, "tapez-y girouette atelier" in shown.text) == (403, True)

    entered = here.enter(room.link())

    assert entered.headers["Location"] == "/fr/atelier"
    assert here("/fr/atelier").status_code == 200
    made = here.post("/atelier/boards", {**BOARD, "recipe": "nothing"})
    assert (made.status_code, "nothing" in made.json()["detail"]) == (404, True)


def test_another_users_program_is_not_who_sits_here(
    room: Any, browse: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the connection is another user's; a link opens all the same."""
    monkeypatch.setattr("api.atelier.access.of_another_user", lambda *_: True)
    here = browse(room.app())

    refused(here("/fr/atelier"), "proxy", "girouette atelier --link")
    refused(here("/en/atelier"), "proxy", "girouette atelier --link")
    here.enter(room.link())
    assert here("/fr/atelier").status_code == 200


async def ask(port: int, path: str = "/fr/atelier", host: str = "localhost") -> bytes:
    """What a browser gets that asks at this port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: keep-alive\r\nAccept: text/html\r\n\r\n".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return head.partition(b"\r\n")[0]


def test_through_a_real_proxy_of_the_simplest_kind_nobody_is_here(room: Any) -> None:
    """On real sockets: a proxy that asks over HTTP/1.0 in its own name, as nginx does by `proxy_pass` alone, and one that names nothing."""
    says = {"1.0": b"Host: 127.0.0.1:%d\r\nConnection: close\r\n", "1.1": b"Host: 127.0.0.1:%d\r\n"}

    async def through(version: str, port: int) -> bytes:
        async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked, *headers = (await reader.readuntil(b"\r\n\r\n")).rstrip().split(b"\r\n")
            kept = [line for line in headers if line.partition(b":")[0] not in {b"Host", b"Connection"}]
            inner, outer = await asyncio.open_connection("127.0.0.1", port)
            begin = asked.replace(b"HTTP/1.1", f"HTTP/{version}".encode())
            outer.write(begin + b"\r\n" + says[version] % port + b"\r\n".join([*kept, b"", b""]))
            writer.write(await inner.readuntil(b"\r\n\r\n"))
            outer.close()
            writer.close()

        async with await asyncio.start_server(pass_on, "127.0.0.1", 0) as proxy:
            return await ask(proxy.sockets[0].getsockname()[1], host="air.example.org")

    async def play() -> list[bytes]:
        server, socket = Guest(config(room.app())), listen("127.0.0.1", 0)
        serving = asyncio.create_task(server.serve(sockets=[socket]))
        port = socket.getsockname()[1]
        told = [await ask(port), *[await through(version, port) for version in says]]
        server.should_exit = True
        await serving
        return told

    assert [line.split()[1] for line in asyncio.run(play())] == [b"200", b"403", b"403"]


@pytest.mark.parametrize("path", PAGES)
def test_nobody_else_gets_in(room: Any, browse: Callable[..., Any], path: str) -> None:
    """Not from the network, not through a proxy, not by a name that was pointed here."""
    app = room.app()

    refused(browse(app, at=LAN, site="http://192.168.1.10:8000")(path), "girouette atelier --link")
    refused(browse(app, at=LAN, site="http://localhost:8000")(path), "girouette atelier --link")
    refused(browse(app)(path, headers={"X-Forwarded-For": "127.0.0.1"}), "girouette atelier --link")
    refused(browse(app, site="http://evil.example:8000")(path), "localhost:")


def test_nobody_else_makes_a_board(room: Any, browse: Callable[..., Any]) -> None:
    """The same for what writes; nothing is registered."""
    app = room.app()
    for who in (browse(app, at=LAN, site="http://192.168.1.10:8000"), browse(app, site="http://evil.example:8000")):
        refused(who.post("/atelier/boards", BOARD))
    refused(browse(app).post("/atelier/boards", BOARD, Forwarded="for=127.0.0.1"))

    assert room.registry.devices() == []


def test_a_link_lets_in_once_and_for_as_long_as_it_says(room: Any, browse: Callable[..., Any]) -> None:
    """The page that it opens spends nothing; its button does; the cookie lasts until the atelier ends, restart or not."""
    link = room.link(for_s=3600, boards=2)
    first, second = (browse(room.app(), at=LAN, site=TOWN) for _ in range(2))
    for _ in range(3):  # what looks at links that pass by, as messengers do
        assert link in first(f"/atelier/e/{link}").text

    entered = first.enter(link)

    assert (entered.status_code, entered.headers["Location"]) == (303, "/fr/atelier")
    told = entered.headers["Set-Cookie"]
    assert all(word in told for word in (COOKIE, "HttpOnly", "SameSite=strict", "Max-Age=3600", "Path=/"))
    assert link not in told
    assert first("/fr/atelier").status_code == 200
    refused(second.enter(link), "déjà servi")
    refused(second("/fr/atelier"), "girouette atelier --link")
    room.now_s += 3601
    refused(first("/fr/atelier"), "terminée")


def test_a_link_that_waits_too_long_opens_nothing(room: Any, browse: Callable[..., Any]) -> None:
    """Fifteen minutes; a link that was never made, or half of one, neither."""
    link, who = room.link(), browse(room.app(), at=LAN, site=TOWN)
    refused(who.enter(link[:-1]), "n’ouvre rien")
    refused(who.enter(""), "n’ouvre rien")
    room.now_s += 901

    refused(who.enter(link), "trop vieux")
    assert COOKIE not in who.enter(link).headers.get("Set-Cookie", "")


def test_the_cookie_travels_encrypted_where_the_page_does(room: Any, browse: Callable[..., Any]) -> None:
    """`Secure` on HTTPS, also behind a proxy that says so; not where there is none, since the browser would drop it."""
    proxied = browse(room.app(), at=LAN, site="https://air.example.org")
    plain = browse(room.app(), at=LAN, site="http://192.168.1.10:8000")

    behind = {"Origin": TOWN, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "air.example.org"}
    told = browse(room.app(), at=HERE, site="http://air.example.org")(
        "/atelier/enter", "POST", data={"link": room.link()}, headers=behind
    )
    assert "Secure" in proxied.enter(room.link()).headers["Set-Cookie"]
    assert "Secure" in told.headers["Set-Cookie"]
    assert "Secure" not in plain.enter(room.link()).headers["Set-Cookie"]


def test_a_guest_makes_boards_over_encrypted_lines_only(room: Any, browse: Callable[..., Any]) -> None:
    """A board's secrets are in the answer; who sits here hears themselves."""
    guest = browse(room.app(), at=LAN, site="http://192.168.1.10:8000")
    assert guest.enter(room.link()).status_code == 303

    assert guest("/fr/atelier").status_code == 200
    refused(guest.post("/atelier/boards", BOARD), "https://", "--file")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9999", "https://localhost:8000"])
def test_a_page_of_another_site_makes_no_board_in_the_name_of_who_sits_here(
    room: Any, browse: Callable[..., Any], origin: str
) -> None:
    """The browser sends its request along, from loopback, to the right name; its origin gives it away. No answer is readable there either."""
    here = browse(room.app())

    refused(here.post("/atelier/boards", BOARD, Origin=origin), "page de l’atelier")
    refused(here.post("/atelier/boards", BOARD, **{"Sec-Fetch-Site": "cross-site"}), "page de l’atelier")
    refused(here("/atelier/boards", "POST", json=BOARD), "page de l’atelier")
    preflight = here("/atelier/boards", "OPTIONS", headers={"Origin": origin, "Access-Control-Request-Method": "POST"})
    assert not [name for name in preflight.headers if name.startswith("access-control")]
    assert room.registry.devices() == []


@pytest.mark.parametrize(
    "path", ["/fr/atelier", "/atelier/recipes.json", "/atelier/parts/x", "/atelier/nothing-here", "/atelier"]
)
def test_no_other_site_reads_or_frames_an_answer(room: Any, browse: Callable[..., Any], path: str) -> None:
    """No CORS at all, no frame, scripts of our own only; and the page may ask for a serial port."""
    told = browse(room.app())(path).headers

    assert not [name for name in told if name.startswith("access-control")]
    assert told["Cross-Origin-Resource-Policy"] == "same-origin"
    assert told["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in told["Content-Security-Policy"]
    assert "script-src 'self';" in told["Content-Security-Policy"]
    assert "unsafe" not in told["Content-Security-Policy"]
    assert "serial=(self)" in told["Permissions-Policy"]


def test_refusals_speak_the_language_of_the_page(room: Any, browse: Callable[..., Any]) -> None:
    """By its address, else by what the browser asks for; a page for who opened it, a problem for a script."""
    who = browse(room.app(), at=LAN, site="http://192.168.1.10:8000")

    assert "one-time" not in who("/fr/atelier", headers={"Accept-Language": "en"}).text
    assert "on that machine" in who("/en/atelier", headers={"Accept-Language": "fr"}).json()["detail"]
    assert "on that machine" in who("/atelier/recipes.json", headers={"Accept-Language": "en"}).json()["detail"]
    page = who("/fr/atelier", headers={"Accept": "text/html"})
    assert page.headers["content-type"].startswith("text/html")
    assert "girouette atelier --link" in page.text
