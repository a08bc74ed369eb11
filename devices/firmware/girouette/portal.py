"""The board's own Wi-Fi and one page on it, by which a phone gives the board a network where nobody has a cable.

Its key is printed on the board's label: the town's key is typed over it, so it is no open network. All of it is bounded: two phones, three
conversations at once, five seconds each, 8 KiB of head and 512 bytes of form, ten minutes; the board samples and keeps meanwhile.
"""

import asyncio
import hashlib
import json
import socket
import time

import network

from micropython import const

import slots
from girouette import dns, known, page
from girouette.log import note

PORT = 80
_OPEN_S = const(600)
DONE_S, TOLD_S = 60, 10
"""So long it stays there once a network is joined, and once the page has said so."""
_GUEST_S = const(60)
"""Whoever has asked for something within this time is still there."""
SILENT_MS, TALK_MS = 1500, 5000
"""A browser opens connections in advance, and says nothing on some."""
_MOST_TALKS = const(3)
LONGEST_HEAD, LONGEST_LINE, LONGEST_FORM = 8192, 200, 512
_LONGEST_ORDER = const(4200)
"""An order to move to a town (moving.py)."""
_MOST_HEARD = const(12)
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
"""Of which a key is made: 32 that nobody takes for another one."""
_KEY_LENGTH = const(10)


class Portal:
    """The board's own network, while it is open."""

    def __init__(self, link, config):
        self._link = link
        self._config = config
        self._air = network.WLAN(network.AP_IF)
        self._talks = 0
        self._asked_ms: int | None = None
        self._began_ms = time.ticks_ms()
        self._done_ms: int | None = None
        self._told_ms: int | None = None
        self._heard: list = []
        self._job = None
        self.word: str | None = None
        """What became of the network that was given: why it was not joined, `trying` or `joined`."""
        self.ssid = ""
        self.on_order = lambda: None
        """Is called when an order to move was kept, which waits for the next start."""

    async def run(self) -> None:
        """Be open for ten minutes, or until a network is joined; OSError where that cannot be."""
        name, key = own_network(self._config)
        self._air.config(ssid=name, key=key, security=network.AUTH_WPA2_PSK, max_clients=2)
        self._air.active(True)
        names = doors = None
        try:
            self._heard = known.heard(await self._link.ask())[:_MOST_HEARD]
            address = self._air.ifconfig()[0]
            door = listening(address)
            names, doors = asyncio.create_task(dns.serve(address)), asyncio.create_task(self._admit(door, address))
            note("portal: open,", name)
            while not self._over():
                self._link.resting = self._has_guests()
                await asyncio.sleep_ms(500)
        finally:
            for task in (names, doors, self._job):
                if task is not None:
                    task.cancel()
            self._link.resting = False
            self._air.active(False)
            note("portal: closed")

    def _over(self) -> bool:
        if self._told_ms is not None and since_s(self._told_ms) >= TOLD_S:
            return True
        if self._done_ms is not None and since_s(self._done_ms) >= DONE_S:
            return True
        if self._link.works and self._done_ms is None and not self._has_guests():
            return True  # one of the known networks is back
        return since_s(self._began_ms) >= _OPEN_S

    def _has_guests(self) -> bool:
        if self._asked_ms is not None and since_s(self._asked_ms) < _GUEST_S:
            return True
        try:
            return bool(self._air.status("stations"))
        except (OSError, ValueError):
            return False

    async def _admit(self, door, address: str) -> None:
        """Talk to whoever calls, to three at once; others wait at the door."""
        try:
            while True:
                try:
                    caller = door.accept()[0] if self._talks < _MOST_TALKS else None
                except OSError:
                    caller = None  # nobody waits
                if caller is None:
                    await asyncio.sleep_ms(40)
                    continue
                caller.setblocking(False)
                self._talks += 1
                asyncio.create_task(self._talk(asyncio.StreamReader(caller), address))
        finally:
            door.close()

    async def _talk(self, stream, address: str) -> None:
        first = bytearray(1)
        try:
            await asyncio.wait_for_ms(stream.readinto(first), SILENT_MS)
            await asyncio.wait_for_ms(self._answer(stream, first, address), TALK_MS)
        except (OSError, EOFError, ValueError, MemoryError, asyncio.TimeoutError):
            pass  # a slow phone, no phone at all, or no room for it now
        finally:
            self._talks -= 1
            stream.close()
            await stream.wait_closed()

    async def _answer(self, stream, first: bytearray, address: str) -> None:
        """One question: the page itself, what was typed into it, or any other address, which leads to the page."""
        method, path, host, length, rest = await hear_head(stream, first)
        self._asked_ms = time.ticks_ms()
        if host.partition(":")[0] != address or path.partition("?")[0] not in ("/", "/m"):
            await say(stream, "302 Found", "Location: http://%s/\r\n" % address)
            return
        if path[:2] == "/m":
            await self._move(stream, method, rest, length)
            return
        if method == "POST":
            if length > LONGEST_FORM:
                await say(stream, "413 Content Too Large")
                return
            self._take(fields(await hear_body(stream, rest, length)))
            await say(stream, "303 See Other", "Location: http://%s/\r\n" % address)
            return
        if path == "/?again" and self.word != "trying":
            self.word, self._heard = None, known.heard(await self._link.ask())[:_MOST_HEARD]
        await say(stream, "200 OK", "Content-Type: text/html; charset=utf-8\r\n", self._page(head=method == "HEAD"))

    async def _move(self, stream, method: str, rest: bytes, length: int) -> None:
        """The page by which a town's order is handed over, and what is said of one."""
        if method != "POST":
            told = () if method == "HEAD" else page.move(self._config.device)
            await say(stream, "200 OK", "Content-Type: text/html; charset=utf-8\r\n", told)
        elif length > _LONGEST_ORDER:
            await say(stream, "413 Content Too Large")
        else:
            word = order(await hear_body(stream, rest, length), self._config)
            await say(stream, "200 OK", "Content-Type: text/plain; charset=utf-8\r\n", (page.moved(word),))
            if word is None:
                self.on_order()

    def _page(self, *, head: bool):
        if head:
            return ()
        if self.word == "trying":
            return page.trying(self._config.device, self.ssid, own_network(self._config)[0])
        if self.word == "joined":
            self._told_ms = self._told_ms or time.ticks_ms()
            return page.joined(self._config.device, self.ssid, self._config.page)
        return page.form(self._config.device, self._heard, self.word, self.ssid)

    def _take(self, form: dict) -> None:
        """Try the network of this form."""
        if self.word in ("trying", "joined"):
            return
        self.ssid, key = form.get("o") or form.get("s") or "", form.get("p", "")
        if not known.sound(self.ssid.encode(), key.encode()):
            self.word = "no-name" if not self.ssid else "bad-key"
            return
        self.word = "trying"
        self._job = asyncio.create_task(self._try(key))

    async def _try(self, key: str) -> None:
        await asyncio.sleep_ms(700)  # the phone is still being answered; joining may make it lose this network for a moment
        word = await self._link.ask({"ssid": self.ssid, "password": key})
        if word is None:
            try:
                known.keep(self._link, self.ssid, key)
            except OSError as error:
                note("portal: the flash refuses,", error)
            self._done_ms = time.ticks_ms()
        note("portal:", self.ssid, word or "joined")
        self.word = word or "joined"


def order(body: bytes, config) -> str | None:
    """Keep a town's order for the next start; why not, else."""
    if slots.trying():
        return "on-trial"
    from girouette import moving

    try:
        moving.accept(json.loads(body), config)
    except moving.Failed as error:
        return str(error)
    except ValueError:
        return "malformed"
    except OSError:
        return "disk"
    finally:
        for name in ("girouette.moving", "girouette.seal", "girouette.settings", "rule"):
            slots.unload(name)
    return None


def own_network(config) -> tuple[str, str]:
    """The name and the key of the board's own network; devices/portal.py makes the same, for its label."""
    digest = hashlib.sha256(b"girouette wifi " + config.update_key.encode()).digest()
    return ("girouette-" + config.device)[:32], "".join(LETTERS[byte & 31] for byte in digest[:_KEY_LENGTH])


def since_s(then_ms: int) -> int:
    """Whole seconds since then."""
    return time.ticks_diff(time.ticks_ms(), then_ms) // 1000


def listening(address: str):
    """The door of the page, on the board's own network alone."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind(socket.getaddrinfo(address, PORT)[0][-1])
    door.listen(4)
    door.setblocking(False)
    return door


async def hear_head(stream, line: bytearray) -> tuple:
    """Method, path, host, length of what follows, and what of that has come; of long lines only the beginning. ValueError for nonsense.

    `line` is what has come already.
    """
    piece, lines, total = bytearray(128), [], 0
    while True:
        count = await stream.readinto(piece)
        if count == 0:
            raise EOFError
        total += count or 0
        if total > LONGEST_HEAD:
            raise ValueError
        for at in range(count or 0):
            byte = piece[at]
            if byte == 10:
                if not line and lines:
                    return told(lines) + (bytes(piece[at + 1 : count]),)
                if not lines or line[:5].lower() == b"host:" or line[:15].lower() == b"content-length:":
                    lines.append(bytes(line))
                line = bytearray()
            elif byte != 13 and len(line) < LONGEST_LINE:
                line.append(byte)


def told(lines: list) -> tuple:
    """Method, path, host and length in the lines of a head that matter; of the last two, what is said last."""
    method, path, _ = lines[0].decode().split(" ", 2)
    host, length = "", 0
    for line in lines[1:]:
        name, _, value = line.decode().partition(":")
        if name.lower() == "host":
            host = value.strip()
        else:
            length = int(value)
    if length < 0:
        raise ValueError
    return method, path, host, length


async def hear_body(stream, rest: bytes, length: int) -> bytes:
    """What follows a head."""
    body = bytearray(rest[:length])
    piece = bytearray(128)
    while len(body) < length:
        count = await stream.readinto(piece)
        if count == 0:
            raise EOFError
        body.extend(memoryview(piece)[: min(count or 0, length - len(body))])
    return bytes(body)


def fields(body: bytes) -> dict:
    """A form as browsers send it (application/x-www-form-urlencoded); ValueError where it is none, or no UTF-8."""
    found = {}
    for pair in body.split(b"&"):
        name, _, value = pair.partition(b"=")
        found[plain(name)] = plain(value)
    return found


def plain(text: bytes) -> str:
    """Without `+` and `%20`."""
    parts = text.replace(b"+", b" ").split(b"%")
    whole = parts[0]
    for part in parts[1:]:
        whole += bytes((int(part[:2].decode(), 16),)) + part[2:]
    return whole.decode()


async def say(stream, status: str, more: str = "", parts=()) -> None:
    """Answer, piece by piece, and be done."""
    stream.write(("HTTP/1.1 %s\r\nConnection: close\r\nCache-Control: no-store\r\n%s\r\n" % (status, more)).encode())
    await stream.drain()
    for part in parts:
        stream.write(part.encode())
        await stream.drain()
