"""The Wi-Fi: joins one of the known networks and stays; knows nothing of MQTT."""

import asyncio
import random
import time

import network

JOIN_MS = 15000


class Link:
    """The board's way to the network."""

    def __init__(self, networks: list[dict]):
        self._networks = networks
        self._wlan = network.WLAN(network.STA_IF)

    def up(self) -> bool:
        """Is the board on the network?"""
        return self._wlan.isconnected()

    def signal_dbm(self) -> int | None:
        """How strong the network is here, or None."""
        try:
            return self._wlan.status("rssi")
        except (OSError, ValueError):
            return None

    async def run(self, beat) -> None:
        """Join, and join again, one network after another; never returns."""
        self._wlan.active(True)
        tries = 0
        while True:
            beat()
            if self.up() or not self._networks:
                await asyncio.sleep_ms(1000)
                continue
            known = self._networks[tries % len(self._networks)]
            tries += 1
            await self._join(known, beat)
            if not self.up():
                print("# network:", known["ssid"], "not joined")
                await asyncio.sleep_ms(random.randint(0, 5000))

    async def _join(self, known: dict, beat) -> None:
        try:
            self._wlan.connect(known["ssid"], known["password"])
        except OSError as error:
            print("# network:", error)
        began = time.ticks_ms()
        while not self.up() and time.ticks_diff(time.ticks_ms(), began) < JOIN_MS:
            beat()
            await asyncio.sleep_ms(100)
        if not self.up():
            self._wlan.disconnect()
