"""The doctor's six checks: each finds what is really wrong, says what to do, and changes nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from deploy import doctor
from deploy.doctor import Machine, examine
from deploy.faults import DONE, REFUSED
from deploy.settings import Settings
from devices.words import LANGUAGES
from gateway.journal import Change, Entry, Journal
from gateway.numerics.columns import no_columns

CHECKS = ["versions", "clock", "room", "store", "broker", "identities"]


@pytest.fixture
def machine(home: Path, free_port: Callable[[], int]) -> Machine:
    """A machine on which nothing was started yet."""
    return Machine(Settings(broker=f"mqtt://127.0.0.1:{free_port()}"), "en")


def test_a_sound_machine_is_sound(
    mosquitto: int, girouette: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a broker and a file all six are fine, exit code 0."""
    monkeypatch.setattr(doctor, "synchronised", lambda: None)  # the machine of a test may have no time server
    monkeypatch.setenv("GIROUETTE_BROKER", f"mqtt://127.0.0.1:{mosquitto}")
    girouette("pilot", "add", "rennes", "Rennes")

    typed = girouette("doctor", "--json")

    assert [(row["check"], row["ok"]) for row in typed.told] == [(check, True) for check in CHECKS]
    assert typed.code == DONE


def test_what_is_wrong_comes_with_what_to_do(
    girouette: Callable[..., Any], home: Path, free_port: Callable[[], int]
) -> None:
    """A broker that is not there: exit code 1, the others still told, and no file was made."""
    typed = girouette("doctor", "--broker", f"mqtt://127.0.0.1:{free_port()}")

    assert typed.code == REFUSED
    assert len(typed.out.splitlines()) == 6
    assert "TO DO   the broker is not well" in typed.out
    assert "will be made at the first start" in typed.out
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_speaks_the_persons_language(machine: Machine, lang: str) -> None:
    """Each finding is a sentence of the catalogue in that language."""
    found = examine(Machine(machine.settings, lang))

    assert [one.check for one in found] == CHECKS
    assert ("sur Python" in found[0].told) == (lang == "fr")


def test_an_old_python_is_found(machine: Machine) -> None:
    """Below 3.11 it says which to install."""
    old = doctor.versions(Machine(machine.settings, "en", python=(3, 10, 4)))

    assert (old.ok, old.told) == (False, "Python 3.10.4 is too old; install Python 3.11 or later")


@pytest.mark.parametrize("now_s", [0.0, 1_700_000_000.0])
def test_a_clock_before_our_time_is_found(machine: Machine, now_s: float) -> None:
    """A board computer without a battery wakes up in the past."""
    found = doctor.clock(Machine(machine.settings, "en", now_s=lambda: now_s))

    assert (found.ok, "set-ntp true" in found.told) == (False, True)


def test_a_clock_before_the_file_is_found(machine: Machine, home: Path) -> None:
    """What was written yesterday cannot be of tomorrow."""
    (home / "girouette.sqlite").touch()
    written_s = (home / "girouette.sqlite").stat().st_mtime

    assert not doctor.clock(Machine(machine.settings, "en", now_s=lambda: written_s - 3600)).ok


def test_a_full_disk_is_found(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """With less than 500 MiB it says how much to free, and a folder that is not there is named."""
    monkeypatch.setattr(doctor, "ROOM_MIB", 1 << 40)
    assert "make room until" in doctor.room(machine).told

    nowhere = Machine(Settings(store="sqlite:no/such/girouette.sqlite"), "en")
    assert [check(nowhere).ok for check in (doctor.room, doctor.store)] == [False, False]


def test_a_file_of_a_newer_version_is_found(machine: Machine, girouette: Callable[..., Any], home: Path) -> None:
    """The store's own sentence is told, and the file is not touched."""
    girouette("pilot", "add", "rennes", "Rennes")
    with closing(sqlite3.connect(home / "girouette.sqlite")) as file:
        file.execute("PRAGMA user_version = 999")
        before = list(file.iterdump())

    found = doctor.store(machine)

    assert (found.ok, "install the newer girouette" in found.told) == (False, True)
    with closing(sqlite3.connect(home / "girouette.sqlite")) as file:
        assert list(file.iterdump()) == before
        assert file.execute("PRAGMA user_version").fetchone() == (999,)


def test_an_influxdb_that_is_away_is_found(home: Path, free_port: Callable[[], int]) -> None:
    """Deployed, the store is across a network: it is asked."""
    away = Settings(store=f"influx:http://127.0.0.1:{free_port()}", influx_timeout_s=2)

    assert not doctor.store(Machine(away, "en")).ok


def test_no_secret_is_told() -> None:
    """The broker's address is shown without who we are."""
    assert doctor.address("mqtt://gateway-0:secret@b:1883") == "mqtt://b:1883"
    assert doctor.address("mqtt://b") == "mqtt://b"


def test_two_boards_under_one_name_are_found(machine: Machine, girouette: Callable[..., Any], home: Path) -> None:
    """With what to type; one board alone is fine, and so is a device whose counter was made anew."""
    girouette("device", "add", "--recipe", "air", "--id", "air-1", "--place", "48.11,-1.68")
    now_s = int(machine.now_s())
    entries = [Entry("air-1", ep, n=100, lo=1, dr=0, heard_s=now_s, edges=[1, 101]) for ep in (7, 8)]
    with closing(Journal(home / "girouette.sqlite")) as journal:
        journal.commit(no_columns(), Change(entries[:1], [], []), now_s=now_s)
        assert doctor.identities(machine).ok
        journal.commit(no_columns(), Change(entries[1:], [], []), now_s=now_s)
        found = doctor.identities(machine)

    assert (found.ok, "air-1" in found.told, "--as-new" in found.told) == (False, True, True)
    assert doctor.identities(Machine(machine.settings, "en", now_s=lambda: now_s + 4000)).ok
