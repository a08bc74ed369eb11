"""Which ports of this computer are boards: by the USB ids of Espressif's own USB and of the usual bridges."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy.faults import AWAY
from deploy.flashing.faults import FlashError, open_fault
from deploy.workshop.rehearsal import running_boards
from devices.usb import BRIDGES, ESPRESSIF, NATIVE
from devices.words import language, say

SYSTEM = Path("/sys/bus/usb/devices")


@dataclass(frozen=True, slots=True)
class Port:
    """A port behind which there is a board, as far as USB tells."""

    path: str
    name: str
    """The chip that speaks USB, and the computer's name for it."""
    chips: tuple[str, ...] = ()
    """The kinds of board that it may be; empty where a bridge hides that."""
    serial: str = ""
    """The board's own number, by which it is known again under another port."""
    where: str = ""
    """Its place on the bus."""


Lister = Callable[[], Sequence[Port]]


def boards() -> list[Port]:
    """The ports that are boards, in the order in which the system counts, then virtual ones (`girouette board --pty`). Raises FlashError where pyserial is missing."""
    real = [port for row in rows() if (port := board_at(row)) is not None]
    return real + [
        Port(one.port, say("rehearsal.virtual", language()), (one.chip,), one.number) for one in running_boards()
    ]


def rows() -> list[object]:
    """Every serial port of this computer, as pyserial lists it."""
    from importlib.util import find_spec

    if find_spec("serial") is None:
        raise FlashError("no_tool", tool="pyserial")
    from serial.tools import list_ports

    return sorted(list_ports.comports())


def board_at(row: object) -> Port | None:
    """A port of pyserial's list as one of ours; None where it is no board's."""
    vid, pid = getattr(row, "vid", None), getattr(row, "pid", None)
    if vid is None or pid is None:
        return None
    path, serial = str(getattr(row, "device", "")), str(getattr(row, "serial_number", None) or "")
    where = str(getattr(row, "location", None) or "")
    if vid == ESPRESSIF:
        return Port(path, "ESP32 USB", NATIVE.get(pid, ("s3", "s2")), serial, where)
    bridge = BRIDGES.get((vid, pid))
    return None if bridge is None else Port(path, bridge[0], (), serial, where)


def chosen(given: str | None, lister: Lister = boards) -> Port:
    """The port that is named, else the only board's. Raises FlashError with what to do where there is none, or several."""
    if given is not None:
        if (fault := open_fault(given)) is not None:
            raise fault
        return next((port for port in lister() if port.path == given), Port(given, given))
    found = lister()
    if not found:
        raise nothing_found()
    if len(found) > 1:
        raise FlashError("several_boards", ports=", ".join(port.path for port in found))
    if (fault := open_fault(found[0].path)) is not None:
        raise fault
    return found[0]


def nothing_found(system: Path = SYSTEM, platform: str = sys.platform) -> FlashError:
    """Why no board is seen: one without a driver, what is on USB and no board, or nothing at all.

    Ports that are always there (/dev/ttyS0, COM1, a Mac's Bluetooth) have no USB maker, and tell nothing of a cable.
    """
    if (one := without_driver(system)) is not None:
        return FlashError("no_driver_linux", code=AWAY, name=one[0], module=one[1])
    others = [str(getattr(row, "device", "?")) for row in rows() if getattr(row, "vid", None) is not None]
    if others:
        return FlashError("no_board", code=AWAY, ports=", ".join(others))
    if platform == "linux":  # it brings the drivers itself, so it is the cable
        return FlashError("no_data_cable", code=AWAY)
    return FlashError("no_driver", code=AWAY)


def without_driver(system: Path = SYSTEM) -> tuple[str, str] | None:
    """A board that Linux sees on the bus without giving it a port: its name and the driver that it lacks."""
    for id_file in sorted(system.glob("*/idVendor")):
        device = id_file.parent
        ids = (hexadecimal(id_file), hexadecimal(device / "idProduct"))
        known = ("ESP32 USB", "cdc_acm") if ids[0] == ESPRESSIF else BRIDGES.get(ids)
        if known is not None and not any(device.glob("*:*/**/tty*")):
            return known
    return None


def hexadecimal(file: Path) -> int:
    """The number in a file of the system's; -1 where there is none."""
    try:
        return int(file.read_text(encoding="ascii"), 16)
    except (OSError, ValueError):
        return -1


def again(port: Port, lister: Lister = boards) -> Port | None:
    """The same board after a restart, perhaps under another port; None while it is away.

    An S2 or S3 leaves the bus and comes back as MicroPython's own USB, with other ids: it is known by its number or its
    place on the bus.
    """
    if "://" in port.path or Path(port.path).exists():
        return port
    for other in lister():
        if (port.serial and other.serial == port.serial) or (port.where and other.where == port.where):
            return other
    return None
