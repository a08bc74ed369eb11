"""The simulated Wi-Fi, with the answers of an ESP32: any network of any name, or those that the world has; and a network of the board's own.

A chip that was told not to try again (`reconnects=0`) says why it has failed; another one is under way for ever. What the board's own
network leads to is this machine's loopback (socket.py).
"""

import errno
import time

from world import the_world

STA_IF, AP_IF = 0, 1
STAT_IDLE, STAT_CONNECTING, STAT_GOT_IP = 1000, 1001, 1010
STAT_NO_AP_FOUND, STAT_WRONG_PASSWORD, NO_AP_OF_THIS_SECURITY = 201, 202, 211
OPEN, AUTH_WPA2_PSK, WPA2_ENTERPRISE = 0, 3, 5
ANY = {"simulation": ""}
"""What is heard where every network that is called is there."""
SEARCH_MS = 2500
"""So long the chip listens before it says that there is no such network."""
SIGNAL_DBM = -58
LEASED = ("192.168.4.23", "255.255.255.0", "192.168.4.1", "192.168.4.1")
OWN = ("192.168.4.1", "255.255.255.0", "192.168.4.1", "192.168.4.1")
NOWHERE = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")
SHORTEST_KEY = 8
_hostname = "mpy-esp32"


def hostname(name: str | None = None) -> str:
    """The name that the board gives itself at DHCP."""
    global _hostname
    if name is not None:
        if not 0 < len(name) <= 32:
            raise ValueError
        _hostname = name
    return _hostname


class Station:
    """The board's station interface."""

    def __init__(self):
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
        the_world.joined = ssid

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
        """The networks that are heard: name, address, channel, strength, security, hidden; a chip that is calling one does not listen."""
        if self._called is not None and not self._associated():
            raise OSError("Wifi Internal State Error")
        there = the_world.wifi()
        if there is None:
            there = {} if the_world.offline() else {"networks": ANY}
        secured, networks = there.get("secured") or [], there.get("networks") or {}
        heard = []
        for name in sorted(networks):
            security = WPA2_ENTERPRISE if name in secured else AUTH_WPA2_PSK if networks[name] else OPEN
            heard.append((name.encode(), bytes(6), 6, SIGNAL_DBM - len(heard), security, False))
        return heard

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


class AccessPoint:
    """The board's own network; who is on it is told by the world (`guests`)."""

    def __init__(self):
        self._active = False
        self.told: dict = {}

    def active(self, value: bool | None = None) -> bool:
        """Open or close it."""
        if value is not None:
            self._active = value
            print("# simulator: own network", "open as " + self.told.get("ssid", "?") if value else "closed")
        return self._active

    def config(self, name: str | None = None, **told):
        """Set its name, key, security and how many may join; or read one of them."""
        if name is not None:
            return self.told[name]
        if not 0 < len(told.get("ssid", "x").encode()) <= 32:
            raise ValueError
        if told.get("security") and not SHORTEST_KEY <= len(told.get("key", "").encode()) <= 63:
            raise OSError("Wifi Invalid Password")
        self.told.update(told)
        return None

    def ifconfig(self, told: tuple | None = None) -> tuple:
        """Its address."""
        return OWN if self._active else NOWHERE

    def status(self, what: str) -> list:
        """Who has joined."""
        if what != "stations":
            raise ValueError("unknown status param")
        return [(bytes(6),)] * the_world.control("guests", 0) if self._active else []


_own = AccessPoint()


def WLAN(interface: int = STA_IF):
    """One of the board's two interfaces: the station, or its own network."""
    return _own if interface == AP_IF else Station()
