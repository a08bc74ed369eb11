"""A new version over the broker's own connection, piece by piece, into the folder of the two that is free.

The order names a manifest by its hash and is authenticated with the board's own key; the manifest names every file by its
size and hash. Files that the board has already are copied, not fetched. All that was fetched stays where it is until it is
needed, so whatever interrupts this, it goes on where it was. Loaded only when there is something to do.
"""

import asyncio
import hashlib
import json
import os
import struct

import rule
import slots
from girouette.seal import hmac_sha256, same
from girouette.updates import ORDER, forget

MANIFEST = "manifest"
FORM = "gir-update 1"
PIECE_BYTES = 1024
MOST_BYTES = 16384
"""A manifest is at most this long."""
ASK_MS = 3000
MOST_ASKS = 100
"""A piece is asked for again after 3 s, up to 100 times; then the board gives up until it is told anew."""
TRIES = 2


class Failed(ValueError):
    """The update cannot be done; the one word that the answer says why."""


def check(order: dict, config, *, form: str = FORM, most: int = MOST_BYTES, more: tuple = ()) -> None:
    """Raise Failed for an order that is not from who knows this board's key, or that is not newer than the last one.

    An order of another `form` may be about more than `most` bytes, and have `more` words that are authenticated.
    """
    try:
        serial, size, told = order["serial"], order["size"], bytes.fromhex(order["mac"])
        words = form, config.device, str(serial), order["version"], str(size), order["sha"]
        message = "\n".join(words + more).encode()
        sound = isinstance(serial, int) and isinstance(size, int) and len(bytes.fromhex(order["sha"])) == 32
    except (KeyError, ValueError, TypeError):
        raise Failed("malformed")
    if not sound or not 0 < size <= most:
        raise Failed("malformed")
    if not config.update_key:
        raise Failed("no-key")
    if not same(hmac_sha256(bytes.fromhex(config.update_key), message), told):
        raise Failed("mac")
    if serial <= rule.read()["serial"]:
        raise Failed("replayed")


def keep_order(order: dict) -> None:
    """Write down what is under way, so that a restart goes on with it."""
    kept = {name: order.get(name) for name in ("id", "serial", "version", "size", "sha", "mac", "what", "within_s")}
    with open(ORDER + ".new", "w") as file:
        json.dump(kept, file)
    os.rename(ORDER + ".new", ORDER)


class Update:
    """One update under way."""

    def __init__(self, board, order: dict):
        self._board = board
        self.order = order
        self.place = "b" if "a" in (slots.folder, rule.read()["good"]) else "a"
        self._wanted: bytes | None = None
        self._came = asyncio.Event()
        self._piece = b""
        self.fetched = self.pieces = 0

    def hear(self, payload: bytes) -> None:
        """A piece has come: the first 8 bytes of its content's hash, its offset, its bytes."""
        if self._wanted is not None and len(payload) >= 12 and payload[:12] == self._wanted:
            self._piece = payload[12:]
            self._wanted = None
            self._came.set()

    async def run(self) -> None:
        """Fetch, check, and let the new version be tried from the next start on. Raises Failed."""
        order = self.order
        make_folder(self.place)
        manifest = self.place + "/" + MANIFEST
        await self._have(manifest, order["size"], order["sha"])
        wanted, limits = {MANIFEST, "config.json"}, {}
        with open(manifest) as lines:
            if lines.readline().split() != FORM.split() + [
                self._board.config.device,
                str(order["serial"]),
                order["version"],
            ]:
                raise Failed("malformed")
            for line in lines:
                kind, rest = line.rstrip("\n").split(" ", 1)
                if kind == "file":
                    size, sha, path = rest.split(" ", 2)
                    await self._file(path, int(size), sha)
                    wanted.add(path)
                elif kind == "set":
                    write_config(json.loads(rest), self.place + "/config.json", order["serial"])
                elif kind == "limits":
                    limits = json.loads(rest)
                else:
                    raise Failed("malformed")
        await self._keep_anchors(wanted)
        tidy(self.place, wanted)
        if not rule.stage(self.place, order["version"], order["serial"], limits):
            raise Failed("disk")
        forget()

    async def _keep_anchors(self, wanted: set) -> None:
        """Authorities that the new version is to trust and does not bring are those of the running one."""
        with open(self.place + "/config.json") as file:
            anchors = json.load(file).get("anchors") or []
        for path in anchors:
            if path not in wanted:
                place = self.place + "/" + path
                make_folder(place[: place.rfind("/")])
                try:
                    await copy(slots.path(path), place)
                except OSError:
                    raise Failed("anchors")
                wanted.add(path)

    async def _file(self, path: str, size: int, sha: str) -> None:
        """Have a file of the new version in its folder: it is there, or the running version has it, or it is fetched."""
        if ".." in path or path[:1] in ("/", "") or path in ("config.json", MANIFEST):
            raise Failed("malformed")
        place = self.place + "/" + path
        make_folder(place[: place.rfind("/")])
        if length(place) == size and await digest(place) == sha:
            return
        running = slots.path(path)
        if length(running) == size and await digest(running) == sha:
            await copy(running, place)
        await self._have(place, size, sha)

    async def _have(self, path: str, size: int, sha: str) -> None:
        """Fetch what is missing of a file; one that turns out wrong is fetched anew, once."""
        for _ in range(TRIES):
            if length(path) > size:
                os.remove(path)
            while length(path) < size:
                await self._append(path, size, sha)
            if await digest(path) == sha:
                return
            os.remove(path)
        raise Failed("hash")

    async def _append(self, path: str, size: int, sha: str) -> None:
        start = max(0, length(path))
        piece = await self._ask(sha, start, min(PIECE_BYTES, size - start))
        with open(path, "ab") as file:
            file.write(piece)
        self.fetched += len(piece)
        self.pieces += 1

    async def _ask(self, sha: str, start: int, count: int) -> bytes:
        """A piece of the content of this hash, asked for until it comes."""
        want = {"id": self.order["id"], "want": [sha[:16], start, count]}
        for _ in range(MOST_ASKS):
            self._came.clear()
            self._wanted = bytes.fromhex(sha[:16]) + struct.pack(">I", start)
            client = self._board.client
            try:
                await client.publish(self._board.config.topic + "/ack", json.dumps(want).encode())
                await asyncio.wait_for_ms(self._came.wait(), ASK_MS)
            except asyncio.TimeoutError:
                continue
            except OSError:
                await asyncio.sleep_ms(ASK_MS)  # no connection: the next one may come
                continue
            if not 0 < len(self._piece) <= count:
                raise Failed("gone")
            return self._piece
        raise Failed("silent")


def write_config(changed: dict, path: str, serial: int = 0) -> None:
    """The running configuration with some of its settings replaced, None taking one away; `set` names them from then on.

    What was set before the board was moved to another broker, and what that move has brought, is set no more.
    """
    from girouette.settings import setting, still_set

    with open(slots.path("config.json")) as file:
        config = json.load(file)
    for name in changed:
        if changed[name] is None:
            config.pop(name, None)
        else:
            config[name] = changed[name]
    config["set"] = sorted(set(still_set(config, setting("identity") or {})) | set(changed))
    if serial:
        config["set_after"] = serial
    with open(path + ".new", "w") as file:
        json.dump(config, file)
    os.rename(path + ".new", path)


def length(path: str) -> int:
    """Bytes of a file, -1 where there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return -1


async def digest(path: str) -> str:
    """The SHA-256 of a file in hexadecimal, read in steps."""
    found, buffer = hashlib.sha256(), bytearray(512)
    view = memoryview(buffer)
    with open(path, "rb") as file:
        while True:
            count = file.readinto(buffer)
            if not count:
                return found.digest().hex()
            found.update(view[:count])
            await asyncio.sleep_ms(0)


async def copy(source: str, target: str) -> None:
    """Copy a file in steps."""
    with open(source, "rb") as old, open(target, "wb") as new:
        while True:
            piece = old.read(512)
            if not piece:
                return
            new.write(piece)
            await asyncio.sleep_ms(0)


def make_folder(path: str) -> None:
    """Make a folder and those above it, where they are not there."""
    for end in [i for i, c in enumerate(path) if c == "/"] + [len(path)]:
        try:
            os.mkdir(path[:end])
        except OSError:
            pass  # it is there, or writing into it will say so


def tidy(folder: str, wanted: set, under: str = "") -> None:
    """Remove what an older version left in this folder."""
    for name in os.listdir(folder + "/" + under if under else folder):
        path = under + name
        if os.stat(folder + "/" + path)[0] & 0x4000:
            tidy(folder, wanted, path + "/")
        elif path not in wanted:
            os.remove(folder + "/" + path)
