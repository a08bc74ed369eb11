"""Six checks of the machine that Girouette runs on; each is a sentence that says what to do."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from deploy.assembly import file_of, journal_file, open_registry, open_store, registry_url
from deploy.faults import EXPECTED, sentence
from deploy.orders import certificate_days, commander, reach
from deploy.settings import Settings
from devices.refusal import SpokenError
from devices.words import say

OLDEST = (3, 11)
ROOM_MIB = 500
"""Below this a disk is full before somebody has come."""
CERTIFICATE_DAYS = 60
"""Below this a broker's certificate is to be renewed."""
RELEASED_S = 1_764_000_000
"""Nobody runs this before it was written (November 2025): a clock that says so is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check has found."""

    check: str
    ok: bool
    told: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What the checks look at, and the language that they speak."""

    settings: Settings
    lang: str
    now_s: Callable[[], float] = time.time
    python: tuple[int, ...] = sys.version_info[:3]

    def fine(self, check: str, key: str, **values: object) -> Finding:
        """All is well."""
        return Finding(check, ok=True, told=say(f"commands.doctor_{key}", self.lang, **values))

    def wrong(self, check: str, key: str, **values: object) -> Finding:
        """Something is to be done."""
        return Finding(check, ok=False, told=say(f"commands.doctor_{key}", self.lang, **values))

    @property
    def folder(self) -> Path:
        """Where the embedded file is, or will be."""
        return journal_file(self.settings).resolve().parent


def examine(machine: Machine) -> list[Finding]:
    """The six findings, in the order in which one would mend them."""
    return [check(machine) for check in (versions, clock, room, store, broker, identities)]


def versions(machine: Machine) -> Finding:
    """Is Python new enough?"""
    python = ".".join(map(str, machine.python))
    if machine.python < OLDEST:
        return machine.wrong("versions", "old_python", python=python, oldest=".".join(map(str, OLDEST)))
    return machine.fine("versions", "versions", python=python, girouette=version("girouette"))


def clock(machine: Machine) -> Finding:
    """Is the time possible, not before what the file holds, and kept by somebody?"""
    now_s = machine.now_s()
    if now_s < earliest_s(machine) or synchronised() is False:
        return machine.wrong("clock", "no_clock", now=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now_s)))
    return machine.fine("clock", "clock", now=time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now_s)))


def earliest_s(machine: Machine) -> float:
    """Before that it cannot be: when this was written, and when the newest reading came."""
    file = journal_file(machine.settings)
    return max(RELEASED_S, file.stat().st_mtime - 60 if file.exists() else 0)


def synchronised() -> bool | None:
    """Does systemd keep the clock by a time server? None where it does not say."""
    if shutil.which("timedatectl") is None:
        return None
    asked = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=10).stdout.strip()
    return {"yes": True, "no": False}.get(told)


def room(machine: Machine) -> Finding:
    """Is there room where the embedded file is?"""
    if not machine.folder.is_dir():
        return machine.wrong("room", "no_folder", folder=machine.folder)
    free_mib = shutil.disk_usage(machine.folder).free >> 20
    if free_mib < ROOM_MIB:
        return machine.wrong("room", "no_room", folder=machine.folder, free=free_mib, least=ROOM_MIB)
    return machine.fine("room", "room", folder=machine.folder, free=free_mib)


def store(machine: Machine) -> Finding:
    """Can the store be written to, and are its tables and the registry's ours? Nothing is made or changed."""
    settings = machine.settings
    file = file_of(settings.store)
    if file is not None and not file.exists():
        if not os.access(machine.folder, os.W_OK):
            return machine.wrong("store", "no_folder", folder=machine.folder)
        return machine.fine("store", "store_new", file=file)
    try:
        fault = written_to(settings)
    except EXPECTED as e:
        fault = e
    if fault is None:
        return machine.fine("store", "store", store=settings.store)
    return machine.wrong("store", "store_away", why=sentence(fault, machine.lang))


def written_to(settings: Settings) -> SpokenError | OSError | None:
    """None when the store could be written to, else why not; what is not ours raises."""
    registry = file_of(registry_url(settings))
    if registry is None or registry.exists():
        open_registry(registry_url(settings), migrate=False).close()
    file = file_of(settings.store)
    opened = open_store(settings.store, read_only=file is not None, settings=settings)
    try:
        if file is None:
            return opened.ready()
        return None if os.access(file, os.W_OK) else PermissionError(errno.EACCES, os.strerror(errno.EACCES), file)
    finally:
        opened.close()


def broker(machine: Machine) -> Finding:
    """Does the broker let us in, and will its certificate do so in two months?"""
    try:
        entry = commander(machine.settings)
        asyncio.run(reach(entry))
        days_left = certificate_days(entry, now_s=machine.now_s())
    except EXPECTED as e:
        return machine.wrong("broker", "broker_away", why=sentence(e, machine.lang))
    if days_left is not None and days_left < CERTIFICATE_DAYS:
        return machine.wrong("broker", "certificate", url=address(machine.settings.broker), days=days_left)
    return machine.fine("broker", "broker", url=address(machine.settings.broker))


def identities(machine: Machine) -> Finding:
    """Do two boards speak under one name? The ledger shows it, if there is one and the registry can be read."""
    try:
        found = spoken_twice(machine)
    except EXPECTED as e:
        return machine.wrong("identities", "identities_away", why=sentence(e, machine.lang))
    if found:
        return machine.wrong("identities", "two_boards", devices=", ".join(found))
    return machine.fine("identities", "identities")


def spoken_twice(machine: Machine) -> list[str]:
    """The devices under whose name two boards speak now."""
    from gateway.doubles import doubled
    from gateway.journal import entries_of

    ledger, url = journal_file(machine.settings), registry_url(machine.settings)
    registry = file_of(url)
    if not ledger.exists() or (registry is not None and not registry.exists()):
        return []
    with contextlib.closing(open_registry(url, migrate=False)) as known:
        periods_s = {row.id: row.period_s for row in known.devices()}
    return doubled(entries_of(ledger), periods_s, now_s=machine.now_s())


def address(url: str) -> str:
    """The URL without who we are.

    >>> address("mqtt://gateway-0:secret@127.0.0.1:1883")
    'mqtt://127.0.0.1:1883'
    """
    scheme, _, rest = url.partition("//")
    return f"{scheme}//{rest.rpartition('@')[2]}"
