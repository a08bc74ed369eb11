"""What a look at a room's machine says of network, clock and images, by what is really there."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.doctor import Machine
from deploy.settings import Settings
from deploy.workshop import room as looking
from deploy.workshop.hotspot import Room, write_room
from devices.flash.micropython import builds

NMCLI = """#!/bin/sh
case "$*" in
  *--active*) cat {home}/active ;;
  *802-11-wireless.mode*) cat {home}/mode ;;
esac
"""
"""NetworkManager's tool as far as the look asks it, where there is no radio: it says what the test wrote down."""


@pytest.fixture
def machine(tmp_path: Path) -> Callable[..., Machine]:
    """A machine whose file is here; its clock is what is given."""

    def made(now_s: float = 2_000_000_000) -> Machine:
        return Machine(Settings(store=f"sqlite:{tmp_path}/girouette.sqlite"), "en", now_s=lambda: now_s)

    return made


def test_the_network_is_up_only_as_an_access_point(
    tmp_path: Path, machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the tool, with another network, with one that is joined, and with ours."""
    monkeypatch.setenv("PATH", str(tmp_path))
    room = Room(tmp_path)
    assert "network-manager" in looking.network(room, machine()).told
    (tmp_path / "nmcli").write_text(NMCLI.format(home=tmp_path))
    (tmp_path / "nmcli").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.defpath}")
    for active, mode, ok, said in (
        ("home\n", "", False, "nmcli connection up girouette"),
        ("girouette\n", "infrastructure\n", False, "infrastructure"),
        ("girouette\nlo\n", "ap\n", True, "Girouette"),
    ):
        (tmp_path / "active").write_text(active)
        (tmp_path / "mode").write_text(mode)
        found = looking.network(room, machine())
        assert (found.ok, said in found.told) == (ok, True)


def test_a_clock_that_nobody_keeps_is_told_with_what_to_do(
    tmp_path: Path, machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is impossible, one that nobody sets, one with a battery, one that a server keeps."""
    assert "that cannot be" in looking.kept_clock(machine(0)).told
    monkeypatch.setattr(looking, "synchronised", lambda: False)
    monkeypatch.setattr(looking, "HARDWARE_CLOCK", tmp_path / "rtc0")
    nobody = looking.kept_clock(machine())
    assert (nobody.ok, "sudo date -s" in nobody.told) == (False, True)
    (tmp_path / "rtc0").touch()
    assert looking.kept_clock(machine()).ok
    monkeypatch.setattr(looking, "synchronised", lambda: True)
    assert looking.kept_clock(machine()).ok


def test_the_newest_reading_is_a_lower_bound_of_the_clock(tmp_path: Path, machine: Callable[..., Machine]) -> None:
    """A machine that has lost the time says so, although its date is possible."""
    file = tmp_path / "girouette.sqlite"
    file.touch()
    os.utime(file, (1_900_000_000, 1_900_000_000))

    assert looking.kept_clock(machine(1_800_000_000)).ok is False
    assert looking.kept_clock(machine(1_900_000_000)).ok is not None


def test_images_that_are_not_on_the_disk_are_named(
    tmp_path: Path, machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the commands that fetch them while there is internet, and that make this room use them."""
    monkeypatch.setenv("GIROUETTE_CACHE", str(tmp_path))

    found = looking.images(Room(tmp_path / "room"), machine())

    assert found.ok is False
    assert "--prepare DIR" in found.told
    assert f"--hotspot {tmp_path}/room --prepared DIR" in found.told
    assert "c6" in found.told


def test_images_are_looked_for_where_boards_are_written_from(
    tmp_path: Path, machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the folder that was prepared, and in the cache."""
    monkeypatch.setenv("GIROUETTE_CACHE", str(tmp_path / "cache"))
    of_room = machine().settings.model_copy(update={"board_micropython": tmp_path / "prepared"})
    kinds = list(builds().values())
    for place, some in (("prepared", kinds[1:]), ("cache", kinds[:1])):
        (tmp_path / place).mkdir()
        for build in some:
            (tmp_path / place / build.file).touch()

    assert looking.images(Room(tmp_path), Machine(of_room, "en")).ok
    assert not looking.images(Room(tmp_path), machine()).ok


def test_the_room_is_looked_at_by_its_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From whatever folder, whatever file of settings stands there."""
    write_room(room := Room(tmp_path / "room"))
    (tmp_path / "girouette.toml").write_text('store = "sqlite:another.sqlite"\n')
    monkeypatch.chdir(tmp_path)

    assert looking.settings_of(room).store == f"sqlite:{tmp_path}/room/girouette.sqlite"
    assert looking.settings_of(room).wifi == tmp_path / "room" / "girouette-wifi.toml"


def test_without_an_interpreter_what_works_still_is_said(
    machine: Callable[..., Machine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a machine for which there is none, as a Raspberry Pi; nothing is to be done there."""
    monkeypatch.setattr("devices.interpreter.have_micropython", lambda: False)

    found = looking.interpreter(machine())

    assert found.ok
    assert "CPython" in found.told
