"""A room with an atelier: broker with accounts, gateway and public side as real processes, a PC with boards, and a browser."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import gzip
import hashlib
import ipaddress
import json
import os
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chips import image_bytes
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from guarded import Guarded
from playwright.async_api import Page, Response, async_playwright
from usb import Pc
from wholes import NUMBERS, whole

from devices.simulate import Surroundings

ROOT = Path(__file__).parent.parent.parent
FINISHED = ".stage .done, .stage .failure"
RECIPE = "climate"
SSID, PASSWORD = "Atelier", "2,4 GHz seulement"
AIR = Surroundings({}, wifi={"networks": {SSID: PASSWORD, "Voisin": "inconnu, lui"}})
"""The Wi-Fi that boards hear in this room."""
APP_BYTES = 1_500_000
"""As large as MicroPython 1.29 for an ESP32; noise is worse, since a real one packs to two thirds."""


@dataclass
class Room:
    """One installation: whoever sits at its machine uses `here`, others come by `outside`."""

    home: Path
    broker: Guarded
    take_port: Callable[[], int]
    until: Callable[..., None]
    address: str
    """This machine's address on its network."""
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)
    ports: dict[str, int] = field(default_factory=dict)
    """Where the public side listens, by the board that it has MicroPython for."""

    @property
    def wifi(self) -> Path:
        """The networks that every board is to know, as `girouette wifi` writes them."""
        return self.home / "girouette-wifi.toml"

    def environ(self, **more: object) -> dict[str, str]:
        """What every command of this installation is set to."""
        told = {
            "store": f"sqlite:{self.home / 'girouette.sqlite'}", "broker": f"mqtt://127.0.0.1:{self.broker.port}",
            "board_broker": f"mqtt://127.0.0.1:{self.broker.port}", "broker_user": "gateway-0",
            "broker_password": "gateway-0", "accounts": self.broker.accounts,
            "broker_pid_file": self.broker.home / "mosquitto.pid", "wifi": self.wifi, "log": "json", **more,
        }  # fmt: skip
        return {**os.environ, "PYTHONPATH": str(ROOT), **{f"GIROUETTE_{n.upper()}": str(v) for n, v in told.items()}}

    def run(self, name: str, *words: str, **more: object) -> None:
        """Start a command that runs until the end."""
        with (self.home / f"{name}.log").open("ab") as log:
            command = [sys.executable, "-m", "deploy.cli", *words]
            self.children.append(
                subprocess.Popen(command, cwd=self.home, env=self.environ(**more), stdout=log, stderr=log)
            )

    def type(self, *words: str, **more: object) -> dict[str, Any]:
        """Type a command and read its JSON."""
        command = [sys.executable, "-m", "deploy.cli", *words, "--json"]
        ran = subprocess.run(command, cwd=self.home, env=self.environ(**more), capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        told: dict[str, Any] = json.loads(ran.stdout)
        return told

    def open(self) -> None:
        """Broker and gateway run; a pilot and a place are registered, as whoever prepares a workshop does it."""
        self.broker.lay()
        self.wifi.touch(0o600)
        self.wifi.write_text(f'[[network]]\nssid = "{SSID}"\npassword = "{PASSWORD}"\n')
        self.type("device", "add", "--recipe", RECIPE, "--id", "prepared", "--place", "48.11,-1.68")
        self.broker.start()
        port = self.take_port()
        self.run("gateway", "gateway", gateway_http_port=port)
        self.until(lambda: answers(f"http://127.0.0.1:{port}/readyz"), within_s=30, what="a gateway that takes packs")

    def serve(self, board: str, *, everybody: bool = False, public_url: str = "", **more: object) -> int:
        """The public side, with MicroPython for this kind of board; where it listens."""
        port = self.ports[board] = self.take_port()
        file = self.home / f"{board}.bin"
        file.write_bytes(heavy(board))
        host = "0.0.0.0" if everybody else "127.0.0.1"  # noqa: S104 - a room's other PCs
        url = public_url or f"http://localhost:{port}"
        self.run(f"api-{board}", "api", api_host=host, api_port=port, public_url=url, board_micropython=file, **more)
        self.until(lambda: answers(f"http://127.0.0.1:{port}/livez"), within_s=30, what="a public side that answers")
        return port

    def stop(self) -> None:
        """All of it ends."""
        for child in reversed(self.children):
            child.terminate()
            child.wait(20)
        self.broker.stop()


def heavy(board: str) -> bytes:
    """An image of MicroPython's form and size for this chip, whose application is noise: nothing packs it."""
    light, app = whole(board), image_bytes("1.29.0", chip=NUMBERS[board], size=APP_BYTES)
    return light[: len(light) - len(image_bytes("1.29.0", chip=NUMBERS[board], size=200 * 1024))] + app


def answers(url: str) -> bool:
    """Does this address answer at all?"""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        return error.code == 404
    except OSError:
        return False


@dataclass
class Visit:
    """Somebody at a PC with a browser: what they see, and how often they clicked since "Commencer"."""

    page: Page
    pc: Pc
    asked: list[str] = field(default_factory=list)
    """Every address that the browser was sent to."""
    loaded: dict[str, bytes] = field(default_factory=dict)
    """What the page is made of: everything that came before "Commencer", by address."""
    errors: list[str] = field(default_factory=list)
    clicks: int = 0

    async def choose(self, recipe: str, board: str) -> None:
        """Steps 1 and 2."""
        await self.page.locator(f"label:has(input[name=recipe][value={recipe}])").click()
        await self.page.locator(f"label:has(input[name=board][value={board}])").click()

    async def click(self, selector: str) -> None:
        """Click, and count it."""
        self.clicks += 1
        await self.page.click(selector)

    async def begin(self) -> None:
        """Click "Commencer"."""
        await self.click("[data-atelier=start]")

    async def until(self, truth: str, *, within_s: float = 40) -> None:
        """Wait until this JavaScript is true; the page's own policy lets nobody evaluate a text inside of it."""
        deadline = asyncio.get_running_loop().time() + within_s
        while not await self.page.evaluate(truth):
            assert asyncio.get_running_loop().time() < deadline, truth
            await asyncio.sleep(0.02)

    async def finish(self, within_s: float = 60) -> None:
        """Afterwards it is online."""
        await self.page.wait_for_selector(FINISHED, timeout=within_s * 1000)
        failure = self.page.locator(".stage .failure")
        assert await failure.count() == 0, await failure.inner_text()

    async def fault(self, within_s: float = 40) -> tuple[str, str]:
        """What went wrong: its name, and what is said about it."""
        failure = self.page.locator(".stage .failure")
        await failure.wait_for(timeout=within_s * 1000)
        return str(await failure.get_attribute("data-fault")), await failure.inner_text()

    async def ticks(self) -> dict[str, str]:
        """The state of the two ticks."""
        found = self.page.locator(".stage .tick")
        script = "ticks => Object.fromEntries(ticks.map(t => [t.dataset.tick, t.dataset.state]))"
        told: dict[str, str] = await found.evaluate_all(script)
        return told

    async def durations(self) -> dict[str, float]:
        """Seconds of each step, and since "Commencer" until each tick."""
        marks = await self.page.evaluate("performance.getEntriesByType('mark').map(m => [m.name, m.startTime / 1000])")
        at = {name.removeprefix("atelier:"): seconds for name, seconds in marks}
        begun = at["find:now"]
        steps = {s: at[f"{s}:done"] - at[f"{s}:now"] for s in ("find", "make", "write", "start") if f"{s}:done" in at}
        return {**steps, **{tick: at[f"{tick}:done"] - begun for tick in ("cable", "network") if f"{tick}:done" in at}}


@contextlib.asynccontextmanager
async def visit(
    chromium: str, pc: Pc, *, reachable: tuple[str, ...] = (), trusted: str = "", shots: Path | None = None
) -> AsyncIterator[Visit]:
    """A browser of Debian's Chromium whose network ends at loopback (and `reachable`), and its page."""
    names = ", ".join(f"EXCLUDE {name}" for name in ("127.0.0.1", "localhost", *reachable))
    flags = [
        "--no-sandbox", "--disable-gpu", "--disable-background-networking", f"--host-resolver-rules=MAP * ~NOTFOUND, {names}",
        *([f"--ignore-certificate-errors-spki-list={trusted}"] if trusted else []),
    ]  # fmt: skip
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=chromium, args=flags)
        context = await running.new_context(locale="fr-FR", viewport={"width": 1280, "height": 960})
        await pc.attend(context)
        here = Visit(await context.new_page(), pc)
        here.page.on("request", lambda request: here.asked.append(request.url))
        here.page.on("pageerror", lambda error: here.errors.append(str(error)))
        try:
            yield here
        finally:
            if shots is not None:
                await here.page.screenshot(path=shots / "last.png", full_page=True)
            await running.close()


async def weigh(here: Visit, address: str) -> dict[str, int]:
    """Go to a page and give what it is made of, packed as a server would: bytes by address."""
    bodies: dict[str, asyncio.Task[bytes]] = {}

    def take(response: Response) -> None:
        if response.ok and not response.url.startswith("data:"):
            bodies[response.url] = asyncio.ensure_future(response.body())

    here.page.on("response", take)
    await here.page.goto(address, wait_until="networkidle")
    here.page.remove_listener("response", take)
    return {url: len(gzip.compress(await body, 6)) for url, body in bodies.items()}


@dataclass(frozen=True)
class Certificate:
    """A certificate of this machine's own, and its mark by which a browser is told to trust it."""

    file: Path
    key: Path
    mark: str


def certificate(folder: Path, address: str) -> Certificate:
    """A certificate for an address, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    form = serialization.Encoding
    (folder / "room.pem").write_bytes(made.public_bytes(form.PEM))
    (folder / "room.key").write_bytes(
        key.private_bytes(form.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    public = key.public_key().public_bytes(form.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    mark = base64.b64encode(hashlib.sha256(public).digest()).decode()
    return Certificate(folder / "room.pem", folder / "room.key", mark)


@contextlib.asynccontextmanager
async def encrypted(address: str, port: int, to: int, by: Certificate) -> AsyncIterator[None]:
    """What a reverse proxy does: HTTPS at this address, handed on to our own port on loopback as it comes."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(by.file, by.key)

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await reader.read(65536):
                writer.write(piece)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_connection("127.0.0.1", to)
        await asyncio.gather(carry(reader, outer), carry(inner, writer))

    server = await asyncio.start_server(serve, address, port, ssl=context)
    try:
        yield
    finally:
        server.close()


@contextlib.contextmanager
def room(
    home: Path, *, binary: str, address: str, take_port: Callable[[], int], until: Callable[..., None]
) -> Iterator[Room]:
    """A room whose processes end with the test."""
    here = Room(home, Guarded(home / "broker", take_port(), binary, until), take_port, until, address)
    try:
        here.open()
        yield here
    finally:
        here.stop()
