"""What a room's machine lacks: each probe looks at what is really there, and is a sentence that says what to do."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
import tomllib
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.doctor import Finding, Machine, earliest_s, synchronised
from deploy.doctor import room as disk
from deploy.faults import CommandError
from deploy.orders import Broker, reach
from deploy.settings import load_settings
from devices.words import say

if TYPE_CHECKING:
    from deploy.settings import Settings
    from deploy.workshop.hotspot import Room

HARDWARE_CLOCK = Path("/dev/rtc0")
LISTING_S = 10
ANSWER_S = 3.0
REFUSED = {4, 5, 134, 135}
"""What a broker says to whom it does not know: MQTT 3.1.1 and 5."""


def look(room: Room, lang: str) -> list[Finding]:
    """All findings, in the order in which one would mend them."""
    machine = Machine(settings_of(room), lang)
    return [
        network(room, machine), address(room, machine), given_out(machine), accounts(room, machine),
        page(machine, "gateway", f"http://127.0.0.1:{room.gateway_port}/readyz"),
        page(machine, "page", f"http://{room.address}:{room.page_port}/healthz"),
        kept_clock(machine), disk(machine), interpreter(machine), images(room, machine),
    ]  # fmt: skip


def settings_of(room: Room) -> Settings:
    """What the room's own file says, whatever folder one stands in. Raises CommandError."""
    file = room.settings_file
    told = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return load_settings(**{"store": f"sqlite:{room.home}/girouette.sqlite", **told})


def fine(machine: Machine, check: str, key: str, **values: object) -> Finding:
    """All is well."""
    return Finding(check, ok=True, told=say(f"hotspot.{key}", machine.lang, **values))


def wrong(machine: Machine, check: str, key: str, **values: object) -> Finding:
    """Something is to be done."""
    return Finding(check, ok=False, told=say(f"hotspot.{key}", machine.lang, **values))


def network(room: Room, machine: Machine) -> Finding:
    """Is a Wi-Fi network of our own up?"""
    from deploy.workshop.hotspot import CONNECTION

    if shutil.which("nmcli") is None:
        return wrong(machine, "network", "no_nmcli")
    active = asked("nmcli", "--terse", "--fields", "NAME", "connection", "show", "--active").splitlines()
    if CONNECTION not in active:
        return wrong(machine, "network", "no_network", name=CONNECTION)
    mode = asked("nmcli", "--get-values", "802-11-wireless.mode", "connection", "show", CONNECTION).strip()
    if mode != "ap":
        return wrong(machine, "network", "no_ap", name=CONNECTION, mode=mode or "-")
    return fine(machine, "network", "network_up", ssid=room.ssid)


def address(room: Room, machine: Machine) -> Finding:
    """Has this machine the address that boards are told?"""
    import psutil

    mine = {one.address for of in psutil.net_if_addrs().values() for one in of}
    if room.address not in mine:
        return wrong(machine, "address", "no_address", address=room.address)
    return fine(machine, "address", "address_there", address=room.address)


def given_out(machine: Machine) -> Finding:
    """Does somebody give out addresses and names in the room?"""
    import psutil

    if any(process.info["name"] == "dnsmasq" for process in psutil.process_iter(["name"])):
        return fine(machine, "addresses", "dhcp_there")
    return wrong(machine, "addresses", "no_dhcp")


def accounts(room: Room, machine: Machine) -> Finding:
    """Does the broker answer in the room, and nobody in whom it does not know?"""
    from deploy.workshop.reach import answers

    if not answers(room.address, room.mqtt_port):
        return wrong(machine, "broker", "no_broker", address=room.address, port=room.mqtt_port)
    try:
        asyncio.run(reach(Broker(f"mqtt://{room.address}:{room.mqtt_port}")))
    except CommandError as e:
        said = getattr(e.__cause__, "rc", None)
        if getattr(said, "value", said) not in REFUSED:
            return wrong(machine, "broker", "no_broker", address=room.address, port=room.mqtt_port)
        return fine(machine, "broker", "broker_there", address=room.address, port=room.mqtt_port)
    return wrong(machine, "broker", "broker_open")


def page(machine: Machine, check: str, url: str) -> Finding:
    """Does it answer over HTTP that all is well?"""
    try:
        with urllib.request.urlopen(url, timeout=ANSWER_S) as answer:  # noqa: S310 - an address of our own
            answer.read()
    except OSError as e:
        return wrong(machine, check, f"no_{check}", url=url, why=getattr(e, "reason", e))
    return fine(machine, check, f"{check}_there", url=url)


def kept_clock(machine: Machine) -> Finding:
    """Is the date possible, and does it stay right without the internet? Whoever dates samples for a room has to know."""
    now = time.strftime("%Y-%m-%d %H:%M", time.gmtime(machine.now_s()))
    if machine.now_s() < earliest_s(machine):
        return wrong(machine, "clock", "old_clock", now=now)
    if synchronised() is not False:
        return fine(machine, "clock", "clock_there", now=now)
    if HARDWARE_CLOCK.exists():
        return fine(machine, "clock", "own_clock", now=now)
    return wrong(machine, "clock", "no_clock", now=now)


def interpreter(machine: Machine) -> Finding:
    """Can simulated boards run the real firmware here?"""
    from devices.interpreter import have_micropython

    if have_micropython():
        return fine(machine, "interpreter", "interpreter_there")
    return fine(machine, "interpreter", "no_interpreter")


def images(room: Room, machine: Machine) -> Finding:
    """Is MicroPython for each kind of board on this disk, where the atelier and `girouette flash` look for it?"""
    from devices.flash.micropython import builds, cache_folder

    places = [place for place in (machine.settings.board_micropython, cache_folder()) if place is not None]
    missing = [b for b, build in builds().items() if not any((place / build.file).exists() for place in places)]
    if missing:
        return wrong(machine, "images", "no_images", boards=", ".join(missing), home=room.home)
    return fine(machine, "images", "images_there")


def asked(*command: str) -> str:
    """What a program of the system says."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=LISTING_S).stdout
