"""Which ports are boards, and what is said where none is: as pyserial and Linux tell of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from serial.tools.list_ports_common import ListPortInfo

from deploy.flashing.faults import FlashError
from deploy.flashing.ports import Port, again, board_at, boards, chosen, nothing_found, rows, without_driver


def row(device: str, vid: int | None, pid: int | None, serial: str | None = None) -> ListPortInfo:
    """A row of pyserial's own list."""
    told = ListPortInfo(device)
    told.vid, told.pid, told.serial_number, told.location = vid, pid, serial, "1-2"
    return told


def on_the_bus(system: Path, place: str, ids: tuple[str, str], *, driver: str = "") -> None:
    """A USB device as Linux shows it under /sys/bus/usb/devices; with a driver it has a tty."""
    device = system / place
    (device / f"{place}:1.0").mkdir(parents=True)
    (device / "idVendor").write_text(ids[0] + "\n")
    (device / "idProduct").write_text(ids[1] + "\n")
    if driver:
        (device / f"{place}:1.0" / driver).mkdir()


def test_boards_are_known_by_their_usb_ids() -> None:
    """Espressif's own USB tells which chips it may be, a bridge does not; a mouse and a port of the mainboard are none."""
    assert board_at(row("/dev/ttyACM0", 0x303A, 0x1001, "84:F7")) == Port(
        "/dev/ttyACM0", "ESP32 USB", ("c6", "c3", "s3"), "84:F7", "1-2"
    )
    assert board_at(row("/dev/ttyACM1", 0x303A, 0x4001)) == Port("/dev/ttyACM1", "ESP32 USB", ("s3", "s2"), "", "1-2")
    assert board_at(row("COM3", 0x10C4, 0xEA60)) == Port("COM3", "CP210x", (), "", "1-2")
    assert board_at(row("/dev/ttyACM9", 0x046D, 0xC077)) is None
    assert board_at(row("/dev/ttyS0", None, None)) is None


def test_this_computers_own_list_is_read() -> None:
    """Whatever is plugged in here, each board is one of the serial ports."""
    assert {port.path for port in boards()} <= {getattr(one, "device", "") for one in rows()}


def test_the_only_board_is_taken_and_several_are_a_question(silent_port: str) -> None:
    """One is taken; of two none, until one is named or all are meant."""
    one = Port(silent_port, "CP210x")

    assert chosen(None, lambda: [one]) == one
    with pytest.raises(FlashError, match=r"several boards.*--many"):
        chosen(None, lambda: [one, Port("/dev/ttyACM7", "CH340")])


def test_a_named_port_is_taken_whatever_it_is(silent_port: str) -> None:
    """A terminal, a URL, another system's name; one that is not there is told at once."""
    assert chosen(silent_port, list) == Port(silent_port, silent_port)
    assert chosen("socket://127.0.0.1:5555", list).path == "socket://127.0.0.1:5555"
    with pytest.raises(FlashError) as gone:
        chosen("/dev/ttyACM77", list)

    assert gone.value.key == "no_port"


def test_a_board_without_a_driver_is_seen_on_the_bus(tmp_path: Path) -> None:
    """Linux shows the device and gives it no tty: the sentence has the module to load, and who else may have taken it."""
    on_the_bus(tmp_path, "1-1", ("046d", "c077"))
    on_the_bus(tmp_path, "1-2", ("1a86", "7523"))

    fault = nothing_found(tmp_path)

    assert fault.key == "no_driver_linux"
    assert "sudo modprobe ch341" in fault.said("fr")
    assert "brltty" in fault.said("fr")


def test_a_board_with_its_driver_lacks_none(tmp_path: Path) -> None:
    """A bridge whose port there is, and a chip that speaks USB itself, whose tty lies one folder deeper."""
    on_the_bus(tmp_path, "1-2", ("10c4", "ea60"), driver="ttyUSB0")
    on_the_bus(tmp_path, "1-3", ("303a", "1001"), driver="tty")

    assert without_driver(tmp_path) is None


ALWAYS_THERE = {
    "linux": ("/dev/ttyS0", "/dev/ttyS31"),
    "darwin": ("/dev/cu.Bluetooth-Incoming-Port", "/dev/cu.debug-console"),
    "win32": ("COM1", "COM3"),
}
"""Ports that pyserial lists where nothing is plugged in: of the mainboard, and Bluetooth's."""


@pytest.mark.parametrize("with_ports", [False, True])
@pytest.mark.parametrize("platform", ALWAYS_THERE)
def test_nothing_on_usb_is_a_cable_or_a_driver(
    platform: str, with_ports: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux brings the drivers, so it is the cable; elsewhere it may be the driver, and the sentence has where it is had.

    Ports that every such computer has change nothing, whether pyserial lists them or not.
    """
    there = [row(name, None, None) for name in ALWAYS_THERE[platform] if with_ports]
    monkeypatch.setattr("deploy.flashing.ports.rows", lambda: there)

    fault = nothing_found(tmp_path, platform)

    assert fault.key == ("no_data_cable" if platform == "linux" else "no_driver")
    assert "câble" in fault.said("fr")
    assert ("silabs.com" in fault.said("fr")) == ("wch-ic.com" in fault.said("en")) == (platform != "linux")


@pytest.mark.parametrize("platform", ALWAYS_THERE)
def test_what_is_on_usb_and_no_board_is_named(platform: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A modem is there: it is told, without the ports that are always there, and how it would be taken all the same."""
    there = [row(ALWAYS_THERE[platform][0], None, None), row("COM7", 0x1199, 0x9071)]
    monkeypatch.setattr("deploy.flashing.ports.rows", lambda: there)

    fault = nothing_found(tmp_path, platform)

    assert fault.key == "no_board"
    assert "(COM7)" in str(fault)
    assert "--port" in str(fault)
    assert "câble qui transporte les données" in fault.said("fr")


def test_without_pyserial_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named, rather than a module."""
    monkeypatch.setitem(sys.modules, "serial", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)

    with pytest.raises(FlashError, match=r"pip install girouette\[flash\]"):
        boards()


def test_a_board_that_comes_back_under_another_port_is_known_again(silent_port: str) -> None:
    """By its number, or by its place on the bus; while it is away there is none."""
    before = Port("/dev/ttyACM70", "ESP32 USB", ("s3",), "84F703", "1-2")
    here = Port(silent_port, "ESP32 USB", ("s3", "s2"), "", "1-2")
    other = Port("/dev/ttyACM8", "ESP32 USB", (), "123456", "1-4")

    assert again(before, lambda: [other]) is None
    assert again(before, lambda: [other, here]) == here
    assert again(Port(silent_port, "CP210x"), lambda: [other]) == Port(silent_port, "CP210x")
    assert again(Port("/dev/ttyACM70", "CP210x"), lambda: [other]) is None
