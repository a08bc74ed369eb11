"""What a board says on its cable after it was flashed: two ticks, or why there is only one.

The first tick is a sample with values, the second a receipt: the gateway has it. Words about network, broker and clock
(docs/firmware.md) say what to do where the second does not come, so that no Wi-Fi failure looks like a dead sensor.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

from deploy.faults import AWAY
from deploy.flashing.faults import FlashError
from deploy.flashing.ports import Lister, Port, again, boards
from deploy.workshop.reach import Reach
from devices.console import PARTS

BAUD = 115_200
BACK_S = 15.0
"""So long a board may be away from USB while it restarts."""
SURE = {
    "none": 1, "wrong-password": 2, "other-security": 2, "login-page": 1, "not-found": 3, "no-address": 3, "failed": 4,
    "refused": 2, "tls": 2, "unreachable": 4, "unknown-host": 4, "not-mqtt": 3, "closed": 4, "silent": 3,
}  # fmt: skip
"""How often in a row a word is heard until nothing else is to be hoped for; a weak signal looks like a wrong password once."""
NONE_S = 6.0
"""So long a board that knows no network may find itself on one all the same, as a virtual one does."""
DECIDED = ("refused", "tls")
"""What a broker itself has said; where none is reached, a login page may be found out in a while."""
LOGIN_S = 30.0
SENSOR_S = 30.0
"""So long the first tick has the word to itself."""


@dataclass(slots=True)
class Heard:
    """What a board has said since it was restarted."""

    spoke: bool = False
    device: str | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    """Of the first sample that has any."""
    first: bool = False
    second: bool = False
    dated: bool = False
    words: dict[str, str] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)
    """How often in a row the last word about each part was heard."""

    def hear(self, line: str) -> None:
        """Take a line in."""
        kind, _, rest = line.partition(" ")
        self.spoke = self.spoke or bool(line.strip("\x04 "))
        if kind in {"V", "S"} and (values := values_in(rest)):
            self.values, self.first, self.dated = self.values or values, True, self.dated or kind == "S"
        elif kind == "R":
            self.second = True
        elif kind == "#":
            self._remark(rest)

    def _remark(self, rest: str) -> None:
        part, _, told = rest.partition(": ")
        word = told.split(" ", 1)[0]
        if part == "device":
            self.device = word
        elif part in PARTS:
            self.times[part] = self.times.get(part, 0) + 1 if self.words.get(part) == word else 1
            self.words[part] = word
            if part == "broker" and self.words.get("network") == "none":
                self.words["network"] = "joined"  # a virtual board is on a network that it need not know

    def lost(self, after_s: float) -> bool:
        """Is it clear, so long after the start, that the second tick does not come by itself?"""
        part = "network" if self.words.get("network") != "joined" else "broker"
        word = self.words.get(part, "")
        patience_s = {"none": NONE_S}.get(word, 0.0 if part == "network" or word in DECIDED else LOGIN_S)
        return after_s > patience_s and self.times.get(part, 0) >= SURE.get(word, 1000)


def values_in(rest: str) -> dict[str, float]:
    """The values of a sample's line; none where it has none, or is half a line."""
    begins = rest.find("{")
    try:
        told = json.loads(rest[begins:]) if begins >= 0 else {}
    except ValueError:
        return {}
    return {name: value for name, value in told.items() if value is not None}


def heard(port: Port, for_s: float, *, lister: Lister = boards) -> Iterator[str]:
    """The lines of a board's console, as they come, for a while; an empty one now and then where it is silent.

    A port that goes away is looked for again, under another name too. Raises FlashError where it does not come back.
    """
    import serial

    until_s, unread, gone_s = time.monotonic() + for_s, b"", None
    while time.monotonic() < until_s:
        try:
            with closing(serial.serial_for_url(port.path, BAUD, timeout=0.2)) as line:
                gone_s = None
                while time.monotonic() < until_s:
                    *whole, unread = (unread + line.read(line.in_waiting or 1)).split(b"\n")
                    yield from (w.decode(errors="replace").strip() for w in whole or [b""])
        except (serial.SerialException, OSError):
            gone_s = gone_s or time.monotonic()
            if time.monotonic() - gone_s > BACK_S:
                raise FlashError("gone_after", code=AWAY, port=port.path) from None
            time.sleep(0.2)  # S2 and S3 leave the bus for a moment when they restart
            port = again(port, lister) or port


def watch(
    port: Port, where: Reach, device: str, *, within_s: float, told: Callable[[Heard], object] = lambda _heard: None,
    lister: Lister = boards,
) -> Heard:  # fmt: skip
    """Listen until the gateway has a sample of this board, whose first values are then known.

    Raises FlashError with what to do, as soon as it is clear that it will not come, and at the latest when time is up.
    """
    life, began_s = Heard(), time.monotonic()
    for line in heard(port, within_s, lister=lister):
        if line:
            life.hear(line)
            told(life)
        if life.second:
            return life
        after_s = time.monotonic() - began_s
        if life.lost(after_s) and (life.first or after_s > SENSOR_S):
            break
    raise why(life, port, where, device)


def why(life: Heard, port: Port, where: Reach, device: str) -> FlashError:
    """Why a board's second tick did not come."""
    if not life.spoke:
        return FlashError("board_silent", code=AWAY, port=port.path)
    network, broker = life.words.get("network", "joined"), life.words.get("broker", "connected")
    if network != "joined":
        return of_network(network, where, device)
    if broker != "connected":
        return of_broker(broker, where, device)
    if not life.first:
        return FlashError("no_sample", device=device)
    if not life.dated:
        return FlashError("no_clock", code=AWAY, device=device)
    return FlashError("no_receipt", code=AWAY, device=device)


def login_page(device: str, where: Reach) -> FlashError:
    """Somebody else answers in the broker's place."""
    return FlashError("login_page", device=device, host=where.host, port=where.port)


NETWORK: Mapping[str, Callable[[str, Reach], FlashError]] = {
    "none": lambda device, _where: FlashError("no_wifi", device=device),
    "wrong-password": lambda device, _where: FlashError("wifi_wrong_password", device=device),
    "not-found": lambda device, _where: FlashError("wifi_not_found", code=AWAY, device=device),
    "other-security": lambda device, _where: FlashError("wifi_other_security", device=device),
    "no-address": lambda device, _where: FlashError("wifi_no_address", code=AWAY, device=device),
    "login-page": login_page,
}
"""Why no network leads anywhere, by the board's word."""
BROKER: Mapping[str, Callable[[str, Reach], FlashError]] = {
    "refused": lambda device, _where: FlashError("broker_refuses", device=device),
    "tls": lambda device, where: FlashError("broker_untrusted", device=device, host=where.host, port=where.port),
    "not-mqtt": login_page,
}
"""Why the broker was not reached."""


def of_network(word: str, where: Reach, device: str) -> FlashError:
    """Why no network was joined."""
    if word in NETWORK:
        return NETWORK[word](device, where)
    return FlashError("wifi_failed", code=AWAY, device=device)


def of_broker(word: str, where: Reach, device: str) -> FlashError:
    """Why the broker was not reached."""
    if word in BROKER:
        return BROKER[word](device, where)
    return FlashError("broker_unheard", code=AWAY, device=device, host=where.host, port=where.port, word=word)
