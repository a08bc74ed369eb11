"""The Wi-Fi: joins one of the known networks and stays; knows nothing of MQTT.

Networks are not looked for beforehand: a scan of this chip holds the loop for as long as it listens on thirteen channels. They are
called by name instead, the one that worked last first, and the chip's answer says why one could not be joined.
"""

import asyncio
import os
import random
import time

import network

from micropython import const

from girouette.log import note

_JOIN_MS = const(15000)
_PAUSE_MS = const(5000)
_LOOK_MS = const(250)
LAST = "wifi.txt"
"""The name of the network that was joined last; a board without this file was never on one."""
BARRED = "login-page"
_BARRED_MS = const(900000)
"""So long a network that wants a login page is put up with before the others are tried again."""
_UNDER_WAY = const(1000)
"""What the chip says of its state from here on is no failure: idle, connecting, joined."""
REASONS = {
    2: "wrong-password", 15: "wrong-password", 202: "wrong-password", 204: "wrong-password",
    201: "not-found", 212: "not-found", 210: "other-security", 211: "other-security",
}  # fmt: skip
"""Why a network was not joined (`wifi_err_reason_t` of ESP-IDF). A wrong key shows as a handshake that times out, too; a
network that asks for a user name, as every WPA2-Enterprise one, as one of another security."""
WORST = "wrong-password", "no-address", BARRED, "other-security", "not-found"
"""Of several words that is told which a person can mend soonest."""


class Link:
    """The board's way to the network."""

    def __init__(self, networks: list[dict]):
        self.networks = networks
        """Those that the board knows; whoever adds one puts a new list here."""
        self.resting = False
        """No network is called while this is so: a phone is at the board's own."""
        self._wlan = network.WLAN(network.STA_IF)
        self._fixed = False
        self._failed: dict[str, str] = {}
        self._barred: set[str] = set()
        self._ssid: str | None = None
        self._since = 0
        self._order: list[dict] = []
        """Those that are still to be called in this round."""
        self._asked: list | None = None
        self._serves = False
        self.told: str | None = None
        """Why no known network could be joined, the last time that this was so."""

    def up(self) -> bool:
        """Is the board on the network?"""
        return self._wlan.isconnected()

    @property
    def works(self) -> bool:
        """Is the board on a network that lets it through, for all that is known?"""
        return self.up() and self._ssid not in self._barred

    @property
    def why(self) -> str | None:
        """Why no known network can be joined; None while one is joined, or some were not tried yet."""
        if self.up():
            return None if self.works else BARRED
        if not self._failed or len(self._failed) < len(self.networks):
            return None
        words = self._failed.values()
        for word in WORST:
            if word in words:
                return word
        return "failed"

    def signal_dbm(self) -> int | None:
        """How strong the network is here, or None."""
        try:
            return self._wlan.status("rssi")
        except (OSError, ValueError):
            return None

    def know(self, networks: list[dict]) -> None:
        """These are the known networks from now on."""
        self.networks, self._order = networks, []

    async def ask(self, known: dict | None = None):
        """Join this network now, whatever else goes on: None once it is joined, else why not. Without one: what is heard, as the chip says it.

        The networks that were known stay so, and are called again where this one fails.
        """
        while self._asked is not None:
            await asyncio.sleep_ms(_LOOK_MS)
        asked = self._asked = [known]
        while len(asked) < 2:
            await asyncio.sleep_ms(50)
        return asked[1]

    def let_through(self, through: bool) -> None:
        """Somebody has found out whether this network lets the board through, or wants a login page first."""
        ssid = self._ssid
        if ssid is None or through != (ssid in self._barred):
            return
        if through:
            self._barred.discard(ssid)
            return
        self._barred.add(ssid)
        self._tell(ssid, BARRED)
        if any(n["ssid"] not in self._barred for n in self.networks):
            self._leave()

    async def run(self, beat) -> None:
        """Join, and join again, one network after another, the last one that worked first; never returns."""
        self._wlan.active(True)
        self._wlan.config(reconnects=0)  # else the chip tries for ever and never says why
        if not self.networks:
            print("# network: none")
        while True:
            beat()
            if self._asked is not None:
                await self._serve(self._asked, beat)
            elif self.up() and not self._leaves() or self.resting or not self.networks:
                await self._pause(1000, beat)
            else:
                self._order = self._order or self._in_order()
                if await self._try(self._order.pop(0), beat) is not None:
                    await self._pause(random.randint(0, _PAUSE_MS), beat)

    def _in_order(self) -> list:
        """The networks in the order in which they are called: those that want a login page last."""
        order = last_first(self.networks, self._ssid)
        return [n for n in order if n["ssid"] not in self._barred] + [n for n in order if n["ssid"] in self._barred]

    def _leave(self) -> None:
        self._wlan.disconnect()
        self._order = []

    def _leaves(self) -> bool:
        """Is it time to look for another network than one that wants a login page?"""
        if self.works or len(self.networks) < 2 or time.ticks_diff(time.ticks_ms(), self._since) < _BARRED_MS:
            return False
        self._leave()
        return True

    async def _serve(self, asked: list, beat) -> None:
        """Do what was asked for."""
        known, self._serves = asked[0], True
        if known is not None or not self.up():
            self._leave()  # a chip that is calling one network neither calls another nor listens
            await asyncio.sleep_ms(200)
        try:
            answer = self._wlan.scan() if known is None else await self._try(known, beat)
        except OSError:
            answer = []
        self._serves, self._asked = False, None
        asked.append(answer)

    @property
    def _called_off(self) -> bool:
        """Is something asked for that is to be done first?"""
        return self._asked is not None and not self._serves

    async def _try(self, known: dict, beat) -> str | None:
        """Call one network; None once it is joined, else why not."""
        ssid = known["ssid"]
        await self._join(known, beat)
        if self.up():
            self._joined(ssid)
            return None
        word = self._reason()
        self._wlan.disconnect()
        if known in self.networks and not self._called_off:
            self._tell(ssid, word)
        return word

    def _tell(self, ssid: str, word: str) -> None:
        """Keep why this network is of no use, and say so where none is."""
        if self._failed.get(ssid) != word:
            self._failed[ssid] = word
            note("wifi:", ssid, word)
        if self.why is not None:
            self.told = self.why
            print("# network:", self.told)

    async def _pause(self, pause_ms: int, beat) -> None:
        beat()
        ends = time.ticks_add(time.ticks_ms(), pause_ms)
        while self._asked is None and time.ticks_diff(ends, time.ticks_ms()) > 0:
            await asyncio.sleep_ms(min(_LOOK_MS, time.ticks_diff(ends, time.ticks_ms())))

    def _joined(self, ssid: str) -> None:
        print("# network: joined")
        self._failed, self._order = {}, []
        self._ssid, self._since = ssid, time.ticks_ms()
        if ssid != remembered():
            remember(ssid)

    async def _join(self, known: dict, beat) -> None:
        try:
            self._address(known.get("static"))
            self._wlan.connect(known["ssid"], known["password"])
        except OSError as error:
            print("# wifi:", error)
        began = time.ticks_ms()
        while not self.up() and time.ticks_diff(time.ticks_ms(), began) < _JOIN_MS and not self._called_off:
            beat()
            await asyncio.sleep_ms(100)
            if not self.up() and self._wlan.status() < _UNDER_WAY:
                return

    def _address(self, static: list | None) -> None:
        """Have this address, mask, gateway and name server, or be given one."""
        if static:
            self._wlan.ifconfig(tuple(static))
        elif self._fixed:
            self._wlan.ifconfig("dhcp")  # pyright: ignore[reportArgumentType] - the stubs know addresses only
        self._fixed = bool(static)

    def _reason(self) -> str:
        """Why the network was not joined: what the chip says, or how far it came."""
        status = self._wlan.status()
        if status < _UNDER_WAY:
            return REASONS.get(status, "failed")
        return "no-address" if self.signal_dbm() is not None else "failed"


def last_first(networks: list, ssid: str | None = None) -> list:
    """The networks, that of this name first, or the one that was joined before the last restart."""
    if len(networks) < 2:
        return networks
    ssid = ssid or remembered()
    return [n for n in networks if n["ssid"] == ssid] + [n for n in networks if n["ssid"] != ssid]


def remembered() -> str | None:
    """The name of the network that was joined last."""
    try:
        with open(LAST) as file:
            return file.read()
    except (OSError, ValueError):
        return None


def remember(ssid: str) -> None:
    """Keep the name for the next start."""
    try:
        with open(LAST + ".new", "w") as file:
            file.write(ssid)
        os.rename(LAST + ".new", LAST)
    except OSError as error:
        print("# wifi:", error)
