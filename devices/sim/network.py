"""The simulated Wi-Fi, with the answers of an ESP32: any network of any name, or those that the world has.

A chip that was told not to try again (`reconnects=0`) says why it has failed; another one is under way for ever.
"""

import errno
import time

from world import the_world

STA_IF = 0
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD, NO_AP_OF_THIS_SECURITY = 201, 202, 211
SEARCH_MS = 2500
"""So long the chip listens before it says that there is no such network."""
SIGNAL_DBM = -58
LEASED = ("192.168.4.23", "255.255.255.0", "192.168.4.1", "192.168.4.1")
NOWHERE = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")


class WLAN:
    """The board's station interface."""

    IF_STA = 0

    def __init__(self, interface: int = STA_IF):
        self._active = False
        self._called: tuple[str, str] | None = None
        self._since = 0
        self._static: tuple | None = None
        self._tries = -1

    def active(self, value: bool | None = None) -> bool:
        """Switch the radio."""
        if value is not None:
            self._active = value
        return self._active

    def config(self, name: str | None = None, *, reconnects: int | None = None) -> int:
        """How often the chip tries again by itself; -1 is for ever."""
        if reconnects is not None:
            self._tries = reconnects
        return self._tries

    def connect(self, ssid: str, password: str = "") -> None:
        """Begin to join."""
        if not self._active:
            raise OSError("Wifi Not Started")
        self._called, self._since = (ssid, password), time.ticks_ms()

    def disconnect(self) -> None:
        """Leave."""
        self._called = None

    def isconnected(self) -> bool:
        """Is the board on the network, with an address?"""
        return self._associated() and (self._static is not None or (the_world.wifi() or {}).get("leases", True))

    def ifconfig(self, told: tuple | str | None = None) -> tuple:
        """Address, mask, gateway and name server: set by hand, asked of the network ("dhcp"), or read."""
        if told == "dhcp":
            if self._static is None:
                raise OSError("Wifi Internal State Error")
            self._static = None
        elif told is not None:
            self._static = tuple(told)
        return NOWHERE if not self.isconnected() else self._static or LEASED

    def scan(self) -> list:
        """The networks that are heard: name, address, channel, strength, security, hidden."""
        there = the_world.wifi() or {}
        secured = there.get("secured") or []
        return [
            (name.encode(), bytes(6), 6, SIGNAL_DBM, 5 if name in secured else 3, False) for name in there["networks"]
        ]

    def status(self, what: str | None = None) -> int:
        """How far the board has come, or the strength of the signal."""
        if what == "rssi":
            if not self._associated():
                raise OSError(errno.EINVAL)
            return SIGNAL_DBM
        if what is not None:
            raise ValueError("unknown status param")
        if self.isconnected():
            return STAT_GOT_IP
        if self._called is None:
            return STAT_IDLE
        fault = self._fault()
        found = fault != STAT_NO_AP_FOUND or time.ticks_diff(time.ticks_ms(), self._since) > SEARCH_MS
        return fault if fault is not None and found and self._tries >= 0 else STAT_CONNECTING

    def _associated(self) -> bool:
        if the_world.wifi() is None:
            return self._active and not the_world.offline()
        return self._active and self._called is not None and self._fault() is None

    def _fault(self) -> int | None:
        """Why the network that was called does not take the board."""
        if the_world.offline():
            return STAT_NO_AP_FOUND
        there = the_world.wifi()
        if there is None:
            return None
        name, password = self._called or ("", "")
        if name in (there.get("secured") or []):
            return NO_AP_OF_THIS_SECURITY
        if name not in there["networks"]:
            return STAT_NO_AP_FOUND
        return None if there["networks"][name] == password else STAT_WRONG_PASSWORD
