"""The Wi-Fi: joins one of the known networks and stays; knows nothing of MQTT.

Networks are not looked for beforehand: a scan of this chip holds the loop for as long as it listens on thirteen channels. They are
called by name instead, the one that worked last first, and the chip's answer says why one could not be joined.
"""

import asyncio
import os
import random
import time

import network

from girouette.log import note

JOIN_MS = 15000
PAUSE_MS = 5000
LAST = "wifi.txt"
"""The name of the network that was joined last, where several are known."""
UNDER_WAY = 1000
"""What the chip says of its state from here on is no failure: idle, connecting, joined."""
REASONS = {
    2: "wrong-password", 15: "wrong-password", 202: "wrong-password", 204: "wrong-password",
    201: "not-found", 212: "not-found", 210: "other-security", 211: "other-security",
}  # fmt: skip
"""Why a network was not joined (`wifi_err_reason_t` of ESP-IDF). A wrong key shows as a handshake that times out, too; a
network that asks for a user name, as every WPA2-Enterprise one, as one of another security."""


class Link:
    """The board's way to the network."""

    def __init__(self, networks: list[dict]):
        self._networks = networks
        self._wlan = network.WLAN(network.STA_IF)
        self._fixed = False
        self._failed: dict[str, str] = {}
        self.told: str | None = None
        """Why no known network could be joined, the last time that this was so."""

    def up(self) -> bool:
        """Is the board on the network?"""
        return self._wlan.isconnected()

    @property
    def why(self) -> str | None:
        """Why no known network can be joined; None while one is joined, or some were not tried yet."""
        if self.up() or not self._failed or len(self._failed) < len(self._networks):
            return None
        words = self._failed.values()
        for word in ("wrong-password", "no-address", "other-security"):
            if word in words:
                return word
        return "not-found" if "not-found" in words else "failed"

    def signal_dbm(self) -> int | None:
        """How strong the network is here, or None."""
        try:
            return self._wlan.status("rssi")
        except (OSError, ValueError):
            return None

    async def run(self, beat) -> None:
        """Join, and join again, one network after another, the last one that worked first; never returns."""
        self._wlan.active(True)
        self._wlan.config(reconnects=0)  # else the chip tries for ever and never says why
        order, tries = last_first(self._networks), 0
        if not order:
            print("# network: none")
        while True:
            beat()
            if self.up() or not order:
                await asyncio.sleep_ms(1000)
                continue
            known = order[tries % len(order)]
            await self._join(known, beat)
            if self.up():
                self._joined(known["ssid"])
                order, tries = last_first(self._networks, known["ssid"]), 0
                continue
            tries += 1
            word = self._reason()
            self._wlan.disconnect()
            if self._failed.get(known["ssid"]) != word:
                self._failed[known["ssid"]] = word
                note("wifi:", known["ssid"], word)
            if self.why is not None:
                self.told = self.why
                print("# network:", self.told)
            await self._pause(random.randint(0, PAUSE_MS), beat)

    async def _pause(self, pause_ms: int, beat) -> None:
        beat()
        await asyncio.sleep_ms(pause_ms)

    def _joined(self, ssid: str) -> None:
        print("# network: joined")
        self._failed = {}
        if len(self._networks) > 1 and ssid != remembered():
            remember(ssid)

    async def _join(self, known: dict, beat) -> None:
        try:
            self._address(known.get("static"))
            self._wlan.connect(known["ssid"], known["password"])
        except OSError as error:
            print("# wifi:", error)
        began = time.ticks_ms()
        while not self.up() and time.ticks_diff(time.ticks_ms(), began) < JOIN_MS:
            beat()
            await asyncio.sleep_ms(100)
            if not self.up() and self._wlan.status() < UNDER_WAY:
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
        if status < UNDER_WAY:
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
