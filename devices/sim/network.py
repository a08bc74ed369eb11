"""The simulated Wi-Fi: it is there once it is switched on, unless the world takes it away."""

from world import the_world

STA_IF = 0


class WLAN:
    """The board's station interface."""

    IF_STA = 0

    def __init__(self, interface: int = STA_IF):
        self._active = False

    def active(self, value: bool | None = None) -> bool:
        """Switch the radio."""
        if value is not None:
            self._active = value
        return self._active

    def connect(self, ssid: str, password: str = "") -> None:
        """Any network of any name is this one."""

    def disconnect(self) -> None:
        """Leave it."""

    def isconnected(self) -> bool:
        """Is the board on the network?"""
        return self._active and not the_world.offline()

    def status(self, what: str | None = None) -> int:
        """The strength of the signal, the one thing that the firmware asks for."""
        if what != "rssi":
            raise ValueError("unknown status")
        return -58
