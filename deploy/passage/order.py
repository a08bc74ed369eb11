"""The order that moves a board to another town: sealed, so that only that board can read it, and the file that carries many."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from deploy.faults import CommandError
from deploy.files import put
from devices.reading import topic_of

if TYPE_CHECKING:
    from deploy.workshop.reach import Reach

FORM = "gir-move 1"
MOST_BYTES = 3800
"""An order is at most this long: boards take messages of 4 KiB."""
IV_BYTES, BLOCK_BITS = 16, 128
HEAD = {"girouette": "passage", "v": 1}
"""How the first line of the file begins."""


@dataclass(frozen=True, slots=True)
class Order:
    """A sealed order for one board."""

    device: str
    """What the board is called until then."""
    serial: int
    box: str
    mac: str

    @property
    def told(self) -> dict[str, Any]:
        """What the command bears besides `id`, `do` and `until`, and what lies in the board's `order.json`."""
        return {"serial": self.serial, "box": self.box, "mac": self.mac}


@dataclass(frozen=True, slots=True)
class Passage:
    """The orders of one town for boards that come from elsewhere."""

    town: str
    """Its broker, as people read it."""
    orders: tuple[Order, ...]

    def of(self, device: str) -> Order:
        """The order for this board. Raises CommandError."""
        for order in self.orders:
            if order.device == device:
                return order
        raise CommandError("no_passage", device=device, town=self.town)


def seal(
    device: str, told: Mapping[str, Any], *, anchors: Sequence[bytes], key: bytes, serial: int, iv: bytes
) -> Order:
    """The order under the key that the board has now: AES-256-CBC, then HMAC-SHA256 over name, number and box.

    Raises CommandError where it would be longer than a board takes.
    """
    head = json.dumps({**told, "anchors": [len(content) for content in anchors]}, separators=(",", ":"))
    padder = padding.PKCS7(BLOCK_BITS).padder()
    clear = padder.update(head.encode() + b"\n" + b"".join(anchors)) + padder.finalize()
    cipher = Cipher(algorithms.AES(digest(key, f"{FORM} box".encode())), modes.CBC(iv)).encryptor()
    box = base64.b64encode(iv + cipher.update(clear) + cipher.finalize()).decode()
    if len(box) > MOST_BYTES:
        raise CommandError("passage_too_long", device=device, bytes=len(box), most=MOST_BYTES)
    mac = digest(key, "\n".join((FORM, device, str(serial), box)).encode()).hex()
    return Order(device, serial, box, mac)


def identity(
    device: str, reach: Reach, *, password: str, update_key: str, page: str | None = None, **more: Any
) -> dict[str, Any]:
    """Who the board is in the town: what replaces the same keys of its identity."""
    return {
        "device": device,
        "topic": topic_of(device),
        "bn": f"{device}/",
        "broker": {"host": reach.host, "port": reach.port, "user": device, "password": password},
        "update_key": update_key,
        "tls_name": reach.tls_name,
        "tls_port": None,
        "page": page,
        **more,
    }


def digest(key: bytes, message: bytes) -> bytes:
    """HMAC-SHA256."""
    return hmac.new(key, message, hashlib.sha256).digest()


def write_passage(file: Path, passage: Passage) -> None:
    """A line for the town, then one for each board; for its owner alone, though nothing in it can be read without the boards' keys."""
    lines = [{**HEAD, "town": passage.town}, *(asdict(order) for order in passage.orders)]
    put(file, "".join(json.dumps(line) + "\n" for line in lines).encode(), mode=0o600)


def read_passage(file: Path) -> Passage:
    """The orders of a file. Raises CommandError for one that is none."""
    try:
        head, *lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        ours = {name: head.get(name) for name in HEAD} == HEAD
        passage = Passage(str(head["town"]), tuple(Order(**line) for line in lines))
    except (ValueError, TypeError, LookupError, AttributeError):
        raise CommandError("bad_passage", file=file) from None
    if not ours:
        raise CommandError("bad_passage", file=file)
    return passage
